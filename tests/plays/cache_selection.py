"""Which of several stored answers a request gets: nobody gets what a route, a rule or a trick has meant for others."""

import socket

from scene import origin, rows, until, weir

FRESH = "Cache-Control: max-age=600"


def says(text, *lines):
    return origin(lambda visit: visit.answer(200, text, FRESH, *lines))


def play_sites_that_share_a_cache_do_not_meet():
    """Who comes to one address may say the host and the port of another."""
    config = "site @inside { cache; proxy @secret }\nsite @front { cache; proxy @shop }"
    here = weir(config, secret=says("for those inside"), shop=says("for all"))
    inside, front = here.client("inside"), here.client()
    for host in ("shop.example", f"shop.example:{here.at('inside')[1]}", f"127.0.0.1:{here.at('inside')[1]}"):
        for _ in range(2):
            assert inside.get("/", host=host).text == "for those inside"
            assert front.get("/", host=host).text == "for all", host


def play_routes_of_one_path_do_not_meet():
    config = """
    site @front {
        cache
        route /* { when header X-Inside yes; proxy @secret }
        route /* { when cookie beta; proxy @beta }
        route /* { proxy @shop }
    }"""
    here = weir(config, secret=says("secret"), beta=says("beta"), shop=says("shop"))
    client = here.client()
    for _ in range(2):
        assert client.get("/", "X-Inside: yes").text == "secret"
        assert client.get("/", "Cookie: beta=1").text == "beta"
        assert client.get("/").text == "shop"
    status, out, err = here.command("purge", "http://shop.example/", "--socket", here.admin)
    assert status == 0 and "3 stored answers" in out, out + err


def play_a_post_invalidates_what_another_route_of_its_path_has_stored():
    config = "site @front { cache; route /* { when method GET; proxy @shop }; route /* { proxy @shop } }"
    count = []
    shop = origin(lambda visit: visit.answer(200, f"answer {count.append(1) or len(count)}", FRESH))
    client = weir(config, shop=shop).client()
    assert [client.get("/").text for _ in range(2)] == ["answer 1", "answer 1"]
    client.ask("POST / HTTP/1.1", "Host: shop.example", "Content-Length: 0")
    assert client.get("/").text == "answer 3"


def play_what_connection_names_selects_nothing():
    """It does not reach the origin, whose answer would be stored for those who mean what they say (RFC 9110 7.6.1)."""
    shop = origin(
        lambda visit: visit.answer(200, str([visit.request.header(name) for name in ("X-Device", "X-Tongue")]), FRESH, "Vary: X-Tongue")
    )
    client = weir("site @front { cache { key header X-Device }; proxy @shop }", shop=shop).client()
    assert client.get("/", "X-Device: phone", "X-Tongue: de", "Connection: x-device, X-Tongue").text == "[None, None]"
    assert client.get("/", "X-Device: phone", "X-Tongue: de").text == "['phone', 'de']"
    assert client.get("/").text == "[None, None]"
    assert len(shop.requests) == 2


def play_what_a_route_edits_selects_as_the_origin_sees_it():
    def reply(visit):
        visit.answer(200, str([visit.request.header(name) for name in ("X-Tongue", "Cookie")]), FRESH, "Vary: X-Tongue, Cookie")

    def ask(cache):
        shop = origin(reply)
        edits = "header request set X-Tongue $cookie{tongue}; header request remove Cookie"
        client = weir(f"site @front {{ {cache}; {edits}; proxy @shop }}", shop=shop).client()
        for _ in range(2):
            assert client.get("/", "Cookie: tongue=de; a=1").text == "['de', None]"
            assert client.get("/", "Cookie: a=2; tongue=fr", "X-Tongue: de").text == "['fr', None]"
            assert client.get("/", "Cookie: b=3", "X-Tongue: de").text == "[None, None]"
        assert len(shop.requests) == 3, "what is taken out makes no variants"

    rows([("cache",), ("cache { key header X-Tongue }",)], ask)


def play_credentials_that_the_route_makes():
    """Who is logged in by a cookie is told to the origin as RFC 9111 3.5 knows it: what comes is for him."""

    def reply(visit):
        visit.answer(200, str(visit.request.header("Authorization")), lifetime[0])

    shop, lifetime = origin(reply), [FRESH]
    client = weir("site @front { cache; header request set Authorization $cookie{token}; proxy @shop }", shop=shop).client()
    for _ in range(2):
        assert client.get("/", "Cookie: token=anna").text == "anna"
        assert client.get("/", "Cookie: token=bert").text == "bert"
    assert client.get("/").text == "None"
    lifetime[0] = "Cache-Control: public, max-age=600"
    assert client.get("/public", "Cookie: token=anna").text == "anna"
    assert client.get("/public").text == "anna"
    service = weir("site @front { cache; header request set Authorization service; proxy @shop }", shop=origin(reply)).client()
    assert "stored" in service.get("/").header("Cache-Status"), "one for all tells of nobody"


