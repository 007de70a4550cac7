"""What is stored is answered with, for as long as the origin says, and longer when the origin is not there."""

from scene import counted, origin, play, rows, until, weir

CONFIG = "site @front { cache; proxy @shop }"
FRESH = "Cache-Control: max-age=600"


def said(answer):
    return answer.header("Cache-Status")


def ttl(answer):
    return int(said(answer).partition("ttl=")[2].partition(";")[0])


def play_a_hit():
    shop = counted(FRESH, 'ETag: "a"', "Content-Type: text/plain", "X-Own: 1")
    here = weir(CONFIG, shop=shop)
    client = here.client()
    first = client.get("/a?b=1")
    assert (first.status, first.text) == (200, "answer 1")
    assert "fwd=uri-miss" in said(first) and "stored" in said(first), said(first)
    for _ in range(3):
        hit = client.get("/a?b=1")
        assert (hit.status, hit.text) == (200, "answer 1")
        assert said(hit).startswith("Weir; hit"), said(hit)
        assert hit.header("Age").isdigit() and hit.header("X-Own") == "1" and hit.header("ETag") == '"a"'
    assert client.get("/a?b=2").text == "answer 2"
    assert len(shop.requests) == 2
    lines = here.log(5)
    assert [line["cache_status"] for line in lines] == ["miss", "hit", "hit", "hit", "miss"]
    assert "peer" in lines[0] and "peer" not in lines[1], lines


def play_what_is_not_to_be_stored():
    def ask(said_by_origin, *request):
        shop = counted(*said_by_origin)
        client = weir(CONFIG, shop=shop).client()
        assert [client.get("/", *request).text for _ in range(3)] == ["answer 1", "answer 2", "answer 3"]

    rows(
        [
            (["Cache-Control: no-store"],),
            (["Cache-Control: private"],),
            (["Cache-Control: max-age=600", "Set-Cookie: a=b"],),
            (["Cache-Control: max-age=600", "Vary: *"],),
            (["Cache-Control: max-age=600"], "Authorization: Basic YTpi"),
            (["Cache-Control: max-age=600"], "Cache-Control: no-store"),
        ],
        ask,
    )


def play_head_is_answered_from_get():
    shop = counted(FRESH)
    client = weir(CONFIG, shop=shop).client()
    client.get("/")
    head = client.ask("HEAD / HTTP/1.1", "Host: shop.example")
    assert head.body == b"" and head.header("Content-Length") == "8" and "hit" in said(head)
    assert len(shop.requests) == 1


def play_conditions_are_answered_here():
    shop = counted(FRESH, 'ETag: "a"', "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT")
    client = weir(CONFIG, shop=shop).client()
    client.get("/")
    same = client.get("/", 'If-None-Match: "b", "a"')
    assert same.status == 304 and same.body == b"" and same.header("ETag") == '"a"'
    assert client.get("/", "If-Modified-Since: Tue, 02 Jan 2024 00:00:00 GMT").status == 304
    assert client.get("/", 'If-None-Match: "b"').status == 200
    assert len(shop.requests) == 1


def play_ranges_are_cut_from_what_is_stored():
    text = "0123456789" * 20_000
    shop = origin(lambda visit: visit.answer(200, text, FRESH, 'ETag: "a"'))
    client = weir(CONFIG, shop=shop).client(is_traced=False)
    assert client.get("/").text == text

    def ask(asked, status, body, content_range):
        answer = client.get("/", f"Range: bytes={asked}")
        assert answer.status == status, answer.status
        assert answer.text == body and answer.header("Content-Range") == content_range, answer.header("Content-Range")

    rows(
        [
            ("0-4", 206, "01234", "bytes 0-4/200000"),
            ("70001-140002", 206, text[70001:140003], "bytes 70001-140002/200000"),
            ("-3", 206, "789", "bytes 199997-199999/200000"),
            ("199990-", 206, "0123456789", "bytes 199990-199999/200000"),
            ("200000-", 416, "", "bytes */200000"),
        ],
        ask,
    )
    assert len(shop.requests) == 1


