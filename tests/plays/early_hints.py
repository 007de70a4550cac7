"""103 (Early Hints, RFC 8297) with what a page said that it needs, before the origin has answered those who ask for it next."""

import threading

from scene import origin, programs, rows, weir

LINK = "Link: </a.css>; rel=preload; as=style, </next>; rel=next, <https://cdn.example>; rel=preconnect"
HINTS = "</a.css>; rel=preload; as=style, <https://cdn.example>; rel=preconnect"
AGAIN = "Cache-Control: no-cache"
CONFIG = "site @front { cache { early_hints learn }; proxy @shop }"
TO_ALL = CONFIG.replace("learn", "learn http1")


def page(visit, *lines):
    visit.answer(200, "page", "Content-Type: text/html", 'ETag: "a"', *(lines or (LINK, AGAIN)))


def hinted(client, target="/", *lines):
    """The Link fields of the 103 that came before an answer by HTTP/1.1."""
    answer = client.get(target, *lines)
    assert answer.status == 200
    return [one.header("Link") for one in answer.interim]


def play_over_http2_before_the_origin_has_answered():
    hold = threading.Event()

    def reply(visit):
        if len(shop.requests) > 1:
            visit.wait(hold)
        page(visit)

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    client = here.http2()
    assert client.answer(client.get("/")).interim == []
    stream = client.get("/")
    while not client.answers[stream].interim:
        client.frame()
    hold.set()
    answer = client.answer(stream)
    assert (answer.status, answer.interim, answer.body) == (200, [103], b"page")
    # Somebody with HTTP/1.1 may break on it.
    assert hinted(here.client()) == []
    figures = here.metrics()
    assert figures['weir_cache_early_hints_sent_total{zone="default"}'] == 1
    assert figures['weir_cache_early_hints_learned_total{zone="default"}'] == 3


def play_curl_hears_them():
    shop = origin(page)
    here = weir(CONFIG.replace("learn", "learn http1"), shop=shop)
    url = here.url("/")
    for option in ("--http2-prior-knowledge", "--http1.1"):
        texts = [programs.curl("-si", option, url).replace("\r", "") for _ in range(2)]
        early, final, body = texts[1].split("\n\n")
        assert early.split()[1] == "103" and f"link: {HINTS}" in early.lower(), early
        assert (final.split()[1], body) == ("200", "page"), final


def play_over_http_1_where_it_is_said():
    shop = origin(page)
    client = weir(TO_ALL, shop=shop).client()
    assert hinted(client) == []
    assert hinted(client) == [HINTS]
    assert hinted(client, "/", "Sec-Fetch-Mode: navigate") == [HINTS]
    assert hinted(client, "/", "Sec-Fetch-Mode: cors") == []
    assert hinted(client, "/other") == [] and hinted(client, "/?a=1") == []
    client.say("HEAD / HTTP/1.1", "Host: shop.example", AGAIN)
    assert client.answer("HEAD").interim == []


def play_of_a_page_that_is_asked_for_each_time():
    """It is not stored at all; what it needs is known all the same."""
    shop = origin(lambda visit: visit.answer(200, "page", "Content-Type: text/html", LINK, "Cache-Control: max-age=0"))
    client = weir(TO_ALL, shop=shop).client()
    assert [hinted(client) for _ in range(3)] == [[], [HINTS], [HINTS]]


def play_what_is_stored_needs_no_hint():
    shop = origin(lambda visit: page(visit, LINK, "Cache-Control: max-age=600"))
    client = weir(TO_ALL, shop=shop).client()
    assert [hinted(client) for _ in range(3)] == [[], [], []]
    assert len(shop.requests) == 1
    assert hinted(client, "/", AGAIN) == [HINTS]


def play_from_answers_that_are_for_everybody_alone():
    def perform(*lines):
        shop = origin(lambda visit: visit.answer(200, "page", *lines))
        client = weir(TO_ALL, shop=shop).client()
        assert [hinted(client) for _ in range(2)] == [[], []]

    html = "Content-Type: text/html"
    rows(
        [
            (html, LINK, "Cache-Control: private"),
            (html, LINK, "Cache-Control: no-store"),
            (html, LINK, AGAIN, "Set-Cookie: a=b"),
            (html, LINK, AGAIN, "Vary: Cookie"),
            (html, LINK, AGAIN, "Vary: *"),
            ("Content-Type: text/css", LINK, AGAIN),
            (html, "Link: </a.css>; rel=preload", AGAIN),
        ],
        perform,
    )


def play_what_changes_and_what_is_purged_is_forgotten():
    link = [LINK, AGAIN]
    shop = origin(lambda visit: page(visit, *link))
    here = weir(TO_ALL, shop=shop)
    client = here.client()
    hinted(client)
    link[0] = "Link: </b.css>; rel=preload; as=style"
    assert hinted(client) == [HINTS]
    assert hinted(client) == ["</b.css>; rel=preload; as=style"]
    for what in (["http://shop.example/"], ["--host", "shop.example"], ["--all"], ["--prefix", "http://shop.example/"]):
        hinted(client)
        assert hinted(client) == ["</b.css>; rel=preload; as=style"], what
        status, _, err = here.command("purge", "--socket", here.admin, *what)
        assert status == 0, err
        assert hinted(client) == [], what
    link[1] = "Cache-Control: private"
    hinted(client)
    assert hinted(client) == []


def play_nobody_puts_anything_into_the_hints_of_others():
    """An origin that writes into its page what it is asked with: each key has its own."""

    def reply(visit):
        name = visit.request.header("X-Skin") or visit.request.target.partition("=")[2] or "a"
        page(visit, f"Link: </{name}.css>; rel=preload; as=style", AGAIN)

    shop = origin(reply)
    client = weir(TO_ALL.replace("early_hints", "key header X-Skin; early_hints"), shop=shop).client()
    hinted(client, "/?skin=evil"), hinted(client, "/", "X-Skin: other")
    assert hinted(client) == []
    assert hinted(client) == ["</a.css>; rel=preload; as=style"]
    assert hinted(client, "/", "X-Skin: other") in ([], ["</other.css>; rel=preload; as=style"])


def play_what_the_route_takes_out_is_not_told_ahead():
    for edit, hints in (("remove link", []), ("set Link a", []), ("add Link </b>", [HINTS]), ("remove X-Link", [HINTS])):
        shop = origin(page)
        client = weir(TO_ALL.replace("proxy", f"header response {edit}; proxy"), shop=shop).client()
        assert [hinted(client) for _ in range(2)] == [[], hints], edit


def play_an_origin_that_says_them_itself():
    """Its 103 is passed on, besides."""
    early = "HTTP/1.1 103 Early Hints\r\nLink: </own>; rel=preload; as=font\r\n\r\n"

    def reply(visit):
        visit.send(early)
        page(visit)

    shop = origin(reply)
    client = weir(TO_ALL, shop=shop).client()
    own = "</own>; rel=preload; as=font"
    assert [hinted(client) for _ in range(2)] == [[own], [HINTS, own]]