def play_what_varies_by_one_client_is_not_stored():
    for name in ("X-Forwarded-For", "X-Request-Id", "Accept, x-real-ip", "Forwarded"):
        shop = says("yours", f"Vary: {name}")
        client = weir("site @front { cache; proxy @shop }", shop=shop).client()
        for _ in range(2):
            assert "stored" not in client.get("/").header("Cache-Status"), name
        assert len(shop.requests) == 2


def play_nobody_takes_a_page_away_from_others():
    """What the origin says to an odd request, or to one with credentials, is no word about what others have got."""
    answers = {"X-Bad": (400, []), "X-Odd": (403, []), "CDN-Loop": (508, []), "Cookie": (200, ["Set-Cookie: a=b"])}
    answers["Authorization"] = (200, [FRESH])

    def reply(visit):
        for name, (status, lines) in answers.items():
            if visit.request.has(name):
                return visit.answer(status, "for one", *lines)
        return visit.answer(200, "for all", FRESH, 'ETag: "a"')

    shop = origin(reply)
    client = weir("site @front { cache { keep_serving 1h }; proxy @shop }", shop=shop).client()
    assert client.get("/").text == "for all"
    for name in answers:
        assert client.get("/", f"{name}: x", "Cache-Control: no-cache").text == "for one", name
        assert "hit" in client.get("/").header("Cache-Status"), name
    assert len(shop.requests) == 6


def play_a_refused_request_keeps_no_page_out():
    def reply(visit):
        status = visit.request.header("X-Bad")
        return visit.answer(int(status or 200), "bad" if status else "for all", *([] if status else [FRESH]))

    shop = origin(reply)
    client = weir("site @front { cache; proxy @shop }", shop=shop).client()
    for status in (400, 403, 405, 431, 501, 508):
        assert client.get(f"/{status}", f"X-Bad: {status}").status == status
        assert "stored" in client.get(f"/{status}").header("Cache-Status"), status
        assert "hit" in client.get(f"/{status}").header("Cache-Status"), status


def play_memory_that_slow_clients_hold_is_told():
    """Other large answers pass through, what is small is stored as ever, and Weir says why."""
    film = b"x" * 3_500_000
    shop = origin(lambda visit: visit.answer(200, film if visit.request.target.startswith("/film") else "page", FRESH))
    here = weir("cache main { memory 8MiB; object max 4MiB }\nsite @front { cache main; proxy @shop }", shop=shop)
    slow = []
    for number in range(4):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(here.at())
        sock.sendall(f"GET /film{number} HTTP/1.1\r\nHost: shop.example\r\n\r\n".encode())
        assert sock.recv(9) == b"HTTP/1.1 "
        slow.append(sock)
    client = here.client()
    assert len(client.get("/film9").body) == len(film)
    assert here.metrics()['weir_cache_crowded_total{zone="main"}'] > 0
    assert here.stderr().count("cache_memory_held") > 0
    assert here.metrics()['weir_cache_not_stored_total{zone="main",reason="crowded"}'] > 0
    assert client.get("/").text == "page" and "hit" in client.get("/").header("Cache-Status")
    for sock in slow:
        sock.close()

    def is_stored():
        return "hit" in client.get("/film9").header("Cache-Status")

    until(is_stored, "there is room again")


def play_what_only_looks_like_a_static_file_is_not_stored():
    """Web cache deception: a page under the name of a style sheet, however the name is written."""
    types = {"/style.css": "text/css", "/code.js?v=1": "text/javascript; charset=utf-8", "/page": "text/html", "/gone.png": "text/html"}

    def reply(visit):
        target = visit.request.target
        visit.answer(404 if "gone" in target else 200, target, f"Content-Type: {types.get(target, 'text/html')}")

    shop = origin(reply)
    client = weir("site @front { cache { ttl 1d; ttl 1d 404; heed origin off; type_check on }; proxy @shop }", shop=shop).client()
    for target in types:
        client.get(target)
        assert "hit" in client.get(target).header("Cache-Status"), target
    pages = ("/account/x.css", "/account;x.css", "/account%2fx.css", "/account/x.cs%73", "/account/x.PNG", "/account/x.css;y?z=.html")
    for target in pages:
        for _ in range(2):
            said = client.get(target).header("Cache-Status")
            assert "fwd=" in said and "stored" not in said, (target, said)