def play_several_ranges_at_once():
    """RFC 9110 14.6; more of them than sixteen, or than the whole has octets, get the whole."""
    text = "0123456789" * 30_000
    shop = origin(lambda visit: visit.answer(200, text, FRESH, "Content-Type: text/plain"), is_traced=False)
    client = weir(CONFIG, shop=shop).client(is_traced=False)
    assert client.get("/").text == text
    answer = client.get("/", "Range: bytes=0-4,100000-250000,-3")
    kind, boundary = answer.header("Content-Type").split("; boundary=")
    assert (answer.status, kind) == (206, "multipart/byteranges") and answer.header("Content-Range") is None
    parts = answer.text.split(f"--{boundary}")
    assert parts[0] == "" and parts[-1] == "--\r\n" and len(parts) == 5
    for part, first, last in zip(parts[1:-1], (0, 100_000, 299_997), (4, 250_000, 299_999)):
        head = f"\r\nContent-Type: text/plain\r\nContent-Range: bytes {first}-{last}/300000\r\n\r\n"
        assert part == head + text[first : last + 1] + "\r\n", part[:80]
    assert client.get("/", "Range: bytes=0-200000,5-299999,7-299999").status in (200, 206)
    assert client.get("/", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(0, 40, 2))).status == 200
    assert client.get("/", "Range: bytes=0-4,100-104", 'If-Range: "b"').status == 200
    assert client.get("/", "Range: bytes=400000-,500000-").status == 416
    head = client.ask("HEAD / HTTP/1.1", "Host: shop.example", "Range: bytes=0-4,7-9")
    assert head.status == 200 and head.header("Content-Length") == "300000"
    assert len(shop.requests) == 1


def heads(tag):
    """An origin whose answers to HEAD say that they are alike in all but what `tag` has; and a client who asks with HEAD past the cache."""

    def reply(visit):
        if visit.request.method == "GET":
            return visit.answer(200, f"answer {tag[0]}", "Cache-Control: max-age=600", f'ETag: "{tag[0]}"', "X-Of: get")
        lines = ("Content-Length: 8", f'ETag: "{tag[0]}"', "Cache-Control: max-age=900", "X-Of: head", *tag[1:])
        return visit.send("HTTP/1.1 200 OK\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n")

    return origin(reply)


def ask_head(client, *lines, target="/"):
    client.say(f"HEAD {target} HTTP/1.1", "Host: shop.example", "Cache-Control: no-cache", *lines)
    return client.answer("HEAD")


def play_a_head_that_tells_of_another_thing():
    """RFC 9111 4.3.5: what is stored is asked for anew."""
    tag = ["a"]
    shop = heads(tag)
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/").text == "answer a"
    tag[0] = "b"
    assert ask_head(client).header("ETag") == '"b"'
    assert client.get("/").text == "answer b"
    assert len(shop.requests) == 3


def play_a_head_that_agrees_freshens():
    """It has the newer fields, and a new lifetime; its octets are the same."""
    shop = heads(["a"])
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/").header("X-Of") == "get"
    ask_head(client)
    answer = client.get("/")
    assert (answer.text, answer.header("X-Of"), answer.header("Content-Length")) == ("answer a", "head", "8")
    assert answer.header("Cache-Control") == "max-age=900" and 890 < ttl(answer) <= 900
    assert len(shop.requests) == 2


def play_a_head_that_may_not_be_heeded():
    """What is in no key must not shape what all get; what may not be stored makes it stale."""
    tag = ["a"]
    shop = heads(tag)
    client = weir("site @front { cache { key drop_query utm_* }; proxy @shop }", shop=shop).client()
    client.get("/")
    for lines, target in ((["X-Forwarded-Host: evil"], "/"), (["X-Original-URL: /evil"], "/"), ([], "/?utm_a=1")):
        ask_head(client, *lines, target=target)
        assert client.get("/").header("X-Of") == "get", (lines, target)
    asked = len(shop.requests)
    tag.append("Cache-Control: no-store")
    ask_head(client)
    assert client.get("/").header("X-Of") == "get"
    assert len(shop.requests) == asked + 2


def play_trailers_are_not_stored():
    """RFC 9111 3.1; a fetch says that nobody wants any."""
    body = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n{}\r\n\r\n2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n"
    for line in (FRESH, "Cache-Control: no-store"):
        shop = origin(lambda visit, line=line: visit.send(body.format(line)))
        client = weir(CONFIG, shop=shop).client()
        client.say("GET / HTTP/1.1", "Host: shop.example", "TE: trailers", "Connection: TE")
        first = client.answer()
        assert (first.text, first.trailer("X-Sum"), first.header("X-Sum"), first.header("Trailer")) == ("ab", None, None, None)
        assert shop.last.header("TE") is None
    again = client.get("/")
    assert again.header("X-Sum") is None


