"""Who is told to be the client: X-Forwarded-*, Forwarded, the PROXY protocol, request ids; and who is believed."""

import re
import socket
import struct

from scene import origin, rows, until, weir

LIES = (
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.example",
    "Forwarded: for=6.6.6.6;proto=https",
    "X-Real-IP: 6.6.6.6",
)
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def play_a_stranger_is_not_believed():
    shop = origin()
    client = weir("site @front { proxy @shop }", shop=shop).client()
    assert client.get("/", *LIES).status == 200
    assert shop.last.header("X-Forwarded-For") == "127.0.0.1"
    assert shop.last.header("X-Forwarded-Proto") == "http"
    assert shop.last.header("X-Forwarded-Host") == "shop.example"
    assert not shop.last.has("Forwarded") and not shop.last.has("X-Real-IP")
    assert "6.6.6.6" not in str(shop.last.fields) and "evil" not in str(shop.last.fields)


def play_names_that_an_application_takes_for_others():
    """CGI, WSGI, Rack and PHP make one variable of X_Forwarded_For and X-Forwarded-For; Proxy becomes HTTP_PROXY."""
    shop = origin()
    rules = "header request set X-User $tls_client_subject; header request remove X-Internal; header request set X_Own yes"
    for trust in "", "trusted_proxies 127.0.0.0/8\n":
        here = weir(f"{trust}site @front {{ {rules}; proxy @shop }}", shop=shop)
        lies = ("X_Forwarded_For: 6.6.6.6", "x_forwarded-port: 6.6.6.6", "X_Real_IP: 6.6.6.6", "Content_Length: 6.6.6.6", "Proxy: 6.6.6.6")
        more = ("X_User: 6.6.6.6", "X_Internal: 6.6.6.6", "X-Own: 6.6.6.6", "X_Own: 6.6.6.6", "X_Tenant: mine")
        assert here.client().get("/", *lies, *more).status == 200
        assert "6.6.6.6" not in str(shop.last.fields), shop.last.fields
        assert shop.last.header("X_Own") == "yes" and shop.last.header("X_Tenant") == "mine"


def play_a_trusted_proxy_is_continued():
    shop = origin()
    text = """
    trusted_proxies 127.0.0.0/8 10.0.0.0/8
    site @front { forwarded { rfc7239 on; real_ip on }; header request set X-Client $client_ip; proxy @shop }
    """
    here = weir(text, shop=shop)

    def ask(came, client_ip, forwarded_for):
        here.get("/", f"X-Forwarded-For: {came}", "X-Forwarded-Proto: https", "X-Forwarded-Host: outer.example")
        assert shop.last.header("X-Client") == client_ip
        assert shop.last.header("X-Forwarded-For").replace(" ", "") == forwarded_for.replace(" ", "")
        assert shop.last.header("X-Forwarded-Proto") == "https"
        assert shop.last.header("X-Forwarded-Host") == "outer.example"
        assert shop.last.header("X-Real-IP") == client_ip

    rows(
        [
            ("203.0.113.9", "203.0.113.9", "203.0.113.9, 127.0.0.1"),
            ("6.6.6.6, 203.0.113.9", "203.0.113.9", "6.6.6.6, 203.0.113.9, 127.0.0.1"),
            ("203.0.113.9, 10.1.1.1", "203.0.113.9", "203.0.113.9, 10.1.1.1, 127.0.0.1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::1, 127.0.0.1"),
        ],
        ask,
    )


def play_forwarded_of_rfc_7239():
    shop = origin()
    text = "site @front { forwarded { x_forwarded off; rfc7239 on }; proxy @shop }"
    weir(text, shop=shop).get("/", *LIES)
    forwarded = shop.last.header("Forwarded").lower()
    assert "for=127.0.0.1" in forwarded and "proto=http" in forwarded and "host=shop.example" in forwarded
    assert not shop.last.has("X-Forwarded-For")
    weir(text, shop=shop).get("/", host="shop.example:8080")
    assert 'host="shop.example:8080"' in shop.last.header("Forwarded")


def play_hidden_clients():
    shop = origin()
    weir("site @front { forwarded { hide client; rfc7239 on; real_ip on }; proxy @shop }", shop=shop).get("/")
    assert "127.0.0.1" not in str([value for name, value in shop.last.fields if name.lower() != "host"])


def play_nothing_forwarded():
    shop = origin()
    weir("site @front { forwarded { x_forwarded off }; proxy @shop }", shop=shop).get("/", *LIES)
    assert not {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip"} & set(shop.last.names)


def play_request_ids():
    """Made, sent to the origin, logged; a stranger's is not taken, a trusted proxy's is."""
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)
    here.get("/1", "X-Request-Id: mine")
    first = shop.last.header("X-Request-Id")
    here.get("/2")
    second = shop.last.header("X-Request-Id")
    assert first != "mine" and first != second and re.fullmatch(r"[0-9A-Za-z._-]{8,64}", first)
    assert {line["request_id"] for line in here.log(2)} == {first, second}
    trusting = weir("trusted_proxies 127.0.0.1\nsite @front { proxy @shop }", shop=shop)
    trusting.get("/3", "X-Request-Id: outer-17")
    assert shop.last.header("X-Request-Id") == "outer-17"
    trusting.get("/4", "X-Request-Id: a b<script>")
    assert "<" not in shop.last.header("X-Request-Id")
    weir("site @front { request_id off; proxy @shop }", shop=shop).get("/5")
    assert not shop.last.has("X-Request-Id")


