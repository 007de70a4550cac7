"""Which server gets which request."""

import threading
from collections import Counter

from scene import origin, rows, until, weir


def named(name):
    return origin(lambda visit: visit.answer(200, name))


def three(settings, servers="server @a @b @c", workers=1):
    shops = {name: named(name) for name in "abc"}
    text = f"workers {workers}\nupstream g {{ {servers}; {settings} }}\nsite @front {{ proxy g }}"
    return shops, weir(text, **shops)


def counted(here, count, *lines, client=None, targets=lambda number: "/"):
    client = client or here.client(is_traced=False)
    return Counter(client.get(targets(number), *lines).text for number in range(count))


def play_round_robin_is_even_and_smooth():
    _, here = three("balance round_robin")
    client = here.client()
    said = [client.get("/").text for _ in range(30)]
    assert Counter(said) == {"a": 10, "b": 10, "c": 10}
    assert all(sorted(said[at : at + 3]) == ["a", "b", "c"] for at in range(0, 30, 3))


def play_weights():
    """5:3:2, and the heavy one is not served in a row."""
    _, here = three("balance round_robin", "server @a weight 5; server @b weight 3; server @c weight 2")
    client = here.client()
    said = [client.get("/").text for _ in range(100)]
    assert Counter(said) == {"a": 50, "b": 30, "c": 20}
    assert "aaa" not in "".join(said)


def play_several_workers_stay_even():
    _, here = three("balance round_robin", workers=2)
    total = Counter()
    for _ in range(6):
        total += counted(here, 50)
    assert all(80 <= count <= 120 for count in total.values()), total


def play_random_of_two():
    _, here = three("balance random")
    counts = counted(here, 300)
    assert all(60 <= counts[name] <= 140 for name in "abc"), counts


def play_least_connections():
    """The one that is slow gets no more while it is busy."""
    hold = threading.Event()
    slow = origin(lambda visit: (visit.wait(hold), visit.answer(200, "slow"))[1] and None)
    quick = named("quick")
    here = weir("workers 1\nupstream g { server @slow @quick; balance least_connections }\nsite @front { proxy g }", slow=slow, quick=quick)
    for number in range(1, 10):
        client = here.client()
        client.say("GET / HTTP/1.1", "Host: a")
        until(lambda wanted=number: len(slow.requests) + len(quick.requests) == wanted, "one of them is asked")
        if slow.requests:
            break
        client.answer()
    client = here.client()
    assert [client.get("/").text for _ in range(20)] == ["quick"] * 20
    hold.set()


def play_hash():
    """The same key meets the same server; the keys are spread over all."""

    def ask(_, balance, lines, targets):
        _, here = three(f"balance {balance}")
        met = {}
        for key in range(30):
            client = here.client(is_traced=False)
            answers = {client.get(targets.format(key), *(line.format(key) for line in lines)).text for _ in range(4)}
            assert len(answers) == 1, f"key {key} met {answers}"
            met[key] = answers.pop()
        assert len(set(met.values())) == 3, met

    rows(
        [
            ("header", "hash header X-User", ("X-User: user{}",), "/"),
            ("cookie", "hash cookie sid", ("Cookie: a=b; sid=s{}",), "/"),
            ("path", "hash path", (), "/p/{}?x=1"),
            ("template", "hash $query{{user}}".replace("{{", "{").replace("}}", "}"), (), "/?user={}"),
        ],
        ask,
    )


def play_hash_by_client():
    _, here = three("balance hash client_ip")
    met = {}
    for last in range(1, 31):
        answers = {here.client(source=f"127.0.1.{last}", is_traced=False).get("/").text for _ in range(3)}
        assert len(answers) == 1
        met[last] = answers.pop()
    assert len(set(met.values())) == 3


def play_hash_moves_few_keys_when_a_server_goes():
    shops, here = three("balance hash header X-User; eject after 1 failures for 1m max 100%; retry 1")
    client = here.client(is_traced=False)
    before = {key: client.get("/", f"X-User: {key}").text for key in range(60)}
    shops["b"].stop()
    after = {key: client.get("/", f"X-User: {key}").text for key in range(60)}
    moved = [key for key in before if before[key] != after[key] and before[key] != "b"]
    assert "b" not in after.values()
    assert len(moved) <= 6, f"{len(moved)} keys of other servers have moved"


def play_backups():
    """Only while no other server can."""
    shops, here = three("retry 2; eject after 1 failures for 300ms max 100%", "server @a @b; server @c backup")
    assert counted(here, 20)["c"] == 0
    shops["a"].stop(), shops["b"].stop()
    assert counted(here, 20) == {"c": 20}
    shops["a"].start()
    until(lambda: here.get("/").text == "a", "the first one serves again")


def play_max_connections_and_queue():
    """A server takes two at a time; others wait their turn, a few of them, for a while."""
    hold = threading.Semaphore(0)
    shop = origin(lambda visit: (hold.acquire(), visit.answer(200, "done"))[1] and None)
    text = "workers 1\nupstream g { server @shop max_connections 2; queue 3 for 5s }\nsite @front { proxy g }"
    here = weir(text, shop=shop)
    clients = [here.client() for _ in range(5)]
    for client in clients:
        client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(2)
    refused = here.client()
    assert refused.get("/").status == 503, "a sixth one found a place"
    assert len(shop.requests) == 2
    for _ in range(5):
        hold.release()
    assert [client.answer().status for client in clients] == [200] * 5
    assert sum(value for key, value in here.metrics().items() if key.startswith("weir_upstream_queue_waits_total")) == 3


def play_waiting_ends():
    hold = threading.Event()
    shop = origin(lambda visit: (visit.wait(hold), visit.answer(200))[1] and None)
    here = weir("workers 1\nupstream g { server @shop max_connections 1; queue 3 for 300ms }\nsite @front { proxy g }", shop=shop)
    first = here.client()
    first.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    answer = here.get("/")
    assert answer.status == 503
    assert here.metrics()["weir_upstream_queue_waits_total"] == 1, "it waited, though in vain"
    hold.set()
    assert first.answer().status == 200
    assert here.get("/").status == 200


def play_one_who_leaves_the_queue_makes_room():
    hold = threading.Event()
    shop = origin(lambda visit: (visit.wait(hold), visit.answer(200))[1] and None)
    here = weir("workers 1\nupstream g { server @shop max_connections 1; queue 1 for 10s }\nsite @front { proxy g }", shop=shop)
    first, second, third = here.client(), here.client(), here.client()
    first.say("GET / HTTP/1.1", "Host: a")
    shop.saw(1)
    second.say("GET / HTTP/1.1", "Host: a")
    assert second.is_silent()
    second.close()

    def takes_its_place():
        third = here.client()
        third.say("GET / HTTP/1.1", "Host: a")
        return third if third.is_silent() else None

    third = until(takes_its_place, "its place is free")
    hold.set()
    assert first.answer().status == 200 and third.answer().status == 200