def play_variants():
    def reply(visit):
        word = visit.request.header("Accept-Language") or "none"
        visit.answer(200, word, FRESH, "Vary: Accept-Language")

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for _ in range(2):
        for language in ("de", "en", "fr"):
            assert client.get("/", f"Accept-Language: {language}").text == language
    assert client.get("/").text == "none"
    assert len(shop.requests) == 4


def play_revalidation():
    """A 304 gives what is stored a new life; another answer takes its place."""
    count = [0]

    def reply(visit):
        count[0] += 1
        if count[0] == 1 or count[0] > 3:
            return visit.answer(200, f"answer {count[0]}", "Cache-Control: max-age=0", 'ETag: "a"')
        assert visit.request.header("If-None-Match") == '"a"'
        visit.send('HTTP/1.1 304 Same\r\nETag: "a"\r\nCache-Control: max-age=0\r\nX-New: yes\r\n\r\n')

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    client = here.client()
    assert client.get("/").text == "answer 1"
    for _ in range(2):
        again = client.get("/")
        assert (again.status, again.text) == (200, "answer 1"), again.text
        assert again.header("X-New") == "yes" and "fwd=stale" in said(again), said(again)
    assert client.get("/").text == "answer 4"
    assert [line["cache_status"] for line in here.log(4)] == ["miss", "revalidated", "revalidated", "miss"]


def play_a_body_that_was_renewed_is_whole():
    text = "x" * 300_000

    def reply(visit):
        if visit.request.header("If-None-Match"):
            return visit.send('HTTP/1.1 304 Same\r\nETag: "a"\r\nCache-Control: max-age=600\r\n\r\n')
        visit.answer(200, text, "Cache-Control: max-age=0", 'ETag: "a"')

    client = weir(CONFIG, shop=origin(reply)).client(is_traced=False)
    assert [client.get("/").text == text for _ in range(4)] == [True] * 4


def play_stale_while_it_is_fetched_anew():
    shop = counted("Cache-Control: max-age=0, stale-while-revalidate=600")
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/").text == "answer 1"
    stale = client.get("/")
    assert stale.text == "answer 1" and "hit" in said(stale), said(stale)
    shop.saw(2)
    until(lambda: client.get("/").text != "answer 1", "what was fetched behind the reply is answered with")


def play_the_origin_dies():
    """Every stored page still answers; what was never stored is an error."""
    shop = counted("Cache-Control: max-age=0")
    here = weir("site @front { cache { keep_serving 24h }; proxy @shop }", shop=shop)
    client = here.client()
    texts = {f"/{number}": client.get(f"/{number}").text for number in range(5)}
    shop.stop()
    for target, text in texts.items():
        answer = client.get(target)
        assert (answer.status, answer.text) == (200, text), answer.status
        assert "hit" in said(answer), said(answer)
    assert client.get("/new").status == 502


def play_an_origin_that_fails_does_not_replace_what_is_stored():
    count = [0]

    def reply(visit):
        count[0] += 1
        if count[0] == 1:
            visit.answer(200, "good", "Cache-Control: max-age=0, stale-if-error=600")
        else:
            visit.answer(503, "bad", "Cache-Control: max-age=600")

    client = weir(CONFIG, shop=origin(reply)).client()
    assert [client.get("/").text for _ in range(4)] == ["good"] * 4
    assert count[0] == 4


def play_unsafe_methods_make_stale():
    shop = counted(FRESH)
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/a").text == "answer 1"
    assert client.get("/a").text == "answer 1"
    client.ask("POST /a HTTP/1.1", "Host: shop.example", "Content-Length: 0")
    assert client.get("/a").text == "answer 3"


def play_only_if_cached():
    shop = counted(FRESH)
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/", "Cache-Control: only-if-cached").status == 504
    client.get("/")
    assert client.get("/", "Cache-Control: only-if-cached").text == "answer 1"
    assert len(shop.requests) == 1


def play_no_header_outside_of_the_key_reaches_the_origin():
    """Cache poisoning: what one client says must not shape what others get."""
    shop = counted(FRESH)
    client = weir(CONFIG, shop=shop).client()
    client.get("/", "X-Forwarded-Host: evil.example", "X-Original-URL: /admin", "X-Host: evil.example", "X-Forwarded-Scheme: http",
               "Surrogate-Capability: evil=ESI/1.0", "X-Middleware-Prefetch: evil")
    request = shop.last
    assert "evil" not in str(request.fields) and "/admin" not in str(request.fields), request.fields


