"""The end of a connection of HTTP/2: drain, reload, limits. What was begun is finished, what was not looked at may be asked elsewhere,
nothing is lost."""

import signal
import threading

from scene import origin, play, until, weir
from scene.http2 import NO_ERROR

ALL = 0x7FFFFFFF  # a last stream that refuses nothing


class Held:
    """An origin that answers /held when the play says so, everything else at once."""

    def __init__(self):
        self.go_on = threading.Event()
        self.shop = origin(self.reply)

    def reply(self, visit):
        if visit.request.target == "/held":
            visit.wait(self.go_on, 30)
        return visit.answer(200, visit.request.target)


def play_a_drain_says_goodbye_in_two_steps():
    """First a GOAWAY that refuses nothing, then one that names the last stream; both before the reply that is under way."""
    held = Held()
    here = weir("workers 1\nsite @front { proxy @shop }", shop=held.shop)
    client = here.http2()
    stream = client.get("/held")
    held.shop.saw(1)
    here.signal(signal.SIGTERM)
    while not client.goaways:
        client.frame()
    assert client.goaways == [(ALL, NO_ERROR)]
    late = client.get("/late")
    assert client.answer(late).body == b"/late", "what was on its way is served"
    while len(client.goaways) < 2:
        client.frame()
    assert client.goaways[1][0] in (stream, late) and client.goaways[1][1] == NO_ERROR
    held.go_on.set()
    assert client.answer(stream).body == b"/held"
    client.ends()
    assert here.ended() == 0


def play_idle_connections_are_told_when_it_drains():
    here = weir("workers 1\nsite @front { respond 200 hello }")
    client = here.http2()
    stream = client.get()
    assert client.answer(stream).body == b"hello"
    here.signal(signal.SIGTERM)
    assert client.farewell() == NO_ERROR
    assert client.goaways[-1][0] == stream
    assert here.ended() == 0


def play_a_reload_keeps_connections():
    """Streams under way finish on the configuration that they began with, new ones of the same connection begin on the new one."""
    held = Held()
    here = weir("site @front { proxy @shop }", shop=held.shop)
    client = here.http2()
    stream = client.get("/held")
    held.shop.saw(1)
    status, out, err = here.reload("site @front { respond 200 new }")
    assert status == 0, out + err
    assert client.answer(client.get("/a")).body == b"new"
    held.go_on.set()
    assert client.answer(stream).body == b"/held"
    assert not client.goaways


def play_a_listener_that_is_gone_says_goodbye():
    held = Held()
    here = weir("site @front { proxy @shop }\nsite @other { respond 200 other }", shop=held.shop)
    client = here.http2()
    stream = client.get("/held")
    held.shop.saw(1)
    status, out, err = here.reload("site @other { respond 200 other }")
    assert status == 0, out + err
    held.go_on.set()
    assert client.answer(stream).body == b"/held"
    assert client.farewell() == NO_ERROR


def play_a_connection_has_so_many_requests():
    """`requests` counts over all streams; the client goes on with another connection, and nothing is asked in vain."""
    here = weir("workers 1\nlimits { requests 10 }\nsite @front { respond 200 hello }")
    served = 0
    while served < 35:
        client = here.http2()
        while not client.goaways:
            stream = client.get()
            while not (client.answers[stream].is_whole or client.goaways):
                client.frame()
            if client.goaways and stream > client.goaways[-1][0]:
                break
            assert client.answer(stream).body == b"hello"
            served += 1
        assert client.farewell() == NO_ERROR
    until(lambda: here.log_count() == served, "one line for each that was answered")


@play(seconds=60)
def play_nothing_is_lost_while_it_drains():
    """Clients that ask without a pause while Weir is told to end: each request is answered, or is above the last stream."""
    here = weir("site @front { proxy @shop }", shop=origin(is_traced=False))
    lost, answered = [], [0]

    def ask_on():
        client = here.http2(is_traced=False)
        try:
            while not client.goaways:
                streams = [client.get() for _ in range(5)]
                for stream in streams:
                    client.answer(stream)
                    answered[0] += 1
        except AssertionError:
            pass
        last = client.goaways[-1][0] if client.goaways else 0
        lost.extend(key for key, one in client.answers.items() if key <= last and not one.is_whole)

    threads = [threading.Thread(target=ask_on) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: answered[0] > 200, "they are at it")
    here.signal(signal.SIGTERM)
    for thread in threads:
        thread.join(20)
    assert not lost, lost
    assert here.ended() == 0
