"""Clients of HTTP/2: curl, Node, nghttp, h2load, over TLS and in the clear; streams of events, uploads, WebSockets."""

import hashlib
import json
import re
import threading
from pathlib import Path

from real_programs import application
from scene import curl, folder, more_than_kernel_holds, node, origin, play, programs, room_kib, until, weir
from scene.ca import make_certificate
from scene.http2 import DATA, END_STREAM, INITIAL_WINDOW_SIZE, frame, number, setting

CLEAR = "site @front { proxy @app }"
PRIOR = "--http2-prior-knowledge"


def secure(app):
    chain, key = make_certificate(folder())
    text = "site https://localhost:@front.port { tls @chain @key; proxy @app }"
    return weir(text, app=app, chain=chain, key=key)


@play(seconds=60, needs="curl")
def play_what_is_agreed_on():
    """ALPN decides over TLS, the preface in the clear; `Upgrade: h2c` is not honoured."""
    here = secure(origin())
    url = f"https://localhost:{here.at()[1]}/"
    version = ("-k", "-o", "/dev/null", "-w", "%{http_version} %{http_code}")
    assert curl(*version, "--http2", url) == "2 200"
    assert curl(*version, "--http1.1", url) == "1.1 200"
    assert curl(*version, "--no-alpn", url) == "1.1 200"
    clear = weir(CLEAR, app=origin())
    assert curl(*version, PRIOR, clear.url("/")) == "2 200"
    assert curl(*version, "--http2", clear.url("/")) == "1.1 200"
    # Each worker writes its lines by itself.
    assert sorted(line["version"] for line in clear.log(2)) == ["HTTP/1.1", "HTTP/2"], clear.log(2)


@play(seconds=90, needs="node")
def play_a_node_client():
    """Bodies, trailers, early hints, two hundred streams at once, a stream that nobody reads."""
    app = application()
    for here, url in ((weir(CLEAR, app=app), "http://127.0.0.1:{}"), (secure(app), "https://localhost:{}")):
        text = node("http2_client.js", url.format(here.at()[1]))
        assert text.strip().endswith("all fine"), text
        lines = [line for line in here.log(200) if line["uri"] != "/stream"]
        assert all(line["complete"] for line in lines)


@play(seconds=90, needs="ws")
def play_websockets_are_streams():
    server = programs.start("node", str(programs.NODE_FOLDER / "ws_server.js"), environment=programs.node_environment())
    app = f"127.0.0.1:{server.stdout.readline().strip()}"
    for here, url in ((weir(CLEAR, app=app), "http://127.0.0.1:{}"), (secure(app), "https://localhost:{}")):
        text = node("ws_over_http2.js", url.format(here.at()[1]))
        assert text.strip().endswith("all fine"), text


def play_a_page_is_no_websocket():
    """RFC 8441 5: any 2xx says that the WebSocket is open. An origin that answers with a page has not heard of it."""
    shop = origin(lambda visit: visit.answer(200 if visit.request.target == "/page" else 403, "a page"))
    here = weir(CLEAR + "\nsite @plain { upgrade off; proxy @app }", app=shop)
    for name, path, wanted in (("front", "/page", 502), ("front", "/refused", 403), ("plain", "/page", 502)):
        client = here.http2(name)
        fields = ((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "a"), (":path", path))
        assert client.answer(client.begin(fields, ends=False)).status == wanted, (name, path)


@play(seconds=60, needs="curl")
def play_curl_uploads_and_downloads():
    here = weir(CLEAR, app=application())
    file = Path(folder(), "upload")
    file.write_bytes(bytes(range(256)) * 80_000)
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    for words in (("-T", str(file)), ("--data-binary", f"@{file}"), ("-T", "-")):
        status, text = programs.run("curl", "-sS", "--noproxy", "*", PRIOR, *words, here.url("/echo"), stdin=file.read_bytes())
        assert status == 0 and json.loads(text)["hash"] == wanted, text
    assert curl(PRIOR, "-I", here.url("/stream")).startswith("HTTP/2 200")
    assert len(curl(PRIOR, here.url("/stream"))) == 64 * 65536


@play(seconds=60, needs="nghttp")
def play_nghttp():
    """A page and what it asks for, with weights and dependencies of RFC 7540, which count no more."""
    here = weir(CLEAR, app=origin())
    status, text = programs.run("nghttp", "-nv", "--no-dep", here.url("/a"), here.url("/b"), here.url("/c"))
    assert status == 0 and text.count(":status: 200") == 3, text
    assert "SETTINGS_NO_RFC7540_PRIORITIES" in text or "0x09" in text or "UNKNOWN" in text, text
    status, text = programs.run("nghttp", "-nv", here.url("/a"))
    assert status == 0 and text.count(":status: 200") == 1, text


