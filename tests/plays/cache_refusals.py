"""An answer that was not stored tells why: in its Cache-Status, in the figures, and to whoever asks `weir cache show`."""

import re
import threading
from pathlib import Path

from cache_slices import SLICE, File, file_of
from scene import counted, origin, rows, until, weir

FRESH = "Cache-Control: max-age=600"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs/caching.md"
KEEPS = "cache main { object max 1KiB }\nsite @front { cache main { type_check on }; proxy @shop }"
ANSWERS = (
    ("no_store", 200, ["Cache-Control: no-store"], []),
    ("private", 200, ["Cache-Control: private"], []),
    ("set_cookie", 200, [FRESH, "Set-Cookie: a=b"], []),
    ("vary_any", 200, [FRESH, "Vary: *"], []),
    ("vary_client", 200, [FRESH, "Vary: X-Forwarded-For"], []),
    ("vary_too_much", 200, [FRESH, "Vary: " + ", ".join(f"X-{number}" for number in range(40))], []),
    ("status", 302, ["Location: /there"], []),
    ("status_not_understood", 599, [FRESH + ", must-understand"], []),
    ("type", 200, [FRESH, "Content-Type: text/html"], []),
    ("partial", 206, [FRESH, "Content-Range: bytes 0-4/10"], []),
    ("no_lifetime", 200, [], []),
    ("too_large", 200, [FRESH], []),
    ("authorization", 200, [FRESH], ["Authorization: Basic YTpi"]),
    ("request_no_store", 200, [FRESH], ["Cache-Control: no-store"]),
)
BODIES = {"partial": "01234", "too_large": "x" * 2000}


def said(answer):
    return answer.header("Cache-Status")


def detail(answer):
    found = re.search(r"; detail=([^;]*)", said(answer))
    return found and found[1]


def refused(here, reason, zone="default"):
    return here.metrics()[f'weir_cache_not_stored_total{{zone="{zone}",reason="{reason}"}}']


def show(here, target="/"):
    status, out, err = here.command("cache", "show", f"http://shop.example{target}", "--socket", here.admin)
    assert status == 0, err
    return out


def gives(*answers):
    """An origin of the paths /reason: each as its row says."""
    of = {reason: (status, lines) for reason, status, lines, _ in answers}

    def reply(visit):
        reason = visit.request.target[1:].removesuffix(".css")
        status, lines = of[reason]
        visit.answer(status, BODIES.get(reason, "text"), *lines)

    return origin(reply)


def play_why_an_answer_was_not_stored():
    here = weir(KEEPS, shop=gives(*ANSWERS))
    client = here.client(is_traced=False)

    def ask(reason, status, _, asked):
        target = f"/{reason}.css" if reason == "type" else f"/{reason}"
        answer = client.get(target, *asked)
        assert (answer.status, detail(answer)) == (status, reason), said(answer)
        assert "fwd=uri-miss" in said(answer) and "stored" not in said(answer), said(answer)
        assert refused(here, reason, "main") == 1
        out = show(here, target)
        assert out.startswith("nothing is stored of") and re.search(rf"  not stored \d+s ago: .* \({reason}\)\n", out), out

    rows(ANSWERS, ask)


def play_why_a_request_passed_by():
    long = "x" * 9000
    cases = (
        ("method", "fwd=method", "DELETE / HTTP/1.1", []),
        ("request_body", "fwd=request", "GET / HTTP/1.1", ["Content-Length: 4"]),
        ("precondition", "fwd=request", "GET / HTTP/1.1", ['If-Match: "a"']),
        ("upgrade", "fwd=request", "GET / HTTP/1.1", ["Connection: Upgrade", "Upgrade: chat"]),
        ("bypass", "fwd=bypass", "GET / HTTP/1.1", ["Cookie: session=1"]),
        ("key", "fwd=bypass", "GET / HTTP/1.1", [f"X-Key: {long}"]),
        ("range", "fwd=partial", "GET / HTTP/1.1", ["Range: bytes=100-200"]),
    )
    shop = counted(FRESH)
    here = weir("site @front { cache { bypass cookie session; key header X-Key }; proxy @shop }", shop=shop)
    client = here.client(is_traced=False)

    def ask(reason, forwarded, line, fields):
        answer = client.ask(line, "Host: shop.example", *fields, body=b"body" if reason == "request_body" else b"")
        assert forwarded in said(answer) and "stored" not in said(answer), said(answer)
        assert detail(answer) == (None if forwarded == f"fwd={reason}" else reason), said(answer)
        assert refused(here, reason) == 1

    rows(cases, ask)
    client.say("HEAD / HTTP/1.1", "Host: shop.example")
    head = client.answer("HEAD")
    assert "fwd=uri-miss" in said(head) and detail(head) == "head", said(head)


