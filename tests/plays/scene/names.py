"""A name server of the play, and a server that takes no connection."""

import socket
import struct
import threading

from .wire import trace


class NameServer:
    """Answers A and AAAA over UDP from a table that the play changes: {'app.test': ['127.0.0.1']}."""

    def __init__(self, table, ttl=1):
        self.table, self.ttl = table, ttl
        self.asked = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.at = self.sock.getsockname()
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def address(self):
        return f"{self.at[0]}:{self.at[1]}"

    def serve(self):
        while True:
            try:
                question, client = self.sock.recvfrom(4096)
                self.sock.sendto(self.answer(question), client)
            except (OSError, IndexError):
                return

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        name = ".".join(labels).lower()
        (kind,) = struct.unpack("!H", question[at + 1 : at + 3])
        self.asked.append((name, kind))
        family = socket.AF_INET if kind == 1 else socket.AF_INET6
        known = self.table.get(name)
        addresses = [one for one in known or () if (":" in one) == (kind == 28)]
        trace.note("names", f"asked for {name} ({kind}): {known}")
        head_of_record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, 4 if kind == 1 else 16)
        records = b"".join(head_of_record + socket.inet_pton(family, one) for one in addresses)
        flags = 0x8180 if known is not None else 0x8183
        head = question[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0)
        return head + question[12 : at + 5] + records

    def stop(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class FullHouse:
    """Listens, but its queue is full: a connect to it is never answered."""

    def __init__(self, at=("127.0.0.1", 0)):
        self.listener = socket.socket()
        self.listener.bind(at)
        self.listener.listen(0)
        host, port = self.listener.getsockname()
        self.address = f"{host}:{port}"
        self.guests = []
        for _ in range(8):
            guest = socket.socket()
            guest.settimeout(0.1)
            try:
                guest.connect(self.listener.getsockname())
            except OSError:
                pass
            self.guests.append(guest)
