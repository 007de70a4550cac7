"""What a client may cost, each limit by its name."""

import threading

from scene import Failed, Reset, Silence, more_than_kernel_holds, origin, play, rows, until, weir

H = "Host: a\r\n"


def with_limits(limits, **options):
    shop = origin(**options)
    return shop, weir(f"limits {{ {limits} }}\nsite @front {{ proxy @shop }}", shop=shop)


def ask_raw(here, octets):
    client = here.client(is_traced=False)
    try:
        client.send(octets)
    except Reset:
        pass
    return client, client.answer()


def play_heads():
    shop, here = with_limits("request_line 256B; header_count 10; header_bytes 1KiB")

    def ask(_, octets, status):
        before = len(shop.requests)
        client, answer = ask_raw(here, octets)
        assert answer.status == status, f"answered {answer.status}"
        if status == 200:
            return
        assert answer.header("Connection") == "close"
        assert len(shop.requests) == before
        try:
            client.ends()
        except Reset:
            pass

    def line(length):
        return "GET /" + "a" * (length - len("GET / HTTP/1.1\r\n")) + f" HTTP/1.1\r\n{H}\r\n"

    rows(
        [
            ("a request line that just fits", line(256), 200),
            ("a longer one", line(300), 414),
            ("a much longer one", line(100_000), 414),
            ("ten fields", f"GET / HTTP/1.1\r\n{H}" + "X-A: 1\r\n" * 9 + "\r\n", 200),
            ("eleven fields", f"GET / HTTP/1.1\r\n{H}" + "X-A: 1\r\n" * 10 + "\r\n", 431),
            ("a head that fits", f"GET / HTTP/1.1\r\n{H}X-A: {'a' * 900}\r\n\r\n", 200),
            ("a larger one", f"GET / HTTP/1.1\r\n{H}X-A: {'a' * 1100}\r\n\r\n", 431),
            ("a much larger one", f"GET / HTTP/1.1\r\n{H}X-A: {'a' * 200_000}\r\n\r\n", 431),
        ],
        ask,
    )


def play_default_limits_of_heads():
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)
    assert ask_raw(here, f"GET /{'a' * 8000} HTTP/1.1\r\n{H}\r\n")[1].status == 200
    assert ask_raw(here, f"GET /{'a' * 9000} HTTP/1.1\r\n{H}\r\n")[1].status == 414
    assert ask_raw(here, f"GET / HTTP/1.1\r\n{H}" + "X-A: 1\r\n" * 99 + "\r\n")[1].status == 200
    assert ask_raw(here, f"GET / HTTP/1.1\r\n{H}" + "X-A: 1\r\n" * 100 + "\r\n")[1].status == 431
    assert ask_raw(here, f"GET / HTTP/1.1\r\n{H}" + f"X-A: {'b' * 7000}\r\n" * 4 + "\r\n")[1].status == 200
    assert ask_raw(here, f"GET / HTTP/1.1\r\n{H}" + f"X-A: {'b' * 7000}\r\n" * 5 + "\r\n")[1].status == 431


def play_bodies():
    """With a length it is refused before an octet travels; in chunks, when it has grown too large."""
    shop = origin(is_strict=False)
    here = weir("site @front { body max 1KiB; route /large/* { body max 1MiB; proxy @shop }; route /* { proxy @shop } }", shop=shop)

    def ask(_, target, framing, body, status):
        before = len(shop.requests)
        client = here.client(is_traced=False)
        client.say(f"POST {target} HTTP/1.1", "Host: a", framing)
        try:
            client.send(body)
        except Reset:
            pass
        answer = client.answer()
        assert answer.status == status, f"answered {answer.status}"
        if status == 413:
            assert len(shop.requests) == before, "the origin took it for whole"

    def in_chunks(size):
        return b"100\r\n" + b"x" * 256 + b"\r\n" + b"%x\r\n" % (size - 256) + b"x" * (size - 256) + b"\r\n0\r\n\r\n"

    rows(
        [
            ("a length that fits", "/", "Content-Length: 1024", b"x" * 1024, 200),
            ("a length that does not", "/", "Content-Length: 1025", b"x" * 1025, 413),
            ("a length that is only announced", "/", "Content-Length: 99999999999", b"", 413),
            ("chunks that fit", "/", "Transfer-Encoding: chunked", in_chunks(1024), 200),
            ("chunks that do not", "/", "Transfer-Encoding: chunked", in_chunks(1025), 413),
            ("a route of its own", "/large/a", "Content-Length: 2000", b"x" * 2000, 200),
            ("beyond that", "/large/a", "Content-Length: 1048577", b"", 413),
        ],
        ask,
    )


def play_expect_100_meets_the_body_limit_first():
    shop = origin()
    client = weir("site @front { body max 10B; proxy @shop }", shop=shop).client()
    client.say("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 11")
    assert client.answer().status == 413
    assert not shop.requests


def play_a_head_that_trickles():
    """Slowloris: an octet now and then earns nothing; a head that makes progress is let through."""
    _, here = with_limits("header_time 400ms rate 100B/s max 1s")
    slow = here.client()
    slow.send("GET / HTTP/1.1\r\n")
    answer = slow.answer()
    assert answer.status == 408
    slow.is_cut()
    trickling = here.client()
    pause = threading.Event()
    try:
        for octet in "GET / HTTP/1.1\r\nHost: a\r\n" + "X-A: b\r\n" * 1000:
            trickling.send(octet)
            pause.wait(0.02)
    except Reset:
        pass
    assert trickling.is_cut(2)


