"""A strict reader of HTTP/1.1 messages (RFC 9112): what a careful peer accepts, and nothing else."""

import re

from .wire import Broken, Ended

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\x20\t-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)\Z")
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])\Z")
HEAD_OCTETS_MAX = 1 << 20


class Message:
    """A request or a response as it came."""

    def __init__(self, raw_head, fields):
        self.raw_head = raw_head
        self.fields = fields
        self.body = b""
        self.trailers = []
        self.chunks = []  # sizes, when chunked
        self.framing = "none"
        self.length = None
        self.interim = []

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def header(self, name):
        """The value; None when absent. Several lines of that name are a fault."""
        values = self.all(name)
        if len(values) > 1:
            raise Broken(f"{len(values)} lines of {name}: {values}")
        return values[0] if values else None

    def has(self, name):
        return bool(self.all(name))

    def trailer(self, name):
        values = [value for field, value in self.trailers if field.lower() == name.lower()]
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def names(self):
        return [field.lower() for field, _ in self.fields]

    def __repr__(self):
        return f"<{self.raw_head[:300]!r} body {len(self.body)} octets {self.body[:80]!r}>"


class Response(Message):
    status = 0
    reason = ""
    minor = 1


class Request(Message):
    method = target = ""
    minor = 1
    connection = 0  # which connection of the origin, from 1
    number = 0  # which request on it, from 1


def fields_of(lines):
    fields = []
    for line in lines:
        found = FIELD.match(line)
        if not found:
            raise Broken(f"no field line: {line!r}")
        fields.append((found[1].decode(), found[2].decode("latin-1")))
    return fields


def head_lines(raw):
    lines = raw[:-4].split(b"\r\n")
    for line in lines:
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise Broken(f"bare CR, LF or NUL in {line!r}")
    return lines


def framing_of(message):
    """From Transfer-Encoding and Content-Length; sets message.framing and message.length."""
    codings = message.all("Transfer-Encoding")
    lengths = message.all("Content-Length")
    if codings and lengths:
        raise Broken("both Transfer-Encoding and Content-Length")
    if codings:
        if [coding.lower() for coding in codings] != ["chunked"]:
            raise Broken(f"Transfer-Encoding {codings}")
        message.framing = "chunked"
    elif lengths:
        if len(lengths) > 1 or not re.fullmatch(r"[0-9]{1,19}", lengths[0]):
            raise Broken(f"Content-Length {lengths}")
        message.framing, message.length = "length", int(lengths[0])
    else:
        message.framing = "none"


def read_response_head(wire, method="GET"):
    """The next head, interim or final; None at a clean end."""
    raw = wire.take_through(b"\r\n\r\n", HEAD_OCTETS_MAX)
    if not raw:
        return None
    lines = head_lines(raw)
    found = STATUS_LINE.match(lines[0])
    if not found:
        raise Broken(f"no status line: {lines[0]!r}")
    response = Response(raw, fields_of(lines[1:]))
    response.minor, response.status, response.reason = int(found[1]), int(found[2]), found[3].decode("latin-1")
    framing_of(response)
    if method == "HEAD" or response.status < 200 or response.status in (204, 304):
        if response.status < 200 or response.status == 204:
            if response.framing != "none":
                raise Broken(f"framing fields in a {response.status}")
        response.framing = "none"
    elif response.framing == "none":
        response.framing = "until_close"
    return response


def read_request_head(wire):
    raw = wire.take_through(b"\r\n\r\n", HEAD_OCTETS_MAX)
    if not raw:
        return None
    lines = head_lines(raw)
    found = REQUEST_LINE.match(lines[0])
    if not found:
        raise Broken(f"no request line: {lines[0]!r}")
    request = Request(raw, fields_of(lines[1:]))
    request.method, request.target, request.minor = found[1].decode(), found[2].decode(), int(found[3])
    if len(request.all("Host")) != 1 and request.minor == 1:
        raise Broken(f"{len(request.all('Host'))} Host fields")
    framing_of(request)
    return request


def read_chunk(wire):
    """The next chunk's data; b"" for the last one."""
    line = wire.take_through(b"\r\n")
    found = re.match(rb"([0-9a-fA-F]{1,16})(?:;[^\r\n]*)?\r\n\Z", line)
    if not found:
        raise (Broken(f"no chunk size: {line!r}") if line else Ended(f"{wire.name}: ended before a chunk"))
    size = int(found[1], 16)
    if size == 0:
        return b""
    data = wire.take(size)
    if wire.take(2) != b"\r\n":
        raise Broken("no CRLF behind a chunk")
    return data


def read_trailers(wire):
    lines = []
    while True:
        line = wire.take_through(b"\r\n")
        if not line:
            raise Ended(f"{wire.name}: ended in the trailer section")
        if line == b"\r\n":
            return fields_of(lines)
        lines.append(line[:-2])


def body_parts(wire, message):
    """The body as it comes, decoded. Raises Ended when it is cut short."""
    if message.framing == "length":
        left = message.length
        while left:
            part = wire.take_some(min(left, 1 << 20))
            if not part:
                raise Ended(f"{wire.name}: the body lacks {left} of {message.length} octets")
            left -= len(part)
            yield part
    elif message.framing == "chunked":
        while True:
            part = read_chunk(wire)
            if not part:
                message.trailers = read_trailers(wire)
                return
            message.chunks.append(len(part))
            yield part
    elif message.framing == "until_close":
        while True:
            part = wire.take_some()
            if not part:
                return
            yield part


def read_body(wire, message):
    message.body = b"".join(body_parts(wire, message))
    return message


def chunked(*parts, trailers=""):
    """A body in the chunked coding."""
    octets = b""
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        octets += b"%x\r\n%s\r\n" % (len(part), part)
    return octets + b"0\r\n" + trailers.encode() + b"\r\n"


def answer_octets(status=200, body=b"", *lines):
    """A whole answer with Content-Length."""
    body = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status} Said", *lines, f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body
