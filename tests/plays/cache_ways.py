"""What an operator says of a cache beyond times and keys: who refreshes it, who may empty it, what is worth its room, moments."""

import threading

from scene import counted, origin, play, rows, until, weir

FRESH = "Cache-Control: max-age=600"


def play_refresh():
    """They get what the origin says now, and so does everybody after them."""
    shop = counted(FRESH, 'ETag: "a"')
    marks = "refresh header X-Warm-*; refresh cookie editor; refresh query now"
    client = weir(f"site @front {{ cache {{ {marks} }}; proxy @shop }}", shop=shop).client()
    assert client.get("/").text == "answer 1"
    assert client.get("/", "X-Warm-Up: 1").text == "answer 2"
    assert shop.last.header("If-None-Match") is None
    assert client.get("/").text == "answer 2"
    assert client.get("/", "Cookie: a=b; editor=anna").text == "answer 3"
    assert client.get("/").text == "answer 3"
    assert client.get("/?now=1").text == "answer 4"
    assert client.get("/?now=1").text == "answer 5"


def play_min_uses():
    shop = counted(FRESH)
    client = weir("site @front { cache { min_uses 3 }; proxy @shop }", shop=shop).client()
    answers = [client.get("/") for _ in range(5)]
    assert [answer.text for answer in answers] == ["answer 1", "answer 2", "answer 3", "answer 3", "answer 3"]
    assert "detail=min_uses" in answers[0].header("Cache-Status"), answers[0].header("Cache-Status")
    assert client.get("/other").text == "answer 4"


def play_purge_as_a_method():
    shop = counted(FRESH)
    here = weir("site @front { cache { purge from 127.0.0.1 }; proxy @shop }", shop=shop)
    client = here.client()
    assert client.get("/a?b=1").text == "answer 1"
    done = client.ask("PURGE /a?b=1 HTTP/1.1", "Host: shop.example")
    assert (done.status, done.text) == (200, "1 stored answer purged\n")
    assert client.get("/a?b=1").text == "answer 2"
    assert client.ask("PURGE /none HTTP/1.1", "Host: shop.example").text == "0 stored answers purged\n"
    assert len(shop.requests) == 2


def play_purge_of_somebody_else():
    """403, and nothing is lost; where nobody may, it is a method as any other."""
    shop = counted(FRESH)
    here = weir("site @front { cache { purge from 10.0.0.0/8 }; proxy @shop }", shop=shop)
    client = here.client()
    client.get("/")
    assert client.ask("PURGE / HTTP/1.1", "Host: shop.example").status == 403
    assert client.get("/").text == "answer 1"
    assert len(shop.requests) == 1
    other = counted(FRESH)
    plain = weir("site @front { cache; proxy @shop }", shop=other).client()
    assert plain.ask("PURGE / HTTP/1.1", "Host: shop.example").text == "answer 1"
    assert other.last.method == "PURGE"


def play_purge_is_asked_before_anything_passes_by():
    """Who is logged in passes by the cache; his PURGE does not."""
    shop = counted(FRESH)
    here = weir("site @front { cache { purge from 127.0.0.1; bypass cookie sid; refresh header X-Warm }; proxy @shop }", shop=shop)
    client = here.client()
    assert client.get("/").text == "answer 1"
    done = client.ask("PURGE / HTTP/1.1", "Host: shop.example", "Cookie: sid=1", "X-Warm: 1")
    assert (done.status, done.text) == (200, "1 stored answer purged\n")
    assert client.get("/").text == "answer 2"
    assert len(shop.requests) == 2


def play_explain_tells_what_the_cache_would_do():
    marks = "purge from 10.0.0.0/8; bypass cookie sid; refresh header X-Warm"
    here = weir(f"site @front {{ cache {{ {marks} }}; proxy @shop }}", shop=counted(FRESH))

    def ask(word, *arguments):
        status, out, err = here.command("explain", "--socket", here.admin, *arguments, f"http://shop.example:{here.at()[1]}/a")
        assert status == 0 and word in out, out + err

    rows(
        [
            ("key http://shop.example",),
            ("what is stored of it is purged", "-X", "PURGE", "--client", "10.1.1.1"),
            ("403: 'purge from' does not name this client", "-X", "PURGE"),
            ("passed by: it has what 'bypass' names", "-H", "Cookie: sid=1"),
            ("the origin is asked, its answer stored", "-H", "X-Warm: 1"),
            ("passed by (method)", "-X", "DELETE"),
        ],
        ask,
    )


def play_grace_by_tag():
    """An old article is better than none, an old price is not."""

    def reply(visit):
        tag = visit.request.target[1:]
        lines = ("Cache-Control: max-age=0", 'ETag: "a"', f"Surrogate-Key: all {tag}")
        visit.answer(200, f"{tag} {len(shop.requests)}", *lines)

    shop = origin(reply)
    lines = ("all if_error 1h", "article while_revalidate 1h", "price if_error 0s keep_serving 0s")
    graces = "".join(f"stale tag {line}; " for line in lines)
    config = f"cache main {{ {graces} keep_serving 1h }}\nsite @front {{ cache main; proxy @shop }}"
    here = weir(config, shop=shop)
    client = here.client()
    assert client.get("/article").text == "article 1"
    again = client.get("/article")
    assert again.text == "article 1" and "detail=stale_while_revalidate" in again.header("Cache-Status")
    shop.saw(2)
    for target in ("/price", "/other"):
        texts = {client.get(target).text for _ in range(2)}
        assert len(texts) == 2, "asked for each time"
    shop.stop()
    assert [client.get(target).status for target in ("/article", "/price", "/other")] == [200, 502, 200]
    status, out, err = here.command("cache", "show", "http://shop.example/article", "--socket", here.admin)
    assert status == 0 and "stale_while_revalidate" in out, out + err


def play_micro():
    """Pages that say nothing of a lifetime are fresh for a moment, and stale for a few while they are fetched."""
    shop = counted()
    here = weir("site @front { cache { micro 1h }; proxy @shop }", shop=shop)
    client = here.client()
    assert [client.get("/").text for _ in range(3)] == ["answer 1"] * 3
    moments = weir("site @front { cache { micro 0s }; proxy @shop }", shop=shop).client()
    assert moments.get("/").text == "answer 2"
    assert moments.get("/").text == "answer 2"
    until(lambda: moments.get("/").text != "answer 2", "what was fetched behind the reply is there")
    private = counted("Cache-Control: private")
    client = weir("site @front { cache { micro }; proxy @shop }", shop=private).client()
    assert [client.get("/").text for _ in range(2)] == ["answer 1", "answer 2"]


@play(seconds=60)
def play_a_purge_while_it_comes_leaves_no_mark():
    """What was purged while it was fetched may be stored the next time, and is waited for together."""
    hold = threading.Event()

    def reply(visit):
        if len(shop.requests) == 1:
            visit.wait(hold)
        visit.answer(200, f"answer {len(shop.requests)}", FRESH)

    shop = origin(reply)
    here = weir("site @front { cache; proxy @shop }", shop=shop)
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: shop.example")
    shop.saw(1)
    status, _, err = here.command("purge", "--socket", here.admin, "--all")
    assert status == 0, err
    hold.set()
    assert client.answer().text == "answer 1"
    assert [client.get("/").text for _ in range(2)] == ["answer 2"] * 2
