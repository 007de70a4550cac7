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


def unread(client):
    return struct.unpack("i", fcntl.ioctl(client.sock, termios.FIONREAD, b"\0\0\0\0"))[0]


@play(seconds=60)
def play_an_urgent_answer_overtakes_a_large_one():
    shop = origin(lambda visit: visit.answer(200, bytes(LARGE if visit.request.target == "/large" else 10)), is_traced=False)
    here = weir("workers 1\nsite @front { proxy @shop }", shop=shop)
    client = Http2Client(here.at(), setting(INITIAL_WINDOW_SIZE, WINDOW_MAX), opens_windows=False, is_traced=False)
    client.send(frame(WINDOW_UPDATE, 0, 0, number(WINDOW_MAX - 65535)))
    client.settle()
    large = client.get("/large", ("priority", "u=6"))
    while not client.answers[large].body:
        client.frame()
    # The client reads no more. Once nothing comes to it while the worker serves others, all on the way is full.
    other, before = here.client(), -1
    while unread(client) != before:
        before = unread(client)
        for _ in range(20):
            assert other.get("/").status == 200
    urgent = client.get("/urgent", ("priority", "u=0"))
    while not client.answers[urgent].is_whole:
        client.frame()
    ahead = len(client.answers[large].body)
    assert ahead < AHEAD_MAX, f"{ahead} octets came before it"
