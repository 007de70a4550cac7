"""Bodies that flow: as they come, in bounded memory, at the pace of whoever is slowest."""

import threading
import time

from scene import Failed, Reset, came_to_rest, more_than_kernel_holds, origin, play, room_kib, until, weir

CONFIG = "site @front { proxy @shop }"
GIB = 1 << 30
BLOCK = b"0123456789abcdef" * 16384


def play_server_sent_events_arrive_one_by_one():
    """Each event is with the client before the origin makes the next."""
    heard = threading.Semaphore(0)

    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(20):
            event = f"data: {number}\n\n"
            visit.send(f"{len(event):x}\r\n{event}\r\n")
            heard.acquire()
        visit.send("0\r\n\r\n")

    client = weir(CONFIG, shop=origin(reply)).client()
    client.say("GET /events HTTP/1.1", "Host: a", "Accept: text/event-stream")
    answer = client.head()
    assert answer.header("Content-Type") == "text/event-stream"
    came = []
    for part in client.parts(answer):
        came.append(part)
        heard.release()
    assert came == [f"data: {number}\n\n".encode() for number in range(20)]


def play_a_head_comes_before_its_body():
    hold = threading.Event()

    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        visit.wait(hold)
        visit.send("hello")

    client = weir(CONFIG, shop=origin(reply)).client()
    client.say("GET / HTTP/1.1", "Host: a")
    answer = client.head()
    hold.set()
    assert b"".join(client.parts(answer)) == b"hello"


def play_long_polling():
    """Nothing for a while, then an answer: no time but the origin's own counts."""
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, "news")

    here = weir(CONFIG, shop=origin(reply))
    clients = [here.client() for _ in range(50)]
    for client in clients:
        client.say("GET /poll HTTP/1.1", "Host: a")
    assert clients[0].is_silent(0.5)
    hold.set()
    for client in clients:
        assert client.answer().body == b"news"


