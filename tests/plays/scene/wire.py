"""A connected socket under a deadline: exact octets out, octets in, all of it kept in the trace that a failed play shows."""

import socket
import struct
import threading
import time

SECONDS = 10.0  # longest wait for anything, unless a play says otherwise


class Failed(AssertionError):
    """What was waited for did not happen, or something else did."""


class Broken(Failed):
    """Octets that no strict reader of HTTP may accept."""


class Reset(Failed):
    """The other side broke the connection."""


class Silence(Failed):
    """Nothing came in time."""


class Ended(Failed):
    """The other side closed in the middle of something."""


class Trace:
    """What went over all wires of the play, in order."""

    ENTRIES_MAX = 4000

    def __init__(self):
        self.began = time.monotonic()
        self.entries = []
        self.lock = threading.Lock()

    def note(self, who, what, octets=b""):
        shown = bytes(octets[:400])
        with self.lock:
            if len(self.entries) < self.ENTRIES_MAX:
                self.entries.append((time.monotonic() - self.began, who, what, shown, len(octets)))

    def text(self, first=60, last=120):
        with self.lock:
            entries = list(self.entries)
        left_out = len(entries) - first - last
        if left_out > 0:
            entries = entries[:first] + [None] + entries[-last:]
        lines = []
        for entry in entries:
            if entry is None:
                lines.append(f"  … {left_out} left out …")
                continue
            at, who, what, shown, length = entry
            more = f" … ({length} octets)" if length > len(shown) else ""
            lines.append(f"  {at * 1000:9.1f} ms  {who:12} {what} {shown!r}{more}" if length else f"  {at * 1000:9.1f} ms  {who:12} {what}")
        return "\n".join(lines)


trace = Trace()


def until(condition, what, seconds=SECONDS):
    """Waits for a condition and returns what it came to; fails with `what` when its time is over."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Silence(f"not within {seconds:g} s: {what}")
        pause.wait(0.004)


def came_to_rest(value, moments=25):
    """Waits until a figure has not changed for a while."""
    seen = [value(), 0]

    def is_resting():
        now = value()
        seen[1] = seen[1] + 1 if now == seen[0] else 0
        seen[0] = now
        return now > 0 and seen[1] >= moments

    until(is_resting, "it comes to rest")


class Wire:
    def __init__(self, sock, name, seconds=SECONDS, is_traced=True):
        self.sock = sock
        self.name = name
        self.seconds = seconds
        self.is_traced = is_traced
        self.pending = bytearray()
        self.has_ended = False
        sock.settimeout(seconds)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def note(self, what, octets=b""):
        if self.is_traced:
            trace.note(self.name, what, octets)

    def send(self, octets):
        octets = octets.encode("latin-1") if isinstance(octets, str) else octets
        self.note(">", octets)
        try:
            self.sock.sendall(octets)
        except socket.timeout as error:
            raise Silence(f"{self.name}: the other side takes no octets for {self.seconds:g} s") from error
        except OSError as error:
            raise Reset(f"{self.name}: sending failed: {error}") from error
        return self

    def say(self, *lines):
        """A head: these lines and the empty one."""
        return self.send("".join(line + "\r\n" for line in lines) + "\r\n")

    def fill(self, size=65536, seconds=None):
        """One read. False at the end of the stream."""
        if self.has_ended:
            return False
        self.sock.settimeout(self.seconds if seconds is None else seconds)
        try:
            octets = self.sock.recv(size)
        except (socket.timeout, BlockingIOError) as error:
            raise Silence(f"{self.name}: nothing came for {self.seconds if seconds is None else seconds:g} s") from error
        except OSError as error:
            self.note("reset")
            raise Reset(f"{self.name}: {error}") from error
        finally:
            self.sock.settimeout(self.seconds)
        if not octets:
            self.has_ended = True
            self.note("end")
            return False
        self.note("<", octets)
        self.pending += octets
        return True

    def take(self, count):
        """Exactly so many octets."""
        while len(self.pending) < count:
            if not self.fill(max(65536, min(count - len(self.pending), 1 << 20))):
                raise Ended(f"{self.name}: ended with {len(self.pending)} of {count} octets")
        octets = bytes(self.pending[:count])
        del self.pending[:count]
        return octets

    def take_some(self, most=1 << 20):
        """What is there, at least one octet; b"" at the end."""
        if not self.pending and not self.fill(most):
            return b""
        octets = bytes(self.pending[:most])
        del self.pending[:most]
        return octets

    def take_through(self, mark, most=1 << 20):
        """Everything up to the mark and the mark itself; b"" when the stream ends cleanly before the first octet."""
        looked = 0
        while True:
            at = self.pending.find(mark, looked)
            if at >= 0:
                octets = bytes(self.pending[: at + len(mark)])
                del self.pending[: at + len(mark)]
                return octets
            looked = max(0, len(self.pending) - len(mark) + 1)
            if len(self.pending) > most:
                raise Broken(f"{self.name}: no {mark!r} in {most} octets")
            if not self.fill():
                if not self.pending:
                    return b""
                raise Ended(f"{self.name}: ended inside {bytes(self.pending[:200])!r}")

    def rest(self):
        """Everything until a clean end."""
        while self.fill():
            pass
        octets = bytes(self.pending)
        self.pending.clear()
        return octets

    def ends(self, seconds=None):
        """Waits for the other side to close cleanly, with nothing more to say."""
        more = self.fill(seconds=seconds)
        if more or self.pending:
            raise Failed(f"{self.name}: expected the end, got {bytes(self.pending[:300])!r}")

    def is_cut(self, seconds=None):
        """Waits for the connection to be gone, in whichever way; what still comes is dropped."""
        try:
            while self.fill(seconds=seconds):
                self.pending.clear()
        except Reset:
            pass
        return True

    def is_silent(self, seconds=0.15):
        """Nothing comes for a moment and the connection stays: for what must not happen, never as a way to wait."""
        try:
            self.fill(seconds=seconds)
        except Silence:
            return not self.pending
        except Reset:
            return False
        return False

    def half_close(self):
        self.note("half-close")
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.note("close")
        self.sock.close()

    def reset(self):
        """Closes with a reset, as a process that dies does."""
        self.note("reset by us")
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