def play_nobody_waits_for_what_can_not_be_stored():
    here = weir("site @front { cache; proxy @shop }", shop=counted("Cache-Control: no-store"))
    client = here.client()
    assert [detail(client.get("/")) for _ in range(3)] == ["no_store", "hit_for_miss", "hit_for_miss"]
    assert detail(client.get("/", "Cookie: a=b")) == "no_store"
    assert (refused(here, "no_store"), refused(here, "hit_for_miss")) == (2, 2)
    out = show(here)
    assert "(no_store)" in out, out
    for whose in ("without cookies and credentials", "with cookies"):
        assert re.search(rf"  requests {whose} go to the origin side by side, for \d+s more \(hit_for_miss\)\n", out), out


def play_min_uses_are_told():
    here = weir("site @front { cache { min_uses 3 }; proxy @shop }", shop=counted(FRESH))
    client = here.client()
    for uses in (1, 2):
        assert detail(client.get("/")) == "min_uses"
        assert f"  asked for {uses} of 3 times of late (min_uses)\n" in show(here)
    assert "stored" in said(client.get("/")) and refused(here, "min_uses") == 2
    assert "status 200" in show(here) and "min_uses" not in show(here)


def two_wait(reply, config="site @front { cache; proxy @shop }"):
    """(here, their answers): the origin gives the first when both wait."""
    hold = threading.Event()

    def held(visit):
        visit.wait(hold)
        reply(visit)

    shop = origin(held)
    here = weir(config, shop=shop)
    clients = [here.client() for _ in range(2)]
    for client in clients:
        client.say("GET / HTTP/1.1", "Host: shop.example")
        shop.saw(1)
    here.holds(2)
    hold.set()
    return here, [client.answer() for client in clients]


def play_those_who_waited_are_told_too():
    here, answers = two_wait(lambda visit: visit.answer(200, "text", "Cache-Control: no-store"))
    assert [detail(answer) for answer in answers] == ["no_store", "no_store"]
    here, answers = two_wait(lambda visit: visit.answer(503, "sick"))
    assert [detail(answer) for answer in answers] == ["status", "status"]
    assert refused(here, "status") == 2, "the second has asked once more"


def play_purged_while_it_was_fetched():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200, "text", FRESH)

    shop = origin(reply)
    here = weir("site @front { cache; proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: shop.example")
    shop.saw(1)
    assert here.command("purge", "--socket", here.admin, "--all")[0] == 0
    hold.set()
    assert detail(client.answer()) == "purged" and refused(here, "purged") == 1
    out = show(here)
    assert "(purged)" in out and "side by side" not in out, out
    assert "stored" in said(client.get("/"))
    assert "(purged)" not in show(here), "what was before it was stored is no news"


