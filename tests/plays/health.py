"""Who is well: checks, ejection, and what holds when nobody is."""

import threading

from scene import origin, until, weir


class Patient:
    """An origin whose health the play decides."""

    def __init__(self, name):
        self.name = name
        self.is_well = True
        self.checks = 0
        self.origin = origin(self.reply)

    def reply(self, visit):
        if visit.request.target == "/healthz":
            self.checks += 1
            self.last_check = visit.request
            return visit.answer(200 if self.is_well else 500, "well" if self.is_well else "ill")
        return visit.answer(200 if self.is_well else 500, self.name)


def said_by(here, count=10):
    client = here.client(is_traced=False)
    return {client.get("/").text for _ in range(count)}


def checked(settings="check GET /healthz every 100ms timeout 1s rise 2 fall 2", extra=""):
    a, b = Patient("a"), Patient("b")
    here = weir(f"upstream g {{ server @a @b; {settings}; {extra} }}\nsite @front {{ proxy g }}", a=a.origin, b=b.origin)
    return a, b, here


def play_http_checks():
    a, b, here = checked(extra="eject off")
    until(lambda: a.checks >= 3 and b.checks >= 3, "both are asked again and again")
    assert said_by(here) == {"a", "b"}
    a.is_well = False
    until(lambda: said_by(here) == {"b"}, "the ill one is left out")
    a.is_well = True
    until(lambda: said_by(here) == {"a", "b"}, "the healed one is back")


def play_checks_are_made_once_for_the_process():
    """Not once for each worker: two workers, one question a turn."""
    a = Patient("a")
    weir("workers 4\nupstream g { server @a; check GET /healthz every 200ms }\nsite @front { proxy g }", a=a.origin)
    until(lambda: a.checks >= 2, "it is asked")
    before = a.checks
    threading.Event().wait(1.0)
    assert 3 <= a.checks - before <= 8, f"{a.checks - before} checks in a second, every 200ms"


def play_what_a_check_asks():
    a = Patient("a")
    weir("upstream g { server @a; check HEAD /healthz every 100ms expect 200 host app.internal }\nsite @front { proxy g }", a=a.origin)
    until(lambda: a.checks >= 1, "it is asked")
    assert a.last_check.method == "HEAD" and a.last_check.header("Host") == "app.internal"


def play_a_check_that_hangs_is_a_bad_one():
    hold = threading.Event()

    def reply(visit):
        if visit.request.target == "/healthz":
            visit.wait(hold)
        visit.answer(200, "a")

    a, b = origin(reply), Patient("b")
    text = "upstream g { server @a @b; check GET /healthz every 100ms timeout 200ms rise 1 fall 2; eject off }\nsite @front { proxy g }"
    here = weir(text, a=a, b=b.origin)
    until(lambda: said_by(here) == {"b"}, "the one that hangs is left out")
    hold.set()
    until(lambda: said_by(here) == {"a", "b"}, "it is back")


def play_tcp_checks():
    a, b = Patient("a"), Patient("b")
    text = "upstream g { server @a @b; check tcp every 100ms rise 1 fall 2; eject off; retry 0 }\nsite @front { proxy g }"
    here = weir(text, a=a.origin, b=b.origin)
    a.origin.stop()
    until(lambda: {here.get("/").status for _ in range(6)} == {200}, "the dead one is left out")
    a.origin.start()
    until(lambda: said_by(here) == {"a", "b"}, "it is back")


def play_all_down_is_one_clear_503():
    a, b, here = checked(extra="eject off")
    a.is_well = b.is_well = False
    until(lambda: here.get("/").status == 503, "nobody is left")
    assert here.get("/").has("Retry-After")
    a.is_well = True
    until(lambda: here.get("/").status == 200, "the first that is well serves at once")


def play_ejection_after_failures_in_a_row():
    a, b = origin(lambda visit: visit.close()), Patient("b")
    text = "workers 1\nupstream g { server @a @b; eject after 3 failures for 400ms; retry 1 }\nsite @front { proxy g }"
    here = weir(text, a=a, b=b.origin)
    client = here.client(is_traced=False)
    assert {client.get("/").text for _ in range(20)} == {"b"}
    assert len(a.requests) == 3, f"it was tried {len(a.requests)} times"
    until(lambda: client.get("/").status == 200 and len(a.requests) > 3, "it gets another chance")


def play_ejection_time_grows():
    """A second ejection lasts longer than the first."""
    a, b = origin(lambda visit: visit.close()), Patient("b")
    text = "workers 1\nupstream g { server @a @b; eject after 1 failures for 200ms; retry 1 }\nsite @front { proxy g }"
    here = weir(text, a=a, b=b.origin)
    client = here.client(is_traced=False)
    times = []
    for number in range(1, 5):
        until(lambda wanted=number: client.get("/").status == 200 and len(a.requests) >= wanted, f"try {number}")
        times.append(here.log_count())
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert len(a.requests) == 4 and gaps[2] > gaps[0], f"requests between tries: {gaps}"


def play_never_more_than_a_share_is_ejected():
    ill = {name: origin(lambda visit: visit.close()) for name in ("a", "b", "c")}
    well = Patient("d")
    text = "workers 1\nupstream g { server @a @b @c @d; eject after 1 failures for 1m max 50%; retry 3 }\nsite @front { proxy g }"
    here = weir(text, d=well.origin, **ill)
    client = here.client(is_traced=False)
    assert {client.get("/").text for _ in range(40)} == {"d"}
    counts = sorted(len(one.requests) for one in ill.values())
    assert counts[0] == counts[1] == 1 and counts[2] > 5, f"tries of the ill ones: {counts}"


def play_who_was_sent_away_is_tried_when_all_others_fail():
    """Of two ill servers one is out for a minute. It is the one that gets well: nobody waits for that minute."""
    well = set()

    def server(name):
        return origin(lambda visit: visit.answer(200, name) if name in well else visit.close())

    text = "workers 1\nupstream g { server @a @b; eject after 1 failures for 1m; retry 1 }\nsite @front { proxy g }"
    servers = {name: server(name) for name in ("a", "b")}
    here = weir(text, **servers)
    client = here.client(is_traced=False)
    assert client.get("/").status == 502
    out = [key for key, value in here.metrics().items() if key.startswith("weir_upstream_ejections_total") and value == 1]
    assert len(out) == 1, out
    name = next(name for name, one in servers.items() if f':{one.port}"' in out[0])
    well.add(name)
    said = [client.get("/") for _ in range(5)]
    assert [answer.text for answer in said] == [name] * 5


def play_the_only_server_is_never_ejected():
    calls = []

    def reply(visit):
        calls.append(1)
        if len(calls) <= 10:
            return visit.close()
        return visit.answer(200, "at last")

    shop = origin(reply)
    here = weir("workers 1\nupstream g { server @shop; eject after 1 failures for 1m; retry 0 }\nsite @front { proxy g }", shop=shop)
    client = here.client()
    said = [client.get("/").status for _ in range(11)]
    assert said == [502] * 10 + [200], said


def play_an_error_of_the_origin_is_no_failure_of_its_connection():
    """A 500 is relayed as it is; a 503 too."""
    shop = origin("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy")
    answer = weir("site @front { proxy @shop }", shop=shop).get("/")
    assert answer.status == 503 and answer.text == "busy" and answer.header("Retry-After") == "7"
