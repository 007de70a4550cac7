"""One fetch for all who ask for one thing, however slow, many, or short of patience they are."""

import threading

from scene import Broken, Ended, Failed, Reset, origin, play, room_kib, rows, until, weir

CONFIG = "site @front { cache; proxy @shop }"
FRESH = "Cache-Control: max-age=600"


def ask_for(client, target="/"):
    client.say(f"GET {target} HTTP/1.1", "Host: shop.example")


@play(seconds=60)
def play_a_thousand_ask_at_once():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, "one", FRESH)

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    clients = [here.client(is_traced=False) for _ in range(1000)]
    for client in clients:
        ask_for(client)
    here.holds(1000)
    hold.set()
    assert all(client.answer().text == "one" for client in clients)
    assert len(shop.requests) == 1


def play_those_who_wait_are_fed_while_it_comes():
    step = threading.Semaphore(0)

    def reply(visit):
        visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(5):
            visit.send(f"4\r\n:{number:03}\r\n")
            step.acquire()
        visit.send("0\r\n\r\n")

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    clients = [here.client() for _ in range(4)]
    for client in clients:
        ask_for(client)
    bodies = [client.parts(client.head()) for client in clients]
    late = None
    for number in range(5):
        for body in bodies:
            assert next(body) == f":{number:03}".encode()
        if number == 2:
            late = here.client()
            ask_for(late)
            assert late.head().status == 200
        step.release()
    assert [list(body) for body in bodies] == [[]] * 4
    assert len(shop.requests) == 1


def the_first_of_two_leaves(hold):
    """(shop, here, the second): the origin answers when `hold` is set."""

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, "x" * 100_000, FRESH)

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    first, second = here.client(), here.client()
    ask_for(first)
    shop.saw(1)
    ask_for(second)
    here.holds(2)
    first.reset()
    assert here.log(1)[0]["error"] == "cancelled"
    return shop, here, second


def play_the_first_client_leaves():
    """The others get theirs, and what comes is stored."""
    hold = threading.Event()
    shop, here, second = the_first_of_two_leaves(hold)
    hold.set()
    assert len(second.answer().text) == 100_000
    assert len(here.client().get("/").text) == 100_000
    assert len(shop.requests) == 1


def play_who_leads_a_fetch_and_leaves_is_done_with():
    """He is logged while the others still wait, and what the origin then answers is counted once, as its own."""
    hold = threading.Event()
    _, here, second = the_first_of_two_leaves(hold)
    until(lambda: here.metrics()["weir_requests_in_flight"] == 1, "he is not waited for")
    hold.set()
    assert len(second.answer().text) == 100_000
    here.log(2)
    counted = [value for name, value in here.metrics().items() if name.startswith("weir_upstream_answers_total")]
    assert sum(counted) == 1, counted


def play_who_leads_a_fetch_hears_interim_answers():
    """And one who takes nothing of them holds nobody."""
    steps = threading.Semaphore(0)

    def reply(visit):
        visit.send("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n")
        steps.acquire()
        visit.answer(200, "page", FRESH)

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    first, second = here.client(), here.client()
    ask_for(first)
    shop.saw(1)
    ask_for(second)
    here.holds(2)
    steps.release()
    answer = first.answer()
    assert (answer.status, answer.text, [one.status for one in answer.interim]) == (200, "page", [103])
    assert (second.answer().text, len(shop.requests)) == ("page", 1)


def play_a_client_that_leaves_in_the_body_leaves_the_store_whole():
    hold = threading.Event()

    def reply(visit):
        visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nContent-Length: 200000\r\n\r\n" + "x" * 100_000)
        visit.wait(hold)
        visit.send("y" * 100_000)

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    first = here.client()
    ask_for(first)
    first.head()
    first.reset()
    here.log(1)
    hold.set()
    until(lambda: here.client().get("/").text == "x" * 100_000 + "y" * 100_000, "it is whole")
    assert len(shop.requests) == 1


def play_all_leave_before_there_is_an_answer():
    """Nobody waits any more: the origin need not go on."""
    shop = origin(lambda visit: visit.is_gone())
    here = weir(CONFIG, shop=shop)
    client = here.client()
    ask_for(client)
    shop.saw(1)
    client.reset()
    until(lambda: shop.departures == 1, "the origin's connection is closed")


def play_a_slow_reader_holds_nobody():
    body = "x" * 4_000_000
    shop = origin(lambda visit: visit.answer(200, body, FRESH), is_traced=False)
    here = weir(CONFIG, shop=shop)
    slow = here.client(is_traced=False)
    ask_for(slow)
    slow.head()
    quick = here.client(is_traced=False)
    assert quick.get("/").text == body
    slow.close()
    assert len(shop.requests) == 1


