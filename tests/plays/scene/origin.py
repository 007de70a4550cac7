"""An origin that answers what the play says, and keeps exactly what it received."""

import os
import socket
import threading

from .http1 import answer_octets, body_parts, read_body, read_request_head
from .wire import SECONDS, Reset, Silence, Wire, trace, until


class Visit:
    """One request on one connection."""

    def __init__(self, house, wire, request):
        self.house, self.wire, self.request = house, wire, request
        self.goes_on = True

    def send(self, octets):
        self.wire.send(octets)
        return self

    def say(self, *lines):
        self.wire.say(*lines)
        return self

    def answer(self, status=200, body=b"", *lines):
        return self.send(answer_octets(status, body, *lines))

    def read_body(self):
        return read_body(self.wire, self.request).body

    def parts(self):
        return body_parts(self.wire, self.request)

    def close(self):
        self.goes_on = False
        self.wire.close()

    def reset(self):
        self.goes_on = False
        self.wire.reset()

    def is_gone(self, seconds=SECONDS):
        """Waits until Weir has closed this connection."""
        self.goes_on = False
        self.wire.is_cut(seconds)
        self.house.departures += 1
        return True

    def wait(self, event, seconds=SECONDS):
        """Until the play lets go on."""
        if not event.wait(seconds):
            raise Silence(f"{self.wire.name}: the play did not go on within {seconds:g} s")


class Origin:
    made = 0

    def __init__(self, answer=None, reads_body=True, seconds=30.0, is_traced=True, at=None, is_strict=True, preface=None):
        Origin.made += 1
        self.name = f"origin {Origin.made}"
        self.say = answer
        self.reads_body = reads_body
        self.seconds = seconds
        self.is_traced = is_traced
        self.is_strict = is_strict
        self.preface = preface  # called with the wire of a new connection before its first request
        self.requests = []
        self.faults = []
        self.connections = 0
        self.open = 0
        self.departures = 0
        self.lock = threading.Lock()
        self.wires = set()
        self.listener = None
        self.at = at
        self.start()

    @property
    def address(self):
        return f"unix:{self.at}" if isinstance(self.at, str) else f"{self.at[0]}:{self.at[1]}"

    @property
    def port(self):
        return self.at[1]

    def start(self):
        """Listens, at the same place as before when it was stopped."""
        if isinstance(self.at, str):
            if os.path.exists(self.at):
                os.unlink(self.at)
            self.listener = socket.socket(socket.AF_UNIX)
        else:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.at or ("127.0.0.1", 0))
        self.at = self.at or self.listener.getsockname()
        self.listener.listen(1024)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()
        return self

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                if listener is not self.listener:
                    sock.close()
                    return
                self.connections += 1
                self.open += 1
                wire = Wire(sock, f"{self.name}.{self.connections}", self.seconds, self.is_traced)
                self.wires.add(wire)
                serial = self.connections
            threading.Thread(target=self.serve, args=(wire, serial), daemon=True).start()

    def serve(self, wire, serial):
        try:
            self.converse(wire, serial)
        except (Reset, Silence, OSError) as error:
            trace.note(wire.name, f"({error})")
        except AssertionError as error:
            trace.note(wire.name, f"fault: {error}")
            self.faults.append(f"{wire.name}: {type(error).__name__}: {error}")
        finally:
            try:
                wire.sock.close()
            except OSError:
                pass
            with self.lock:
                self.open -= 1
                self.wires.discard(wire)

    def converse(self, wire, serial):
        if self.preface:
            self.preface(wire)
        number = 0
        while True:
            request = read_request_head(wire)
            if request is None:
                return
            number += 1
            request.connection, request.number = serial, number
            visit = Visit(self, wire, request)
            if self.reads_body:
                read_body(wire, request)
            with self.lock:
                self.requests.append(request)
            self.reply(visit)
            if not visit.goes_on:
                return

    def reply(self, visit):
        say = self.say
        if callable(say):
            say = say(visit)
        elif say is None:
            say = answer_octets(200, "hello")
        if isinstance(say, str):
            say = say.encode("latin-1")
        if isinstance(say, bytes):
            visit.send(say)

    def stop(self):
        """Nobody listens any more and every connection is broken: the process has died."""
        with self.lock:
            listener, self.listener = self.listener, None
            wires = list(self.wires)
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        for wire in wires:
            try:
                # Of an SSLSocket its own would take TLS away first: who reads just then would get a record as it is.
                socket.socket.shutdown(wire.sock, socket.SHUT_RDWR)
            except OSError:
                pass

    def saw(self, count=1, seconds=SECONDS):
        """Waits until so many requests have come; the last of them."""
        until(lambda: len(self.requests) >= count, f"{self.name} saw {count} requests", seconds)
        return self.requests[count - 1]

    @property
    def last(self):
        return self.requests[-1]
