"""Origins that speak HTTP/2, in the clear and over TLS: Node's own server behind clients of both versions."""

import hashlib
import json
import signal
import ssl
from pathlib import Path

from scene import Authority, Failed, curl, folder, node, origin, play, programs, until, weir

CLEAR = "upstream app { server @app; protocol h2c }\nsite @front { proxy app }"


def application(*words, **options):
    """Node's server: (its process, its port). `options`: see there."""
    words = (*(words or ("", "")), json.dumps(options))
    server = programs.start("node", str(programs.NODE_FOLDER / "http2_server.js"), *words)
    port = server.stdout.readline().strip()
    if not port.isdigit():
        raise Failed(f"the application says {port!r}")
    return server, port


def secure_application(**options):
    """The same with TLS, for its address: (who vouches for it, its port)."""
    authority = Authority()
    chain, key = authority.leaf("127.0.0.1")
    return authority, application(key, chain, **options)[1]


def secured(authority, port, *settings):
    """The upstream of it, and a front."""
    said = "; ".join(settings)
    return f"upstream app {{ server https://127.0.0.1:{port}; tls {{ ca {authority.file} {said} }} }}\nsite @front {{ proxy app }}"


def upgrade(client):
    """A WebSocket's handshake in HTTP/1.1; the head of the answer."""
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    client.say("GET /ws HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
    answer = client.head()
    assert answer.status == 101 and answer.header("Upgrade") == "websocket"
    assert answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    return answer


def echoes(client):
    for number in range(50):
        word = f"word {number} \0\r\n\r\n".encode()
        client.send(word)
        assert client.take(len(word)) == word
    client.half_close()
    client.ends()


@play(seconds=60, needs=("node", "curl"))
def play_both_versions_of_clients():
    """Bodies, lengths, names, methods: over one connection to the origin, whatever the client speaks."""
    _, port = application()
    here = weir(CLEAR, app=f"127.0.0.1:{port}")
    file = Path(folder(), "upload")
    file.write_bytes(bytes(range(256)) * 20_000)
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    for words in ((), ("--http2-prior-knowledge",)):
        told = json.loads(curl(*words, "--data-binary", f"@{file}", "-H", "TE: trailers", here.url("/echo?a=b")))
        assert told["hash"] == wanted and told["octets"] == file.stat().st_size
        assert told["method"] == "POST" and told["path"] == "/echo?a=b" and told["headers"][":scheme"] == "http"
        assert "connection" not in told["headers"] and "host" not in told["headers"]
        assert len(curl(*words, here.url("/large"))) == 64 * 1024 * 1024
        assert "200" in curl(*words, "-I", here.url("/echo"))
    assert curl(here.url("/sessions")) in ("1", "2"), "one connection a worker"


@play(seconds=60, needs=("node", "curl"))
def play_refused_reset_and_goodbye():
    """What was not looked at is sent again as often as `retry` says; what may have been is not, when it may not be repeated."""
    _, port = application()
    here = weir(CLEAR, app=f"127.0.0.1:{port}")
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    assert curl(*status, "-d", "x", here.url("/reset")) == "502"
    assert curl(*status, here.url("/refuse")) == "502"
    for _ in range(10):
        assert curl(here.url("/goaway")) == "goodbye"
    assert json.loads(curl("-d", "x", here.url("/echo")))["octets"] == 1


@play(seconds=60, needs=("node", "curl"))
def play_a_client_that_leaves_cancels_its_stream():
    server, port = application()
    client = weir(CLEAR, app=f"127.0.0.1:{port}").client()
    client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.is_silent()
    client.close()
    assert server.stdout.readline().strip() == "aborted"


@play(seconds=60, needs=("node", "curl"))
def play_a_websocket_is_a_stream_of_http2():
    """RFC 8441 towards the origin: the client speaks HTTP/1.1 and does not know."""
    _, port = application()
    client = weir(CLEAR, app=f"127.0.0.1:{port}").client()
    upgrade(client)
    echoes(client)


@play(seconds=60, needs=("node", "openssl"))
def play_a_websocket_to_an_origin_whose_http2_has_none():
    """`auto` finds HTTP/2 without RFC 8441 and takes HTTP/1.1 for the WebSocket; what else is asked stays on HTTP/2."""
    authority, port = secure_application(websocket=False)
    here = weir(secured(authority, port))
    for _ in range(2):
        client = here.client()
        assert upgrade(client).header("X-Over") == "HTTP/1.1"
        echoes(client)
        assert json.loads(here.get("/echo").text)["headers"][":method"] == "GET"
    assert {line["upstream_protocol"] for line in here.log(4)} == {"HTTP/1.1", "HTTP/2"}


@play(seconds=60, needs=("node", "curl"))
def play_a_websocket_that_an_origin_cannot_carry():
    """HTTP/2 and nothing else, and no RFC 8441: a 502, and nothing of it reaches the origin as a plain GET."""
    _, port = application(websocket=False)
    here = weir(CLEAR, app=f"127.0.0.1:{port}")
    words = ("-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: eA==")
    assert curl(*words, "-o", "/dev/null", "-w", "%{http_code}", here.url("/ws")) == "502"
    assert here.log()[0]["error"] == "unsupported_version"


@play(seconds=60, needs=("node", "openssl"))
def play_a_websocket_over_http2_on_both_sides():
    """RFC 8441 twice, and from HTTP/2 to the HTTP/1.1 of an origin that has it there alone."""
    _, clear = application()
    authority, old = secure_application(websocket=False)
    upstreams = f"upstream new {{ server 127.0.0.1:{clear}; protocol h2c }}\n" + secured(authority, old).partition("\n")[0]
    here = weir(f"{upstreams}\nsite @front {{ proxy new }}\nsite @other {{ proxy app }}")
    for front in ("front", "other"):
        host, port = here.at(front)
        text = node("http2_websocket.js", f"{host}:{port}", "-")
        assert text.strip() == "all fine", text


@play(seconds=60, needs=("node", "curl", "openssl"))
def play_an_origin_that_wants_http11():
    """RFC 9113 7: refused over HTTP/2 with HTTP_1_1_REQUIRED, sent again over HTTP/1.1, bodies too, and no try is used up by it."""
    authority, port = secure_application()
    here = weir(secured(authority, port).replace("tls {", "retry 0; tls {"))
    assert curl(here.url("/old")) == "HTTP/1.1 0"
    assert curl("-d", "abc", here.url("/old")) == "HTTP/1.1 3"
    assert json.loads(curl(here.url("/echo")))["octets"] == 0
    strict = weir(secured(authority, port).replace("tls {", "protocol h2; tls {"))
    assert curl("-o", "/dev/null", "-w", "%{http_code}", strict.url("/old")) == "502"
    assert strict.log()[0]["error"] == "unsupported_version"


@play(seconds=60, needs=("node", "curl", "openssl"))
def play_our_own_certificate_for_origins_that_ask():
    authority = Authority()
    chain, key = authority.leaf("127.0.0.1")
    _, port = application(key, chain, ca=authority.file)
    own, own_key = authority.client("weir at work")
    here = weir(secured(authority, port, f"; certificate {own} {own_key}"))
    assert curl(here.url("/who")) == "weir at work"
    other = weir(secured(authority, port))
    assert curl("-o", "/dev/null", "-w", "%{http_code}", other.url("/who")) == "502"


@play(seconds=60, needs="openssl")
def play_the_proxy_protocol_comes_before_tls():
    authority = Authority()
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(*authority.leaf("127.0.0.1"))
    said = []

    def greet(wire):
        line = b""
        while not line.endswith(b"\r\n"):
            line += wire.sock.recv(1)
        said.append(line)
        wire.sock = side.wrap_socket(wire.sock, server_side=True)

    shop = origin(preface=greet)
    here = weir(secured(authority, shop.port).replace("tls {", "proxy_protocol v1; tls {"))
    for _ in range(2):
        client = here.client()
        assert client.get("/").status == 200
        host, port = client.sock.getsockname()
        assert said.pop().startswith(f"PROXY TCP4 {host} 127.0.0.1 {port} ".encode())
    assert shop.connections == 2, "such a connection is of one client"


@play(seconds=60, needs="node")
def play_an_origin_that_is_gone_is_found_out():
    """It hears and says nothing more, though its connection stands: a PING finds out long before the time for an answer is over."""
    server, port = application()
    settings = "retry 0; eject off; keep_alive { ping 200ms timeout 300ms }; timeout { connect 500ms }"
    here = weir(f"upstream app {{ server 127.0.0.1:{port}; protocol h2c; {settings} }}\nsite @front {{ proxy app }}")
    client = here.client()
    assert client.get("/echo").status == 200
    server.send_signal(signal.SIGSTOP)
    assert client.get("/echo").status == 504
    line = here.log(2)[1]
    assert line["error"] == "timeout" and ("PING" in line["error_detail"] or "SETTINGS" in line["error_detail"].upper()), line
    server.send_signal(signal.SIGCONT)
    until(lambda: client.get("/echo").status == 200, "it is used again")


@play(seconds=60, needs=("node", "curl"))
def play_health_checks_speak_what_the_upstream_speaks():
    """Over HTTP/2 in the clear and with TLS: a server that says 503 to them gets no request."""
    _, clear = application()
    authority, port = secure_application()
    for text in (CLEAR.replace("@app", f"127.0.0.1:{clear}"), secured(authority, port)):
        here = weir(text.replace("server", "check GET /healthz every 100ms rise 1 fall 1; server", 1))
        until(lambda at=here: int(at.get("/checks").text) > 1, "it is checked")
        here.get("/ill")
        until(lambda at=here: at.get("/checks").status == 503, "it is down")


@play(seconds=60, needs=("node", "curl"))
def play_via_tells_the_version_that_came():
    _, port = application()
    here = weir(f"upstream app {{ server 127.0.0.1:{port}; protocol h2c }}\nsite @front {{ via weir; proxy app }}")
    for words, version in (((), "1.1"), (("--http2-prior-knowledge",), "2.0")):
        assert json.loads(curl(*words, here.url("/echo")))["headers"]["via"] == f"{version} weir"
        assert "via: 2.0 weir" in curl(*words, "-i", here.url("/echo")).lower()


@play(seconds=60, needs=("node", "curl", "openssl"))
def play_tls_is_verified():
    """A certificate that nobody vouches for is refused, and the client is not told why; the operator is."""
    authority, port = secure_application()
    chain = authority.file
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    text = "upstream app {{ server https://127.0.0.1:{}; {} }}\nsite @front {{ proxy app }}"
    refusing = weir(text.format(port, ""))
    assert curl(*status, refusing.url("/echo")) == "502"
    line = until(lambda: refusing.log(), "a line of the log")[-1]
    assert line["error"] == "handshake_failed" and "certificate" in line["error_detail"], line
    assert "certificate" not in curl(refusing.url("/echo"))
    trusting = weir(text.format(port, f"tls {{ ca {chain} }}; check GET /echo every 1s"))
    told = json.loads(curl(trusting.url("/echo")))
    assert told["headers"][":scheme"] == "https"
    other = weir(text.format(port, f"tls {{ ca {chain}; name other.example }}"))
    assert curl(*status, other.url("/echo")) == "502"
    old = weir(text.format(port, f"protocol h2; tls {{ ca {chain} }}"))
    assert json.loads(curl(old.url("/echo")))["headers"][":method"] == "GET"


@play(seconds=30, needs="curl")
def play_who_speaks_no_http2():
    """Found out before a request is sent: 502, and nothing of it has reached anybody."""
    shop = origin(is_strict=False)
    here = weir(CLEAR.replace("@app", "@shop"), shop=shop)
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-d", "x", here.url("/")) == "502"