def play_a_cut_off_answer_is_never_stored():
    def ask(framing, cut):
        count = [0]

        def reply(visit):
            count[0] += 1
            if count[0] > 1:
                return visit.answer(200, "whole", FRESH)
            visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\n{framing}\r\n\r\n{cut}")
            visit.reset() if "chunked" in framing else visit.close()

        here = weir(CONFIG, shop=origin(reply))
        client = here.client()
        ask_for(client)
        try:
            client.answer()
            raise Failed("it was taken for whole")
        except (Broken, Ended, Reset):
            pass
        assert [here.client().get("/").text for _ in range(2)] == ["whole"] * 2
        assert count[0] == 2

    rows([("Content-Length: 100", "abc"), ("Transfer-Encoding: chunked", "3\r\nabc\r\n")], ask)


class Renewed:
    """An origin whose first answer is stale at once; the second one comes in two parts: `more` lets it go on, or break off."""

    def __init__(self, first, breaks=False):
        self.first, self.breaks = first, breaks
        self.more, self.count = threading.Event(), 0
        self.shop = origin(self.reply)

    def reply(self, visit):
        self.count += 1
        if self.count == 1:
            return visit.answer(200, "older", self.first, 'ETag: "a"')
        if self.count > 2:
            return visit.answer(200, "third", FRESH)
        visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nContent-Length: 10\r\n\r\nnewer")
        visit.wait(self.more)
        if self.breaks:
            visit.reset()
        else:
            visit.send("-last")


def play_a_newer_answer_takes_the_place_when_it_is_whole():
    """Those who may have the older one do not wait for one that comes slowly; those who may not are fed with it as it comes."""
    shop = Renewed("Cache-Control: max-age=0, stale-while-revalidate=600")
    here = weir(CONFIG, shop=shop.shop)
    assert [here.get("/").text for _ in range(2)] == ["older"] * 2
    until(lambda: shop.count == 2, "it is revalidated behind the reply")
    assert [here.get("/").text for _ in range(3)] == ["older"] * 3
    strict = here.client()
    strict.say("GET / HTTP/1.1", "Host: shop.example", "Cache-Control: min-fresh=1")
    body = strict.parts(strict.head())
    assert next(body) == b"newer"
    shop.more.set()
    assert b"".join(body) == b"-last"
    until(lambda: here.get("/").text == "newer-last", "it has taken the place")
    assert shop.count == 2


def play_a_newer_answer_that_breaks_off_leaves_the_older_one():
    def ask(first):
        shop = Renewed(first, breaks=True)
        here = weir(CONFIG, shop=shop.shop)
        assert here.get("/").text == "older"
        client = here.client()
        client.say("GET / HTTP/1.1", "Host: shop.example", "Cache-Control: min-fresh=1")
        body = client.parts(client.head())
        assert next(body) == b"newer"
        shop.more.set()
        try:
            list(body)
            raise Failed("it was taken for whole")
        except (Broken, Ended, Reset):
            pass
        shop.shop.stop()
        assert [here.get("/").text for _ in range(2)] == ["older"] * 2

    rows([("Cache-Control: max-age=0, stale-while-revalidate=600",), ("Cache-Control: max-age=0, stale-if-error=600",)], ask)


def play_what_is_purged_while_a_newer_answer_comes_stays_away():
    shop = Renewed("Cache-Control: max-age=0, stale-while-revalidate=600")
    here = weir(CONFIG, shop=shop.shop)
    assert [here.get("/").text for _ in range(2)] == ["older"] * 2
    until(lambda: shop.count == 2, "it is revalidated behind the reply")
    assert here.command("purge", "--socket", here.admin, "http://shop.example/")[0] == 0
    assert here.get("/").text == "third"
    shop.more.set()
    assert [here.get("/").text for _ in range(20)] == ["third"] * 20


def play_what_can_not_be_stored_is_not_waited_for():
    """Hit-for-miss: requests go to the origin side by side once it is known that nothing can be stored."""
    hold = threading.Event()

    def reply(visit):
        if len(shop.requests) > 1:
            visit.wait(hold)
        visit.answer(200, "mine", "Cache-Control: private")

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    assert here.client().get("/").text == "mine"
    clients = [here.client() for _ in range(20)]
    for client in clients:
        ask_for(client)
    shop.saw(21)
    hold.set()
    assert all(client.answer().text == "mine" for client in clients)


def play_those_who_waited_for_what_is_private_ask_for_themselves():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, visit.request.header("X-Me"), "Cache-Control: private")

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    clients = [here.client() for _ in range(20)]
    for number, client in enumerate(clients):
        client.say("GET / HTTP/1.1", "Host: shop.example", f"X-Me: {number}")
    here.holds(20)
    shop.saw(1)
    assert len(shop.requests) == 1
    hold.set()
    assert [client.answer().text for client in clients] == [str(number) for number in range(20)]