def play_the_key():
    shop = origin(lambda visit: visit.answer(200, visit.request.target, FRESH))
    client = weir("site @front { cache { key drop_query utm_* gclid }; proxy @shop }", shop=shop).client()
    assert client.get("/a?utm_source=x&b=1").text == "/a?b=1"
    assert client.get("/a?b=1&gclid=5").text == "/a?b=1"
    assert client.get("/a?utm_medium=z").text == "/a"
    assert len(shop.requests) == 2


def play_bypass():
    shop = counted(FRESH)
    cache = "cache { bypass cookie sid_*; bypass header X-Preview; bypass query preview }"
    client = weir(f"site @front {{ {cache}; proxy @shop }}", shop=shop).client()
    assert client.get("/", "Cookie: a=b; sid_7=9").text == "answer 1"
    assert client.get("/", "X-Preview: 1").text == "answer 2"
    assert client.get("/?preview=1").text == "answer 3"
    assert client.get("/", "Cookie: a=b").text == "answer 4"
    assert client.get("/").text == "answer 4"


def play_times_by_configuration():
    def ask(cache, said_by_origin, status, is_stored):
        shop = counted(*said_by_origin, status=status)
        client = weir(f"site @front {{ {cache}; proxy @shop }}", shop=shop).client()
        texts = [client.get("/").text for _ in range(2)]
        assert texts == (["answer 1", "answer 1"] if is_stored else ["answer 1", "answer 2"]), texts

    rows(
        [
            ("cache on ttl 5m", [], 200, True),
            ("cache { ttl 5m }", ["Cache-Control: max-age=0"], 200, True),
            ("cache { ttl 5m }", ["Cache-Control: no-store"], 200, False),
            ("cache { ttl 1m 500-599 }", [], 503, True),
            ("cache { ttl 5m }", [], 503, False),
            ("cache { ttl_default 5m }", [], 200, True),
            ("cache off", [FRESH], 200, False),
            ("cache { heed origin off; ttl 5m }", ["Cache-Control: private"], 200, True),
            ("cache { set_cookie remove }", [FRESH, "Set-Cookie: a=b"], 200, True),
        ],
        ask,
    )


def play_purges():
    shop = counted(FRESH, "Surrogate-Key: shoes sale")
    here = weir("site http://shop.example @front { cache; proxy @shop }", shop=shop)
    client = here.client()
    url = "http://shop.example"

    def ask(*words):
        for target in ("/a/1", "/a/2", "/b"):
            client.get(target)
        seen = len(shop.requests)
        status, out, err = here.command("purge", "--socket", here.admin, *words)
        assert status == 0, err
        gone = []
        for target in ("/a/1", "/a/2", "/b"):
            client.get(target)
            if len(shop.requests) != seen:
                gone.append(target)
            seen = len(shop.requests)
        return gone

    assert ask(f"{url}/a/1") == ["/a/1"]
    assert ask("--prefix", f"{url}/a/") == ["/a/1", "/a/2"]
    assert ask("--tag", "sale") == ["/a/1", "/a/2", "/b"]
    assert ask("--tag", "other") == []
    assert ask("--host", "shop.example") == ["/a/1", "/a/2", "/b"]
    assert ask("--all") == ["/a/1", "/a/2", "/b"]
    assert ask("--all", "--soft") == ["/a/1", "/a/2", "/b"]
    status, out, err = here.command("cache", "show", f"{url}/b", "--socket", here.admin)
    assert status == 0 and "status 200" in out and "fresh" in out, out + err
    status, out, err = here.command("cache", "stats", "--socket", here.admin)
    assert status == 0 and "cache default" in out, out + err


def play_a_purge_of_no_url_tells_what_is_wrong():
    here = weir(CONFIG, shop="127.0.0.1:1")

    def ask(url, wanted):
        status, _, err = here.command("purge", "--socket", here.admin, url)
        assert (status, wanted in err) == (1, True), err

    rows(
        [
            ("shop.example/", "a scheme and a host"),
            ("http://shop.example/#top", "leave out '#'"),
            ("http://me@shop.example/", "before '@'"),
            ("http://shop.example:99999/", "is not a host with or without a port"),
            ("http://shop.example/%00", "encoded_nul"),
            ("http://shop.example/" + "%" * 100_000, "256 KiB at most"),
        ],
        ask,
    )
    status, out, err = here.command("purge", "--socket", here.admin, "http://shop.example/" + "%20" * 30_000)
    assert (status, out) == (0, "0 stored answers purged\n"), out + err


