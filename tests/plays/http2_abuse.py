"""What clients of HTTP/2 can do at little cost: each kind ends its connection, or its stream, with the right code, is counted and named in
the log, and nobody else notices."""

import threading

from metrics import total
from scene import Reset, origin, play, rows, until, weir
from scene.http2 import (
    CANCEL,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PING,
    PRIORITY,
    PRIORITY_UPDATE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    block,
    frame,
    number,
    setting,
)

CONFIG = """
limits { header_time 2s; send_stall 2s }
site @front {
    route /hold { proxy @slow }
    route /large { respond 200 @large }
    respond 200 hello
}
"""
HEAD = ((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/hold"))
INDEXED = b"\x40" + b"\x01x" + b"\x7f\xb1\x15" + b"b" * 2864  # one field of 2,864 octets, kept in the table as number 62


def flood(octets, times):
    return lambda client: client.send(octets * times)


def each_stream(provoke, ends=True):
    """So many streams one after the other, each with what makes the server reset it."""

    def perform(client):
        for _ in range(400):
            stream = client.begin([(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/hold")], ends)
            client.send(provoke(stream))
            while client.answers[stream].reset is None and not client.goaways:
                client.frame()
            if client.goaways:
                return

    return perform


def rapid_reset(client):
    for _ in range(1000):
        client.send(frame(RST_STREAM, 0, client.begin(HEAD, ends=True), number(CANCEL)))


def continuation(client):
    client.send(frame(HEADERS, END_STREAM, 1, block(HEAD)))
    for _ in range(1000):
        client.send(frame(CONTINUATION, 0, 1, block([("x", "y")])))


def header_bomb(client):
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(HEAD) + INDEXED))
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, block(HEAD) + b"\xbe" * 16_000))


def slow_header(client):
    client.settle()
    client.send(frame(HEADERS, END_STREAM, 1, block(HEAD)))


def empty_frames(client):
    stream = client.get(method="POST", ends=False)
    client.send(frame(DATA, 0, stream) * 1000)


def tiny_windows(client):
    client.opens_windows = False
    client.send(frame(SETTINGS, payload=setting(INITIAL_WINDOW_SIZE, 1)))
    stream = client.get("/large")
    while not client.goaways:
        client.send(frame(WINDOW_UPDATE, 0, stream, number(1)))
        seen = len(client.answers[stream].body)
        while len(client.answers[stream].body) == seen and not client.goaways:
            client.frame()


KINDS = (
    ("rapid_reset", rapid_reset),
    ("provoked_reset", each_stream(lambda stream: frame(WINDOW_UPDATE, 0, stream, number(0x7FFFFFFF)))),
    ("provoked_reset", each_stream(lambda stream: frame(HEADERS, END_HEADERS | END_STREAM, stream, block([("te", "x")])), ends=False)),
    ("continuation", continuation),
    ("settings", flood(frame(SETTINGS), 1000)),
    ("ping", flood(frame(PING, payload=b"12345678"), 5000)),
    ("priority", flood(frame(PRIORITY, 0, 1001, number(3) + b"x"), 10_000)),
    ("priority", flood(frame(PRIORITY_UPDATE, 0, 0, number(1001) + b"u=1"), 10_000)),
    ("window_update", flood(frame(WINDOW_UPDATE, 0, 0, number(1)), 50_000)),
    ("empty_frame", empty_frames),
    ("unknown_frame", flood(frame(0x77, payload=b"x"), 2000)),
    ("header_bomb", header_bomb),
    ("slow_header", slow_header),
    ("tiny_window", tiny_windows),
)


def stage():
    slow = origin(lambda visit: visit.is_gone(60), reads_body=False, is_strict=False)
    return weir("workers 1\n" + CONFIG, slow=slow, large='"' + "x" * 50_000 + '"')


@play(seconds=90)
def play_each_kind_ends_its_connection():
    here = stage()
    honest = here.http2()

    def perform(kind, attack):
        before = total(here.metrics(), "weir_h2_abuse_total", kind=kind)
        client = here.http2(is_traced=False)
        try:
            attack(client)
        except Reset:
            pass  # it was cut off while it still spoke
        assert client.farewell() == ENHANCE_YOUR_CALM, client.goaways
        until(lambda: total(here.metrics(), "weir_h2_abuse_total", kind=kind) == before + 1, f"{kind} is counted once")
        assert f"kind={kind}" in here.stderr() and "127.0.0.1" in here.stderr()
        assert honest.answer(honest.get()).body == b"hello", "an honest connection beside it"

    rows(KINDS, perform)
    assert total(here.metrics(), "weir_h2_abuse_total") == len(KINDS)
    until(lambda: total(here.metrics(), "weir_h2_connections_open") == 1, "only the honest one is open")
    until(lambda: total(here.metrics(), "weir_requests_in_flight") == 0, "nothing of the others is under way")


def play_a_slow_reader_loses_its_stream():
    """The window of one stream stays shut: it is reset, its connection goes on."""
    here = stage()
    client = here.http2(settings=setting(INITIAL_WINDOW_SIZE, 0))
    stalled = client.get("/large")
    assert client.answer(stalled).reset == CANCEL
    assert total(here.metrics(), "weir_h2_abuse_total", kind="stalled_stream") == 1
    client.send(frame(SETTINGS, payload=setting(INITIAL_WINDOW_SIZE, 65_535)))
    assert client.answer(client.get()).body == b"hello"
    line = here.log(2)[0]
    assert line["complete"] is False and line["error"] == "timeout" and line["error_side"] == "client", line


def play_who_takes_no_octets_is_cut():
    here = stage()
    client = here.http2(settings=setting(INITIAL_WINDOW_SIZE, 0x7FFFFFFF), is_traced=False)
    client.send(frame(WINDOW_UPDATE, 0, 0, number(0x7FFF0000 - 65_535)))
    for _ in range(300):
        client.get("/large")
    until(lambda: total(here.metrics(), "weir_h2_abuse_total", kind="stalled_connection") == 1, "it is cut", 20)
    until(lambda: total(here.metrics(), "weir_h2_connections_open") == 0, "it is gone")


@play(seconds=90)
def play_a_slow_reader_of_many_streams():
    """Its socket is full, with a frame of a stream that waits for room, when it shuts all windows and the streams' time is up: the worker
    goes on."""
    here = stage()
    client = here.http2(settings=setting(INITIAL_WINDOW_SIZE, 0x7FFFFFFF), is_traced=False)
    client.opens_windows = False
    client.send(frame(WINDOW_UPDATE, 0, 0, number(0x7FFF0000 - 65_535)))
    streams = [client.get("/large") for _ in range(128)]
    pause = threading.Event()

    def reads_a_little():
        pause.wait(0.2)
        for _ in range(30):
            client.frame()
        return total(here.metrics(), "weir_h2_abuse_total", kind="stalled_stream")

    pause.wait(0.3)
    client.send(frame(SETTINGS, payload=setting(INITIAL_WINDOW_SIZE, 0)))
    until(reads_a_little, "the time of some stream is up", 20)
    answers = [client.answer(stream) for stream in streams]
    resets = [answer.reset for answer in answers if not answer.is_whole]
    assert len(resets) > 1 and set(resets) == {CANCEL}, resets
    client.send(frame(SETTINGS, payload=setting(INITIAL_WINDOW_SIZE, 65_535)))
    assert client.answer(client.get()).body == b"hello"
    assert here.stderr().count("kind=stalled_stream") == 1, "the log has one line of it all"


@play(seconds=60)
def play_who_waits_behind_a_large_answer_is_no_slow_reader():
    """Answers of one urgency leave one after another (RFC 9218 10): the second one's time is not up while the first one flows."""
    large, small = '"' + "x" * 8_000_000 + '"', '"' + "y" * 2_000 + '"'
    sites = "site @front {\n    route /large { respond 200 @large }\n    respond 200 @small\n}"
    here = weir("limits { send_stall 1s }\n" + sites, large=large, small=small)
    client = here.http2(settings=setting(INITIAL_WINDOW_SIZE, 0x7FFFFFFF), is_traced=False)
    client.opens_windows = False
    client.send(frame(WINDOW_UPDATE, 0, 0, number(0x7FFF0000 - 65_535)))
    first, second = client.get("/large"), client.get()
    pause = threading.Event()
    while not client.answers[first].is_whole:
        pause.wait(0.01)
        client.frame()
    assert client.answer(second).body == b"y" * 2_000
    assert total(here.metrics(), "weir_h2_abuse_total", kind="stalled_stream") == 0


def play_malformed_requests_reach_nobody():
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)
    client = here.http2()
    of_connections = (("connection", "close"), ("transfer-encoding", "chunked"), ("te", "gzip"))
    for field in (*of_connections, ("x", "a\r\nb: c"), ("x\ny", "z"), ("content-length", "3")):
        answer = client.answer(client.get("/", field))
        assert answer.reset == 1 or answer.status == 400, f"{field}: {answer.reset} {answer.status}"
    assert client.answer(client.get("/ HTTP/1.1\r\nx: y")).status in (0, 400)
    assert client.answer(client.get("/fine")).status == 200
    assert [request.target for request in shop.requests] == ["/fine"]
    assert [line["status"] for line in here.log(8)].count(200) == 1


def play_connect_is_refused():
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)
    client = here.http2()
    stream = client.begin([(":method", "CONNECT"), (":authority", "internal.example:22")], ends=False)
    assert client.answer(stream).status == 405
    other = ((":method", "CONNECT"), (":protocol", "connect-udp"), (":scheme", "http"), (":authority", "a"), (":path", "/"))
    stream = client.begin(other, ends=False)
    assert client.answer(stream).status == 501
    assert client.answer(client.get()).status == 200
    assert len(shop.requests) == 1