def fifty_behind_an_odd_one(reply):
    """(shop, here, the odd one's client, the others'): the odd one leads a fetch that `reply(visit, is_odd)` answers when all wait."""
    hold = threading.Event()

    def answer(visit):
        visit.wait(hold)
        reply(visit, visit.request.header("X-Odd") is not None)

    shop = origin(answer)
    here = weir(CONFIG, shop=shop)
    odd, others = here.client(), [here.client() for _ in range(50)]
    odd.say("GET / HTTP/1.1", "Host: shop.example", "X-Odd: 1")
    shop.saw(1)
    for client in others:
        ask_for(client)
    here.holds(51)
    hold.set()
    return shop, here, odd, others


def next_tries(here):
    return here.metrics()['weir_cache_next_tries_total{zone="default"}']


def play_a_sick_origin_is_asked_twice():
    """Once more by one of those who waited; then they share the error, and nobody falls upon the origin."""
    shop, here, odd, others = fifty_behind_an_odd_one(lambda visit, _: visit.answer(500, "sorry"))
    assert [client.answer().status for client in [odd, *others]] == [500] * 51
    # One may come too late for the first fetch, and begin another one.
    assert 2 <= len(shop.requests) <= 4 and 1 <= next_tries(here) <= 2, len(shop.requests)


def play_what_one_is_refused_the_others_get():
    """And it is fetched for them once."""

    def reply(visit, is_odd):
        if is_odd: visit.answer(400, "odd")
        else: visit.answer(200, "page", FRESH)

    shop, here, odd, others = fifty_behind_an_odd_one(reply)
    assert odd.answer().text == "odd"
    answers = [client.answer() for client in others]
    assert [answer.text for answer in answers] == ["page"] * 50
    assert sum("collapsed" in answer.header("Cache-Status") for answer in answers) == 49, answers
    assert (len(shop.requests), next_tries(here)) == (2, 1)


def play_who_breaks_the_origin_breaks_it_for_himself():
    def reply(visit, is_odd):
        if is_odd: visit.reset()
        else: visit.answer(200, "page", FRESH)

    shop, here, odd, others = fifty_behind_an_odd_one(reply)
    assert odd.answer().status == 502
    assert [client.answer().text for client in others] == ["page"] * 50
    assert next_tries(here) == 1


@play(seconds=60)
def play_who_hears_of_a_failure_late_is_answered():
    """A worker may be told of the first failure when the next try has failed already."""
    shop = origin(lambda visit: visit.reset(), is_traced=False)
    here = weir("upstream u { server @shop; retry 0; eject off }\nsite @front { cache; proxy u }", shop=shop)
    clients = [here.client(is_traced=False) for _ in range(100)]
    for turn in range(30):
        for client in clients:
            client.say(f"GET /{turn} HTTP/1.1", "Host: shop.example")
        assert [client.answer().status for client in clients] == [502] * 100
    assert len(shop.requests) < 1000 and next_tries(here) > 0, len(shop.requests)


def play_after_a_silence_nobody_tries_again():
    hold = threading.Event()
    shop = origin(lambda visit: visit.wait(hold))
    here = weir("site @front { cache; timeout { first_byte 1s }; proxy @shop }", shop=shop)
    clients = [here.client() for _ in range(10)]
    for client in clients:
        ask_for(client)
    assert [client.answer().status for client in clients] == [504] * 10
    hold.set()
    assert next_tries(here) == 0


@play(seconds=60)
def play_what_is_too_large_flows_through():
    """In bounded memory, at the pace of its reader, and it is not stored."""
    block = b"0123456789abcdef" * 4096
    blocks = 1024

    def reply(visit):
        if visit.request.target == "/length":
            visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nContent-Length: {len(block) * blocks}\r\n\r\n")
            for _ in range(blocks):
                visit.wire.sock.sendall(block)
        else:
            visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(blocks):
                visit.wire.sock.sendall(b"%x\r\n%s\r\n" % (len(block), block))
            visit.send("0\r\n\r\n")

    shop = origin(reply, is_traced=False)
    here = weir("cache default { memory 16MiB; object max 1MiB }\n" + CONFIG, shop=shop)
    for target in ("/length", "/chunked"):
        client = here.client(is_traced=False)
        before = here.memory_kib()
        ask_for(client, target)
        octets = sum(len(part) for part in client.parts(client.head()))
        assert octets == len(block) * blocks
        assert here.memory_kib() - before < room_kib(16 * 1024)
    assert here.metrics()['weir_cache_entries{zone="default"}'] == 0