def play_a_purge_reads_paths_as_the_route_does():
    shop = counted(FRESH)
    here = weir("site @front { paths { keep slashes; allow backslash }; cache; proxy @shop }", shop=shop)
    for target in ("/a//b", "/a\\b"):
        here.get(target)
        assert "hit" in here.get(target).header("Cache-Status")
        status, out, err = here.command("purge", "--socket", here.admin, f"http://shop.example{target}")
        assert (status, out) == (0, "1 stored answer purged\n"), out + err


@play(seconds=60)
def play_the_limit_of_memory_is_kept():
    body = "x" * 50_000
    shop = origin(lambda visit: visit.answer(200, body, FRESH), is_traced=False)
    here = weir("cache default { memory 8MiB }\n" + CONFIG, shop=shop)
    client = here.client(is_traced=False)
    for number in range(400):
        assert client.get(f"/{number}").text == body
        if number % 50 == 0:
            client.get("/0")
    metrics = here.metrics()
    assert metrics['weir_cache_bytes{zone="default"}'] <= 8 << 20
    assert metrics['weir_cache_evicted_total{zone="default"}'] > 200
    assert metrics['weir_cache_entries{zone="default"}'] > 100


def play_a_reload_keeps_what_is_stored():
    shop = counted(FRESH)
    here = weir(CONFIG, shop=shop)
    client = here.client()
    client.get("/")
    status, out, _ = here.reload("cache default { memory 16MiB }\n" + CONFIG)
    assert (status, "~ cache default" in out) == (0, True), out
    assert client.get("/").text == "answer 1"


def play_over_http2():
    from scene import curl

    shop = counted(FRESH)
    here = weir(CONFIG, shop=shop)
    url = f"http://{here.place('front', False)}/"
    for _ in range(3):
        done = curl("--http2-prior-knowledge", "-sS", "-i", url)
        assert "answer 1" in done, done
    assert len(shop.requests) == 1


def play_a_path_is_asked_for_as_the_key_spells_it():
    """Origins that tell /a//b from /a/b: what the first one spelled is not stored for who asks plainly."""
    seen = []

    def reply(visit):
        seen.append(visit.request.target)
        is_plain = all(odd not in visit.request.target.partition("?")[0] for odd in ("//", "..", "%6", "/./"))
        if is_plain:
            return visit.answer(200, "the page", "Cache-Control: max-age=60")
        return visit.answer(301, "", "Cache-Control: max-age=60", "Location: /elsewhere")

    here = weir("site @front { cache; proxy @shop }", shop=origin(reply))
    client = here.client()
    same = {"/1//page?b=%61": "/1/page?b=%61", "/2/x/../page": "/2/page", "/thr%65e": "/three", "/4/./page?": "/4/page?"}
    for odd, plain in same.items():
        seen.clear()
        assert client.get(odd).status == 200
        answer = client.get(plain)
        assert answer.status == 200 and answer.body == b"the page" and "hit" in answer.header("Cache-Status"), answer
        assert seen == [plain], seen


def play_credentials_and_cookies_keep_no_page_out():
    """What is not stored for one who brings credentials is noted for him alone."""

    def reply(visit):
        is_own = visit.request.has("Cookie")
        visit.answer(200, "page", "Cache-Control: private" if is_own else "Cache-Control: max-age=60")

    here = weir("site @front { cache; proxy @shop }", shop=origin(reply))
    client = here.client()
    for number, line in enumerate(("Authorization: Basic eDp5", "Cookie: a=b")):
        target = f"/{number}"
        for _ in range(2):
            assert client.get(target, line).status == 200
        assert "stored" in client.get(target).header("Cache-Status")
        assert "hit" in client.get(target).header("Cache-Status")


def play_a_host_is_purged_however_it_is_written():
    here = weir(CONFIG, shop=counted(FRESH))
    client = here.client()
    for name in ("shop.example", "SHOP.example", "shop.example.", "shop.example:80"):
        client.get("/")
        assert "hit" in client.get("/").header("Cache-Status")
        status, text, _ = here.command("purge", "--host", name, "--socket", here.admin)
        assert status == 0 and "everything of shop.example purged" in text, text
        assert "hit" not in client.get("/").header("Cache-Status")
    for name in ("*", "http://shop.example/", "a b"):
        status, out, text = here.command("purge", "--host", name, "--socket", here.admin)
        assert status != 0 and "not a host" in out + text, out + text
