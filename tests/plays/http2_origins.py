"""Origins that speak HTTP/2, in the clear and over TLS: Node's own server behind clients of both versions."""

import hashlib
import json
from pathlib import Path

from scene import Failed, curl, folder, origin, play, programs, until, weir

CLEAR = "upstream app { server @app; protocol h2c }\nsite @front { proxy app }"


def application(*words):
    server = programs.start("node", str(programs.NODE_FOLDER / "http2_server.js"), *words)
    port = server.stdout.readline().strip()
    if not port.isdigit():
        raise Failed(f"the application says {port!r}")
    return server, port


def certificate(name="localhost", days="2"):
    """A certificate that signs itself, and its key."""
    key, chain = str(Path(folder(), f"{name}.key")), str(Path(folder(), f"{name}.pem"))
    words = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", days)
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    status, text = programs.run("openssl", "req", *words, *subject, "-keyout", key, "-out", chain)
    assert status == 0, text
    return key, chain


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
    client.say(
        "GET /ws HTTP/1.1",
        "Host: a",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    answer = client.head()
    assert answer.status == 101 and answer.header("Upgrade") == "websocket"
    assert answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    for number in range(50):
        word = f"word {number} \0\r\n\r\n".encode()
        client.send(word)
        assert client.take(len(word)) == word
    client.half_close()
    client.ends()


@play(seconds=60, needs=("node", "curl", "openssl"))
def play_tls_is_verified():
    """A certificate that nobody vouches for is refused, and the client is not told why; the operator is."""
    key, chain = certificate()
    _, port = application(key, chain)
    status = ("-o", "/dev/null", "-w", "%{http_code}")
    text = "upstream app {{ server https://localhost:{}; {} }}\nsite @front {{ proxy app }}"
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
