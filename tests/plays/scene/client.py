"""A client of Weir with control over every octet."""

import socket

from .http1 import body_parts, read_body, read_response_head
from .wire import SECONDS, Ended, Wire


class Client(Wire):
    opened = 0

    def __init__(self, at, seconds=SECONDS, source=None, is_traced=True):
        Client.opened += 1
        if isinstance(at, str):
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(seconds)
            sock.connect(at)
        else:
            sock = socket.create_connection(at, timeout=seconds, source_address=(source, 0) if source else None)
        super().__init__(sock, f"client {Client.opened}", seconds, is_traced)

    def head(self, method="GET"):
        """The head of the next answer; 1xx heads before it are in .interim."""
        interim = []
        while True:
            response = read_response_head(self, method)
            if response is None:
                raise Ended(f"{self.name}: closed without an answer")
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                return response
            interim.append(response)

    def interim(self):
        """The next head alone, expected to be a 1xx."""
        response = read_response_head(self)
        if response is None or response.status >= 200:
            raise Ended(f"{self.name}: expected an interim answer, got {response}")
        return response

    def answer(self, method="GET"):
        """The next whole answer."""
        return read_body(self, self.head(method))

    def parts(self, response):
        return body_parts(self, response)

    def ask(self, *lines, body=b""):
        """Sends a head and a body, returns the whole answer."""
        self.say(*lines)
        if body:
            self.send(body)
        return self.answer(lines[0].split(" ")[0])

    def get(self, target="/", *lines, host="shop.example"):
        return self.ask(f"GET {target} HTTP/1.1", f"Host: {host}", *lines)