def play_an_upload_reaches_the_origin_as_it_comes():
    seen = threading.Semaphore(0)

    def reply(visit):
        for _ in visit.parts():
            seen.release()
        visit.answer(200, "got it")

    client = weir(CONFIG, shop=origin(reply, reads_body=False)).client()
    client.say("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
    for number in range(10):
        client.send(f"4\r\np{number:03}\r\n")
        assert seen.acquire(timeout=5), f"part {number} did not arrive while the upload goes on"
    client.send("0\r\n\r\n")
    assert client.answer().body == b"got it"


def echo_while_it_comes(visit):
    visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for part in visit.parts():
        visit.send(b"%x\r\n%s\r\n" % (len(part), part))
    visit.send("0\r\n\r\n")


def play_both_directions_at_once():
    """An origin that answers while it reads: neither side waits for the end of the other."""
    client = weir(CONFIG, shop=origin(echo_while_it_comes, reads_body=False)).client()
    client.say("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
    client.send("3\r\none\r\n")
    answer = client.head()
    parts = client.parts(answer)
    assert next(parts) == b"one"
    for word in (b"two", b"three", b"four"):
        client.send(b"%x\r\n%s\r\n" % (len(word), word))
        assert next(parts) == word
    client.send("0\r\n\r\n")
    assert list(parts) == []


@play(seconds=120, alone=True)
def play_one_gibibyte_down():
    """A download of 1 GiB holds a few hundred KiB."""

    def reply(visit):
        visit.wire.sock.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {GIB}\r\n\r\n".encode())
        for _ in range(GIB // len(BLOCK)):
            visit.wire.sock.sendall(BLOCK)

    here = weir(CONFIG, shop=origin(reply, is_traced=False))
    before = here.memory_kib()
    client = here.client(is_traced=False)
    client.say("GET / HTTP/1.1", "Host: a")
    answer = client.head()
    assert drained(client, answer.length) == GIB
    grown = here.memory_kib("VmHWM") - before
    assert grown < room_kib(4096), f"{grown} KiB more than before"


def drained(client, length):
    """Reads so many octets without keeping them."""
    room = bytearray(1 << 20)
    left = length - len(client.pending)
    client.pending.clear()
    while left:
        count = client.sock.recv_into(room)
        if not count:
            return length - left
        left -= count
    return length


@play(seconds=120, alone=True)
def play_one_gibibyte_up():
    """And so does an upload; chunked, to see that the coding costs no memory either."""
    came = [0]

    def reply(visit):
        for part in visit.parts():
            came[0] += len(part)
        visit.answer(200, str(came[0]))

    here = weir(CONFIG, shop=origin(reply, reads_body=False, is_traced=False))
    before = here.memory_kib()
    client = here.client(is_traced=False, seconds=60)
    client.say("PUT / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
    chunk = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK)
    for _ in range(GIB // len(BLOCK)):
        client.sock.sendall(chunk)
    client.send("0\r\n\r\n")
    assert client.answer().text == str(GIB)
    grown = here.memory_kib("VmHWM") - before
    assert grown < room_kib(4096), f"{grown} KiB more than before"


def play_a_slow_reader_throttles_the_origin():
    """What a client does not take is not fetched: the origin is blocked, Weir's memory is not filled."""
    total = more_than_kernel_holds()
    sent = [0]

    def reply(visit):
        visit.wire.sock.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n".encode())
        while sent[0] < total:
            visit.wire.sock.sendall(BLOCK)
            sent[0] += len(BLOCK)

    here = weir(CONFIG, shop=origin(reply, is_traced=False))
    before = here.memory_kib()
    client = here.client(is_traced=False)
    client.say("GET / HTTP/1.1", "Host: a")
    answer = client.head()
    came_to_rest(lambda: sent[0])
    assert sent[0] < total / 2, f"the origin could send {sent[0]} octets to a client that took none"
    assert here.memory_kib() - before < room_kib(4096)
    assert drained(client, answer.length) == total


def play_a_slow_origin_throttles_the_upload():
    hold = threading.Event()
    total = more_than_kernel_holds()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, str(sum(len(part) for part in visit.parts())))

    here = weir(CONFIG, shop=origin(reply, reads_body=False, is_traced=False))
    before = here.memory_kib()
    client = here.client(is_traced=False, seconds=30)
    client.say("PUT / HTTP/1.1", "Host: a", f"Content-Length: {total}")
    sent = [0]

    def upload():
        while sent[0] < total:
            client.sock.sendall(BLOCK)
            sent[0] += len(BLOCK)

    thread = threading.Thread(target=upload, daemon=True)
    thread.start()
    came_to_rest(lambda: sent[0])
    assert sent[0] < total / 2
    assert here.memory_kib() - before < room_kib(4096)
    hold.set()
    thread.join(20)
    assert client.answer().text == str(total)


def play_an_early_answer_reaches_the_client_while_it_uploads():
    """The origin refuses an upload half way; the client hears it at once, and the exchange is cut cleanly."""

    def reply(visit):
        visit.wire.take_some()
        visit.send("HTTP/1.1 413 Too Much\r\nContent-Length: 8\r\nConnection: close\r\n\r\ntoo much")
        visit.is_gone()

    here = weir(CONFIG, shop=origin(reply, reads_body=False))
    client = here.client()
    client.say("PUT / HTTP/1.1", "Host: a", "Content-Length: 10000000")
    client.send(b"x" * 1000)
    answer = client.answer()
    assert answer.status == 413 and answer.body == b"too much"
    assert answer.header("Connection") == "close"
    try:
        client.ends()
    except Reset:
        pass


def play_an_early_answer_to_a_client_that_goes_on_uploading():
    """A client that reads only after it has sent everything still gets the whole answer, not a reset."""

    def reply(visit):
        visit.wire.take_some()
        visit.answer(403, "no thanks", "Connection: close")
        visit.close()

    here = weir(CONFIG, shop=origin(reply, reads_body=False, is_traced=False))
    for _ in range(5):
        client = here.client(is_traced=False)
        client.say("PUT / HTTP/1.1", "Host: a", "Content-Length: 400000")
        try:
            for _ in range(4):
                client.send(b"x" * 100000)
        except Reset:
            pass
        assert client.answer().status == 403


def play_a_client_that_leaves_takes_its_request_along():
    """While the origin still thinks, while it sends, while the client uploads."""

    def reply(visit):
        if visit.request.target == "/body":
            visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\nfirst")
        visit.is_gone()

    shop = origin(reply, reads_body=False)
    here = weir(CONFIG, shop=shop)
    for target, ending in (("/think", "close"), ("/think", "reset"), ("/body", "close"), ("/body", "reset")):
        client = here.client()
        gone = shop.departures
        client.say(f"GET {target} HTTP/1.1", "Host: a")
        shop.saw(gone + 1)
        if target == "/body":
            client.head()
        getattr(client, ending)()
        until(lambda before=gone: shop.departures == before + 1, f"{target} {ending}: the origin's connection is closed", 5)


def play_a_download_that_is_slow_but_honest_lives():
    """A body without a length that takes its time, and no time out meets it."""

    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        pause = threading.Event()
        for _ in range(20):
            visit.send("1\r\nx\r\n")
            pause.wait(0.05)
        visit.send("0\r\n\r\n")

    config = "site @front { timeout { first_byte 500ms; between_bytes 500ms }; proxy @shop }"
    began = time.monotonic()
    assert weir(config, shop=origin(reply)).client().get("/").body == b"x" * 20
    assert time.monotonic() - began > 0.5


def play_silence_within_a_body_aborts_it():
    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        visit.is_gone()

    shop = origin(reply)
    client = weir("site @front { timeout { between_bytes 300ms }; proxy @shop }", shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a")
    try:
        client.answer()
    except Failed:
        until(lambda: shop.open == 0, "the origin's connection is closed")
        return
    raise Failed("a body that was not whole came to a clean end")


def play_a_total_time_ends_everything():
    shop = origin(lambda visit: visit.is_gone())
    client = weir("site @front { timeout 300ms; proxy @shop }", shop=shop).client()
    assert client.get("/").status == 504
    until(lambda: shop.open == 0, "the origin's connection is closed")
    assert len(shop.requests) == 1, "it was tried again after its time was over"


def play_many_bodies_at_once_are_not_mixed():
    def reply(visit):
        mark = visit.request.target[1:].encode()
        visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for size in (1, 1000, 70000, 17, 4096):
            visit.send(b"%x\r\n%s\r\n" % (size, mark * size))
        visit.send("0\r\n\r\n")

    here = weir(CONFIG, shop=origin(reply, is_traced=False))
    clients = {mark: here.client(is_traced=False) for mark in "abcdefghijklmnop"}
    for _ in range(3):
        for mark, client in clients.items():
            client.say(f"GET /{mark} HTTP/1.1", "Host: a")
        for mark, client in clients.items():
            assert client.answer().body == mark.encode() * (1 + 1000 + 70000 + 17 + 4096)