def play_what_begins_to_be_stored_and_is_not():
    """Its head has left: the figures and `cache show` tell."""
    step = threading.Semaphore(0)

    def reply(visit):
        visit.send(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntext\r\n")
        step.acquire()
        if visit.request.target == "/cut_off":
            return visit.close()
        return visit.send("7d0\r\n" + "x" * 2000 + "\r\n0\r\n\r\n")

    here = weir(KEEPS, shop=origin(reply, is_strict=False))
    for reason in ("too_large", "cut_off"):
        client = here.client()
        client.say(f"GET /{reason} HTTP/1.1", "Host: shop.example")
        head = client.head()
        assert "stored" in said(head), said(head)
        step.release()
        if reason == "too_large":
            assert len(b"".join(client.parts(head))) == 2004
        until(lambda reason=reason: refused(here, reason, "main") == 1, f"{reason} is counted")
        assert f"({reason})" in show(here, f"/{reason}"), show(here, f"/{reason}")


def play_too_large_and_here_at_once():
    """Without a word of its length."""
    body = "7d0\r\n" + "x" * 2000 + "\r\n0\r\n\r\n"
    here = weir(KEEPS, shop=origin(f"HTTP/1.1 200 OK\r\n{FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n{body}"))
    client = here.client()
    for reason in ("too_large", "hit_for_miss"):
        answer = client.get("/")
        assert (len(answer.text), detail(answer)) == (2000, reason), said(answer)


def play_no_answer():
    here = weir("site @front { cache; proxy @shop }", shop=origin(lambda visit: visit.close()))
    assert here.get("/").status == 502
    assert refused(here, "no_answer") == 1 and "(no_answer)" in show(here)


def play_what_is_stored_stands_in():
    """It is shown, and why nothing newer has come."""
    state = {"status": 200}
    shop = origin(lambda visit: visit.answer(state["status"], "text", "Cache-Control: max-age=0, stale-if-error=600"))
    here = weir("site @front { cache; proxy @shop }", shop=shop)
    client = here.client()
    assert "stored" in said(client.get("/"))
    assert "not stored" not in show(here)
    state["status"] = 503
    assert "detail=stale_if_error" in said(client.get("/"))
    out = show(here)
    assert "  status 200" in out and "(origin_failure)" in out, out


def play_beside_a_fetch_that_is_of_no_use():
    """A newer answer that comes slowly is not what somebody gets who wants the origin's word."""
    step = threading.Event()
    count = [0]

    def reply(visit):
        count[0] += 1
        if count[0] != 2:
            return visit.answer(200, f"answer {count[0]}", "Cache-Control: max-age=0", 'ETag: "a"')
        visit.send('HTTP/1.1 200 OK\r\nETag: "b"\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nslow\r\n')
        visit.wait(step)
        return visit.send("0\r\n\r\n")

    here = weir("site @front { cache; proxy @shop }", shop=origin(reply))
    slow, other = here.client(), here.client()
    other.get("/")
    slow.say("GET / HTTP/1.1", "Host: shop.example")
    assert slow.head().status == 200
    answer = other.get("/", "Cache-Control: no-cache")
    step.set()
    assert (answer.text, detail(answer)) == ("answer 3", "beside"), said(answer)


def play_a_slice_that_does_not_come():
    film = File(file_of(4 * SLICE))
    is_open = [True]

    def reply(visit):
        is_first = (visit.request.header("Range") or "").startswith("bytes=0-")
        return film(visit) if is_open[0] or is_first else visit.answer(403, "no")

    here = weir("site @front { cache { slice 16KiB }; proxy @shop }", shop=origin(reply, is_traced=False))
    client = here.client(is_traced=False)
    assert client.get("/", "Range: bytes=0-9").status == 206
    is_open[0] = False
    answer = client.get("/", "Range: bytes=50000-50009")
    assert (answer.status, detail(answer)) == (403, "slice_refused"), said(answer)
    is_open[0] = True
    film.text, film.fields = file_of(4 * SLICE, 2), ('ETag: "b"', FRESH)
    assert client.get("/", "Range: bytes=50000-50009").text == film.text[50000:50010]
    assert refused(here, "changed") == 1


def play_where_no_route_has_a_cache():
    assert show(weir("site @front { respond 200 a }")) == "no route has a cache\n"


def play_every_reason_is_in_the_book():
    here = weir("site @front { cache; proxy @shop }", shop="127.0.0.1:1")
    exposed = set(re.findall(r'weir_cache_not_stored_total\{zone="default",reason="(\w+)"\}', "\n".join(here.metrics())))
    assert "| `detail` |" in PAGE.read_text()
    table = PAGE.read_text().partition("| `detail` |")[2].partition("\n\n")[0]
    told = {word for row in table.splitlines() for word in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert told == exposed, f"not told: {exposed - told}; not exposed: {told - exposed}"