def play_a_head_in_honest_pieces():
    """Longer than the time, but fast enough: what came has earned it."""
    _, here = with_limits("header_time 300ms rate 100B/s max 10s; header_bytes 64KiB")
    client = here.client()
    pause = threading.Event()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n")
    for _ in range(8):
        client.send("X-A: " + "b" * 95 + "\r\n")
        pause.wait(0.1)
    client.send("\r\n")
    assert client.answer().status == 200


def play_a_body_that_trickles():
    """Below the floor after the grace it is cut with 408; above it may take as long as it likes."""
    shop, here = with_limits("body_rate 1KiB/s after 1s", is_strict=False)
    client = here.client()
    client.say("POST / HTTP/1.1", "Host: a", "Content-Length: 100000")
    pause = threading.Event()
    try:
        for _ in range(40):
            client.send("x")
            pause.wait(0.05)
    except (Reset, Failed):
        pass
    try:
        assert client.answer().status == 408
    except Reset:
        pass
    until(lambda: shop.open == 0, "the origin's connection is closed")
    assert not shop.requests
    honest = here.client(is_traced=False)
    honest.say("POST / HTTP/1.1", "Host: a", "Content-Length: 20000")
    for _ in range(20):
        honest.send("x" * 1000)
        pause.wait(0.05)
    assert honest.answer().status == 200


@play(seconds=90)
def play_no_floor_while_weir_does_not_read():
    """Time in which the origin takes nothing is not the client's slowness: it would be more than all of the body earns."""
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold, seconds=60)
        visit.answer(200, str(sum(len(part) for part in visit.parts())))

    shop = origin(reply, reads_body=False, is_traced=False)
    here = weir("limits { body_rate 64MiB/s after 2s }\nsite @front { proxy @shop }", shop=shop)
    client = here.client(is_traced=False, seconds=60)
    size = 32 << 20
    client.say("POST / HTTP/1.1", "Host: a", f"Content-Length: {size}")
    thread = threading.Thread(target=lambda: client.sock.sendall(b"x" * size), daemon=True)
    thread.start()
    assert client.is_silent(3.0)
    hold.set()
    thread.join(60)
    assert client.answer().text == str(size)


def play_a_reader_that_takes_nothing():
    """send_stall: a client that has stopped reading is gone, and so is what was kept for it."""

    total = more_than_kernel_holds()

    def reply(visit):
        visit.send(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n")
        try:
            for _ in range(total >> 20):
                visit.wire.sock.sendall(b"x" * (1 << 20))
        except OSError:
            visit.house.departures += 1
            visit.goes_on = False

    shop = origin(reply, is_traced=False)
    here = weir("limits { send_stall 400ms }\nsite @front { proxy @shop }", shop=shop)
    client = here.client(is_traced=False)
    client.say("GET / HTTP/1.1", "Host: a")
    client.head()
    until(lambda: shop.departures == 1, "Weir gives up and lets the origin go")
    assert client.is_cut()


def play_idle_connections_are_closed():
    _, here = with_limits("keep_alive 300ms")
    client = here.client()
    assert client.get("/").status == 200
    client.ends(3)


def play_requests_per_connection():
    _, here = with_limits("requests 3")
    client = here.client()
    assert not client.get("/").has("Connection")
    assert not client.get("/").has("Connection")
    assert client.get("/").header("Connection") == "close"
    client.ends()


def is_served(here, **options):
    """Does a new connection get an answer?"""
    try:
        return here.client(**options).get("/").status == 200
    except (Failed, OSError):
        return False


def insider(here):
    """A client that has a place, or None: the connection that asked whether Weir listens may still hold one."""
    client = here.client()
    try:
        return client if client.get("/").status == 200 else None
    except (Failed, OSError):
        return None


def insiders(here, count):
    return [until(lambda: insider(here), "there is a place for each") for _ in range(count)]


def play_connections_of_all_clients():
    _, here = with_limits("connections 5; connections_per_client 100")
    inside = insiders(here, 5)
    assert not is_served(here), "a sixth connection was served"
    inside.pop().close()
    until(lambda: is_served(here), "a place is free again")


def play_connections_of_one_client():
    """Another address is not concerned."""
    _, here = with_limits("connections_per_client 3")
    inside = insiders(here, 3)
    assert not is_served(here), "a fourth connection was served"
    assert is_served(here, source="127.0.0.2")
    inside.pop().close()
    until(lambda: is_served(here), "a place is free again")


def play_a_half_closed_client_waits_within_its_grace():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, "late")

    shop = origin(reply)
    here = weir("limits { half_close 300ms }\nsite @front { proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    client.half_close()
    assert client.is_cut(5)
    hold.set()
    until(lambda: shop.open == 0, "the origin's connection is closed")


def play_no_octet_no_408():
    """A connection that never says anything is closed without an answer."""
    _, here = with_limits("header_time 300ms rate 100B/s max 300ms; keep_alive 300ms")
    client = here.client()
    try:
        client.ends(5)
    except Silence as error:
        raise Failed("a silent connection is kept") from error
