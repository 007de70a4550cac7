"""Requests that come along with the ClientHello of a resumed session (RFC 8446 2.3, RFC 8470), and copies of them."""

import contextlib
import socket
import threading
from pathlib import Path

from scene import origin, play, programs, until, weir

CONFIG = """
state @dir/state
site https://@front {
    tls internal
    route /never/* { proxy @shop }
    route /* { early_data on; proxy @shop }
}
"""


class Tap:
    """Between a client and Weir: keeps what the client sent before Weir said a word."""

    def __init__(self, to):
        self.to, self.first_flight, self.has_answer = to, b"", False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        near, _ = self.listener.accept()
        far = socket.create_connection(self.to)
        back = threading.Thread(target=self.carry, args=(far, near, False), daemon=True)
        back.start()
        self.carry(near, far, True)
        back.join()

    def carry(self, source, to, is_clients):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                if is_clients and not self.has_answer:
                    self.first_flight += octets
                self.has_answer |= not is_clients
                to.sendall(octets)
            to.shutdown(socket.SHUT_WR)


def request(method, target, *lines):
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: shop.example", *lines, "Connection: close", "", "")).encode()


def s_client(here, *words, at=None, stdin=b""):
    host, port = here.at()
    text = ("openssl", "s_client", "-connect", at or f"{host}:{port}", "-tls1_3", "-ign_eof", *words)
    return programs.run(*text, stdin=stdin)[1]


def ticket(here):
    """A file with the session of a connection that was answered."""
    file = str(Path(here.dir, "session"))
    assert "HTTP/1.1 200" in s_client(here, "-sess_out", file, stdin=request("GET", "/ticket"))
    return file


def early(here, octets, at=None):
    """What comes of a request sent as early data."""
    file = Path(here.dir, "early")
    file.write_bytes(octets)
    return s_client(here, "-sess_in", ticket(here), "-early_data", str(file), at=at)


@play(seconds=60, needs="openssl")
def play_a_safe_request_is_answered_and_the_origin_told():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    said = early(here, request("GET", "/first"))
    assert "Early data was accepted" in said and "HTTP/1.1 200" in said, said
    assert shop.last.target == "/first" and shop.last.header("Early-Data") == "1", shop.last
    assert shop.requests[0].header("Early-Data") is None, "that of the full handshake was none"
    assert here.metrics()["weir_tls_early_data_total"] == 1


@play(seconds=60, needs="openssl")
def play_what_must_not_come_early_has_to_come_again():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    for octets in (request("POST", "/first", "Content-Length: 0"), request("DELETE", "/first"), request("GET", "/never/early")):
        said = early(here, octets)
        assert "Early data was accepted" in said and "HTTP/1.1 425" in said, said
    assert {one.target for one in shop.requests} == {"/ticket"}
    # The same on a connection that the client has finished.
    assert "HTTP/1.1 200" in s_client(here, "-sess_in", ticket(here), stdin=request("POST", "/late", "Content-Length: 0"))
    assert shop.last.target == "/late" and shop.last.header("Early-Data") is None


@play(seconds=60, needs="openssl")
def play_the_word_of_somebody_in_front_is_passed_on():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    assert "HTTP/1.1 200" in s_client(here, stdin=request("GET", "/", "Early-Data: 1"))
    assert shop.last.header("Early-Data") == "1", "somebody before us may have taken it early: it is passed on"


@play(seconds=60, needs="openssl")
def play_a_copy_does_nothing():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    tap = Tap(here.at())
    said = early(here, request("GET", "/once"), at=tap.at)
    assert "Early data was accepted" in said and "HTTP/1.1 200" in said, said
    assert [one.target for one in shop.requests].count("/once") == 1
    for round in range(1, 4):
        with socket.create_connection(here.at()) as thief:
            thief.sendall(tap.first_flight)
            assert thief.recv(65536), "the handshake goes on, without its early data"
        until(lambda wanted=round: here.metrics()["weir_tls_early_data_refused_total"] == wanted, "the copy was refused")
    assert [one.target for one in shop.requests].count("/once") == 1


@play(seconds=60, needs="openssl")
def play_off_by_default():
    shop = origin()
    here = weir("state @dir/state\nsite https://@front { tls internal; proxy @shop }", shop=shop)
    said = s_client(here, "-sess_out", str(Path(here.dir, "session")), stdin=request("GET", "/"))
    assert "HTTP/1.1 200" in said
    text = programs.run("openssl", "sess_id", "-in", str(Path(here.dir, "session")), "-noout", "-text")[1]
    assert "Max Early Data: 0" in text, text