@play(seconds=60, needs="h2load")
def play_h2load_sees_no_fault():
    here = weir(CLEAR, app=origin(is_traced=False))
    for words in (("-n3000", "-c4", "-m16"), ("-n3000", "-c1", "-m100"), ("-n1000", "-c10", "-m1", "-w10", "-W10")):
        status, text = programs.run("h2load", *words, here.url("/"))
        wanted = words[0][2:]
        assert status == 0 and re.search(rf"{wanted} succeeded, 0 failed, 0 errored, 0 timeout", text), text


def play_server_sent_events():
    """Each event is with the client before the origin makes the next, beside other requests of the connection."""
    heard = threading.Semaphore(0)

    def reply(visit):
        if visit.request.target != "/events":
            return visit.answer(200, "hello")
        visit.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(20):
            event = f"data: {at}\n\n"
            visit.send(f"{len(event):x}\r\n{event}\r\n")
            heard.acquire()
        return visit.send("0\r\n\r\n")

    client = weir(CLEAR, app=origin(reply)).http2()
    events = client.get("/events")
    for at in range(20):
        while not client.answers[events].body.endswith(f"data: {at}\n\n".encode()):
            client.frame()
        assert client.answer(client.get("/")).body == b"hello"
        heard.release()
    assert client.answer(events).is_whole


@play(seconds=120, alone=True)
def play_a_long_upload_in_bounded_memory():
    """To an origin that is in no hurry: what is held is a window, not a body."""
    total = more_than_kernel_holds()
    came, hold = [0], threading.Event()

    def reply(visit):
        for at, part in enumerate(visit.parts()):
            came[0] += len(part)
            if at == 10:
                visit.wait(hold)
        visit.answer(200, "got it")

    here = weir("workers 1\n" + CLEAR, app=origin(reply, reads_body=False, is_traced=False))
    client = here.http2(is_traced=False)
    client.settle()
    stream = client.get("/", method="POST", ends=False)
    before = here.memory_kib()
    sent, window, whole = 0, 65_536, 65_535
    block = b"x" * 16_384

    def take_note(frame_came):
        nonlocal window, whole
        if frame_came.kind == 8 and frame_came.stream == 0:
            whole += int.from_bytes(frame_came.payload, "big")
        elif frame_came.kind == 8:
            window += int.from_bytes(frame_came.payload, "big")

    while sent < total:
        while min(window, whole) < len(block):
            if not hold.is_set() and client.is_silent():
                assert sent < total / 2, "the window opens though nobody takes the body"
                hold.set()
            take_note(client.frame())
        client.send(frame(DATA, 0, stream, block))
        sent, window, whole = sent + len(block), window - len(block), whole - len(block)
    client.send(frame(DATA, END_STREAM, stream))
    assert client.answer(stream).status == 200 and came[0] == total
    grown = here.memory_kib("VmHWM") - before
    assert grown < room_kib(24 << 10), f"{grown} KiB more than before"


def play_the_urgent_first():
    """RFC 9218: what competes for a connection's window goes by urgency, and what is incremental takes turns."""
    large = "x" * 60_000
    here = weir(f'workers 1\nsite @front {{ respond 200 "{large}" }}')
    client = here.http2(settings=setting(INITIAL_WINDOW_SIZE, 1_000_000), opens_windows=False)
    client.settle()
    client.send(frame(8, 0, 0, number(1)))  # 65,536: the first stream takes most of it
    first = client.get("/")
    client.answer(first)
    late = client.get("/", ("priority", "u=7"))
    one = client.get("/", ("priority", "u=5, i"))
    other = client.get("/", ("priority", "u=5, i"))
    urgent = client.get("/", ("priority", "u=0"))
    client.send(frame(6, payload=b"are here"))
    while not client.pongs:
        client.frame()
    for _ in range(60):
        client.send(frame(8, 0, 0, number(4000)) + frame(6, payload=b"are here"))
        pongs = client.pongs
        while client.pongs == pongs:
            client.frame()
    sizes = [len(client.answers[stream].body) for stream in (urgent, one, other, late)]
    assert sizes[0] == len(large), sizes
    assert sizes[1] == sizes[2] == len(large) or sizes[3] < 10_000, sizes
    until(lambda: sum(sizes) > 200_000, "the windows were used")


@play(seconds=60)
def play_idle_connections_are_small():
    """A thousand connections of HTTP/2 that have asked once and idle."""
    count = 1000
    here = weir("workers 1\nlimits { connections_per_client 10000 }\nsite @front { respond 200 a }")
    client = here.http2()
    client.answer(client.get())
    before = here.memory_kib()
    clients = [here.http2(is_traced=False) for _ in range(count)]
    for client in clients:
        client.answer(client.get())
    each = (here.memory_kib() - before) / count
    assert each < room_kib(20), f"{each:.1f} KiB each"
