"""A client of HTTP/2 with control over every frame (RFC 9113). Heads are packed without a table and without Huffman's code; of the answers'
heads only the status is read."""

from .client import Client
from .wire import Ended, Failed

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 7, 8, 11
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # of HPACK's static table
DIGITS = {"00000": "0", "00001": "1", "00010": "2", **{f"{number + 22:06b}": str(number) for number in range(3, 10)}}


def number(value, octets=4):
    return value.to_bytes(octets, "big")


def frame(kind, flags=0, stream=0, payload=b""):
    return number(len(payload), 3) + bytes([kind, flags]) + number(stream) + payload


def setting(key, value):
    return number(key, 2) + number(value)


def packed(text):
    octets = text.encode("latin-1") if isinstance(text, str) else text
    if len(octets) < 127:
        return bytes([len(octets)]) + octets
    rest, length = len(octets) - 127, b"\x7f"
    while rest > 127:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + octets


def block(fields):
    return b"".join(b"\0" + packed(name) + packed(value) for name, value in fields)


def status_of(octets):
    at = 0
    while octets[at] & 0xE0 == 0x20:  # the size of the table
        at += 1
    if octets[at] & 0x80:
        return STATUSES[octets[at] & 0x7F]
    size = octets[at + 1]
    text = octets[at + 2 : at + 2 + (size & 0x7F)]
    if not size & 0x80:
        return int(text)
    bits, digits = "".join(f"{octet:08b}" for octet in text), ""
    while len(digits) < 3:
        code = next(code for code in DIGITS if bits.startswith(code))
        digits, bits = digits + DIGITS[code], bits[len(code) :]
    return int(digits)


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __repr__(self):
        return f"<frame {self.kind} flags {self.flags} stream {self.stream} {self.payload[:40]!r}>"


class Answer:
    def __init__(self):
        self.status, self.body, self.interim, self.blocks = 0, b"", [], 0
        self.is_whole, self.reset = False, None


class Http2Client(Client):
    def __init__(self, at, settings=b"", opens_windows=True, **options):
        super().__init__(at, **options)
        self.answers, self.next, self.opens_windows = {}, 1, opens_windows
        self.goaways, self.pongs = [], 0
        self.send(PREFACE + frame(SETTINGS, payload=setting(1, 0) + settings))

    def settle(self):
        """Until both sides know each other's settings."""
        while True:
            came = self.frame()
            if came.kind == SETTINGS and came.flags & ACK:
                return

    def begin(self, fields, ends=True):
        """A request's head; the number of its stream."""
        stream, self.next = self.next, self.next + 2
        self.answers[stream] = Answer()
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if ends else 0), stream, block(fields)))
        return stream

    def get(self, path="/", *fields, method="GET", ends=True, authority="shop.example"):
        pseudo = [(":method", method), (":scheme", "http"), (":authority", authority), (":path", path)]
        return self.begin([*pseudo, *fields], ends)

    def data(self, stream, octets, ends=True):
        parts = [octets[at : at + 16384] for at in range(0, len(octets), 16384)] or [b""]
        for part in parts[:-1]:
            self.send(frame(DATA, 0, stream, part))
        self.send(frame(DATA, END_STREAM if ends else 0, stream, parts[-1]))

    def frame(self):
        """The next frame of the server, taken note of."""
        head = self.take(9)
        came = Frame(head[3], head[4], int.from_bytes(head[5:], "big"), self.take(int.from_bytes(head[:3], "big")))
        self.note_frame(came)
        return came

    def note_frame(self, came):
        answer = self.answers.get(came.stream)
        if came.kind == SETTINGS and not came.flags & ACK:
            self.send(frame(SETTINGS, ACK))
        elif came.kind == PING:
            if came.flags & ACK:
                self.pongs += 1
            else:
                self.send(frame(PING, ACK, 0, came.payload))
        elif came.kind == GOAWAY:
            self.goaways.append((int.from_bytes(came.payload[:4], "big"), int.from_bytes(came.payload[4:8], "big")))
        elif answer is None:
            return
        elif came.kind == RST_STREAM:
            answer.reset = int.from_bytes(came.payload, "big")
        elif came.kind == HEADERS:
            status = status_of(came.payload) if not answer.status else answer.status
            if status < 200:
                answer.interim.append(status)
            else:
                answer.status = status
                answer.blocks += 1
            answer.is_whole |= bool(came.flags & END_STREAM)
        elif came.kind == DATA:
            answer.body += came.payload
            answer.is_whole |= bool(came.flags & END_STREAM)
            if self.opens_windows and came.payload:
                self.send(frame(WINDOW_UPDATE, 0, 0, number(len(came.payload))))
                if not answer.is_whole:
                    self.send(frame(WINDOW_UPDATE, 0, came.stream, number(len(came.payload))))

    def answer(self, stream):
        """Whole, or reset."""
        answer = self.answers[stream]
        while not answer.is_whole and answer.reset is None:
            self.frame()
        return answer

    def farewell(self):
        """Reads until the server ends the connection; the code of its last GOAWAY."""
        try:
            while True:
                self.frame()
        except (Ended, Failed) as error:
            if not self.has_ended and not self.goaways:
                raise Failed(f"{self.name}: no GOAWAY: {error}") from error
        return self.goaways[-1][1] if self.goaways else None