PROXY_IN = """
trusted_proxies 127.0.0.1
site @front { listen @behind proxy_protocol; header request set X-Client "$client_ip $client_port"; proxy @shop }
"""


def version_2(command, family, addresses):
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(addresses)) + addresses


V4 = socket.inet_aton("203.0.113.7") + socket.inet_aton("10.0.0.1") + struct.pack("!HH", 4711, 80)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "::1") + struct.pack("!HH", 4712, 80)

HEADERS = [
    ("v1, TCP4", b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n", "203.0.113.7 4711"),
    ("v1, TCP6", b"PROXY TCP6 2001:db8::7 ::1 4712 80\r\n", "2001:db8::7 4712"),
    ("v1, UNKNOWN", b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    ("v2, TCP4", version_2(1, 0x11, V4), "203.0.113.7 4711"),
    ("v2, TCP6", version_2(1, 0x21, V6), "2001:db8::7 4712"),
    ("v2, LOCAL", version_2(0, 0x00, b""), "127.0.0.1"),
    ("v2 with TLVs", version_2(1, 0x11, V4 + b"\x04\x00\x04abcd"), "203.0.113.7 4711"),
]

BAD_HEADERS = [
    ("none", b""),
    ("v1, no port", b"PROXY TCP4 203.0.113.7 10.0.0.1 80\r\n"),
    ("v1, a bad address", b"PROXY TCP4 203.0.113.777 10.0.0.1 1 80\r\n"),
    ("v1, another family", b"PROXY TCP4 ::1 ::1 1 80\r\n"),
    ("v1, too long", b"PROXY TCP4 " + b"1" * 200 + b"\r\n"),
    ("v1, a bare LF", b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\n"),
    ("v2, too short for its family", version_2(1, 0x11, V4[:8])),
    ("v2, another version", SIGNATURE + bytes([0x31, 0x11]) + struct.pack("!H", len(V4)) + V4),
    ("v2, an unknown command", version_2(7, 0x11, V4)),
]


def play_proxy_protocol_in():
    shop = origin()
    here = weir(PROXY_IN, shop=shop)

    def ask(_, header, told):
        for cut in (len(header), 1):
            client = here.client("behind")
            for at in range(0, len(header), cut):
                client.send(header[at : at + cut])
            assert client.get("/").status == 200
            assert client.get("/").status == 200
            assert shop.last.header("X-Client").startswith(told), shop.last.header("X-Client")
            assert shop.last.header("X-Forwarded-For") == told.split(" ")[0]

    rows(HEADERS, ask)


def play_bad_proxy_headers_are_cut_off():
    shop = origin()
    here = weir(PROXY_IN + "limits { header_time 500ms }", shop=shop)

    def ask(_, header):
        client = here.client("behind")
        client.send(header + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.is_cut(5)
        assert not shop.requests

    rows(BAD_HEADERS, ask)


def play_proxy_headers_of_strangers_are_cut_off():
    shop = origin()
    here = weir("workers 1\n" + PROXY_IN.replace("trusted_proxies 127.0.0.1", "trusted_proxies 10.0.0.1"), shop=shop)
    client = here.client("behind")
    client.send(HEADERS[0][1] + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.is_cut(5)
    assert not shop.requests
    assert here.get("/").status == 200
    # Whoever can reach the listener must not fill the log.
    for _ in range(20):
        here.client("behind").is_cut(5)
    assert here.stderr().count("proxy_protocol_refused") in (1, 2), here.stderr()


def play_proxy_protocol_out():
    """Each connection to the origin begins with the client's address, and carries that client's requests only."""
    heard = []

    def hear_v1(wire):
        heard.append(wire.take_through(b"\r\n"))

    def hear_v2(wire):
        head = wire.take(16)
        heard.append(head + wire.take(struct.unpack("!H", head[14:])[0]))

    for version, hear in (("v1", hear_v1), ("v2", hear_v2)):
        heard.clear()
        shop = origin(preface=hear)
        here = weir(f"workers 1\nupstream g {{ server @shop; proxy_protocol {version} }}\nsite @front {{ proxy g }}", shop=shop)
        client = here.client()
        port = client.sock.getsockname()[1]
        assert client.get("/").status == 200 and client.get("/").status == 200
        if version == "v1":
            assert heard[0] == f"PROXY TCP4 127.0.0.1 127.0.0.1 {port} {here.at()[1]}\r\n".encode(), heard
        else:
            assert heard[0][:12] == SIGNATURE and heard[0][12:14] == b"\x21\x11"
            assert heard[0][16:20] == socket.inet_aton("127.0.0.1") and struct.unpack("!H", heard[0][24:26])[0] == port
        other = here.client(source="127.0.0.3")
        assert other.get("/").status == 200
        until(lambda: len(heard) >= 2, "a connection for the other client")
        assert (b"127.0.0.3" if version == "v1" else socket.inet_aton("127.0.0.3")) in heard[-1]
