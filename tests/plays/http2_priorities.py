"""What is urgent overtakes what is large, though the large one came first and its client takes it slowly: little of it waits in the
system, where nothing is overtaken any more."""

import fcntl
import struct
import termios

from scene import origin, play, weir
from scene.http2 import INITIAL_WINDOW_SIZE, WINDOW_UPDATE, Http2Client, frame, number, setting

WINDOW_MAX = 2**31 - 1
LARGE = 16 * 1024 * 1024
AHEAD_MAX = 1024 * 1024  # without a bound the system takes four MiB


def octets_in(sock, queue):
    return struct.unpack("i", fcntl.ioctl(sock, queue, b"\0\0\0\0"))[0]


def waiting(client, shop):
    """What came and is not read; what the origin has sent and Weir does not take."""
    return octets_in(client.sock, termios.FIONREAD), sum(octets_in(wire.sock, termios.TIOCOUTQ) for wire in list(shop.wires))


def serve(client, count):
    for _ in range(count):
        assert client.get("/").status == 200


@play(seconds=60)
def play_an_urgent_answer_overtakes_a_large_one():
    shop = origin(lambda visit: visit.answer(200, bytes(LARGE if visit.request.target == "/large" else 10)), is_traced=False)
    here = weir("workers 1\nsite @front { route /urgent { respond 200 now }; route /* { proxy @shop } }", shop=shop)
    client = Http2Client(here.at(), setting(INITIAL_WINDOW_SIZE, WINDOW_MAX), opens_windows=False, is_traced=False)
    client.send(frame(WINDOW_UPDATE, 0, 0, number(WINDOW_MAX - 65535)))
    client.settle()
    large = client.get("/large", ("priority", "u=6"))
    while not client.answers[large].body:
        client.frame()
    # The client reads no more. Once Weir takes no more of it while it serves others, all on the way is full.
    other, before = here.client(), (0, 0)
    while (now := waiting(client, shop)) != before or not all(now):
        before = now
        serve(other, 20)
    urgent = client.get("/urgent", ("priority", "u=0"))
    serve(other, 2)  # the worker has seen it before the client reads on
    while not client.answers[urgent].is_whole:
        client.frame()
    ahead = len(client.answers[large].body)
    assert ahead < AHEAD_MAX, f"{ahead} octets came before it"
