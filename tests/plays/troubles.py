"""Origins that are killed, frozen and restarted while clients keep coming."""

import itertools
import resource
import threading

from scene import origin, play, until, weir


class Crowd:
    """Clients that ask without end, each on its own connection, and count what they hear."""

    def __init__(self, here, count=8, target="/"):
        self.here, self.target = here, target
        self.ending = threading.Event()
        self.statuses, self.faults, self.texts = {}, [], {}
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        client = None
        while not self.ending.is_set():
            try:
                client = client or self.here.client(is_traced=False)
                answer = client.get(self.target)
                with self.lock:
                    self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                    self.texts[answer.text[:20]] = self.texts.get(answer.text[:20], 0) + 1
                if answer.header("Connection") == "close":
                    client = None
            except (AssertionError, OSError) as error:
                self.faults.append(f"{type(error).__name__}: {error}")
                client = None

    @property
    def total(self):
        with self.lock:
            return sum(self.statuses.values())

    def more(self, count):
        """Waits until so many more answers have come."""
        wanted = self.total + count
        until(lambda: self.total >= wanted, f"{count} more answers", 30)

    def go(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(15)
        assert not any(thread.is_alive() for thread in self.threads), "a client waits for ever"


def three(settings):
    shops = {name: origin(lambda visit, said=name: visit.answer(200, said), is_traced=False, is_strict=False) for name in "abc"}
    return shops, weir(f"upstream g {{ server @a @b @c; {settings} }}\nsite @front {{ timeout {{ first_byte 500ms }}; proxy g }}", **shops)


@play(seconds=60)
def play_killed_and_restarted_under_load():
    """GETs that a dead server did not answer are answered by another: no client sees anything of it."""
    shops, here = three("retry 2; eject after 2 failures for 300ms")
    crowd = Crowd(here)
    crowd.more(200)
    for _ in range(3):
        for name in "abc":
            shops[name].stop()
            crowd.more(100)
            shops[name].start()
            crowd.more(50)
    crowd.go()
    assert set(crowd.statuses) == {200}, crowd.statuses
    assert not crowd.faults, crowd.faults[:5]


@play(seconds=60)
def play_all_killed_and_restarted():
    """While everything is down each request gets one clear answer at once; afterwards all is as before."""
    shops, here = three("retry 1; eject after 2 failures for 300ms; check tcp every 100ms rise 1 fall 1")
    crowd = Crowd(here)
    crowd.more(100)
    for shop in shops.values():
        shop.stop()
    until(lambda: crowd.statuses.get(503, 0) + crowd.statuses.get(502, 0) >= 100, "the clients are told")
    for shop in shops.values():
        shop.start()
    until(lambda: {here.get("/").status for _ in range(6)} == {200}, "all is well again")
    crowd.statuses.clear()
    crowd.more(200)
    crowd.go()
    assert set(crowd.statuses) == {200}, crowd.statuses
    assert not crowd.faults, crowd.faults[:5]


@play(seconds=60)
def play_frozen_under_load():
    """One server takes requests and says nothing: its requests are given up after their time, the others go on."""
    thaw = threading.Event()
    frozen = threading.Event()

    def reply(visit):
        if frozen.is_set():
            thaw.wait(20)
            return visit.close()
        return visit.answer(200, "a")

    a = origin(reply, is_traced=False, is_strict=False)
    b = origin(lambda visit: visit.answer(200, "b"), is_traced=False)
    text = "upstream g { server @a @b; eject after 2 failures for 2s; retry 1 }\nsite @front { timeout { first_byte 300ms }; proxy g }"
    here = weir(text, a=a, b=b)
    crowd = Crowd(here)
    crowd.more(100)
    frozen.set()
    crowd.more(500)
    crowd.go()
    thaw.set()
    assert set(crowd.statuses) <= {200, 504}, crowd.statuses
    assert crowd.statuses.get(504, 0) <= 40, crowd.statuses
    assert not crowd.faults, crowd.faults[:5]


@play(seconds=60)
def play_origins_that_break_in_every_way_under_load():
    """Answers cut, reset, garbled and late, at random: every client gets an answer or an aborted one, nothing leaks, Weir lives."""
    ways = itertools.cycle(range(8))

    def reply(visit):
        way = next(ways)
        if way == 0:
            return visit.close()
        if way == 1:
            return visit.reset()
        if way == 2:
            visit.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
            return visit.reset()
        if way == 3:
            visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            return visit.close()
        if way == 4:
            visit.send("nonsense\r\n\r\n")
            return visit.close()
        return visit.answer(200, "fine")

    shop = origin(reply, is_traced=False, is_strict=False)
    here = weir("upstream g { server @shop; eject off; retry 1 }\nsite @front { proxy g }", shop=shop)
    crowd = Crowd(here)
    crowd.more(1000)
    crowd.go()
    assert set(crowd.statuses) <= {200, 502}, crowd.statuses
    assert all("Ended" in fault or "Reset" in fault or "Broken" in fault for fault in crowd.faults), crowd.faults[:5]
    until(lambda: here.metrics()["weir_requests_in_flight"] == 0, "nothing is under way")


@play(seconds=60)
def play_clients_that_leave_in_every_way_under_load():
    """Half requests, resets, half-closed ends, while others are served: every descriptor comes back."""
    hold = threading.Event()

    def reply(visit):
        hold.wait(0.002)
        visit.answer(200, "x" * 20000)

    shop = origin(reply, is_traced=False, is_strict=False)
    here = weir("upstream g { server @shop; keep_alive { idle 300ms } }\nsite @front { proxy g }", shop=shop)
    here.get("/")
    before = here.descriptors()
    crowd = Crowd(here, 4)
    for number in range(400):
        client = here.client(is_traced=False)
        try:
            head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"[: 5 + number % 25]
            client.send(head if number % 3 else "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nxx")
            if number % 5 == 0:
                client.half_close()
        except AssertionError:
            pass
        if number % 2:
            client.reset()
        else:
            client.close()
    crowd.go()
    assert set(crowd.statuses) == {200} and not crowd.faults, (crowd.statuses, crowd.faults[:5])
    until(lambda: here.descriptors() <= before + 8, f"descriptors come back: {here.descriptors()}, {before} before")


@play(seconds=60, alone=True)
def play_out_of_descriptors():
    """Weir pauses and says so, does not spin, and goes on when some are free again."""
    shop = origin(is_traced=False)
    here = weir("workers 1\nlimits { connections_per_client 10000 }\nsite @front { proxy @shop }", shop=shop)
    resource.prlimit(here.pid, resource.RLIMIT_NOFILE, (64, 64))
    crowd = [here.client(is_traced=False) for _ in range(100)]
    until(lambda: "descriptors" in here.stderr(), "it says so in the error log")
    spent = cpu_seconds(here)
    threading.Event().wait(1.0)
    assert cpu_seconds(here) - spent < 0.3, "it spins"
    assert here.stderr().count("descriptors") < 5, "it floods the log"
    for client in crowd:
        client.close()
    until(lambda: here.get("/").status == 200, "it serves again")


def cpu_seconds(here):
    with open(f"/proc/{here.pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / 100
