"""A cache behind a cache: edges ask a shield before the origin."""

import signal
import threading

import scene
from scene import origin, play, rows, until, weir

FRESH = "Cache-Control: max-age=600"
SHIELD = "trusted_proxies 127.0.0.1\nsite @front { cache; proxy @shop }"
EDGE = """
upstream shield { server @shield; timeout { connect 1s } }
cache main { parent upstream shield }
site @front { cache main; proxy @shop }
"""


def counted(*lines, status=200):
    """An origin whose answers are told apart by their number and the path that was asked for."""
    return scene.counted(*lines, status=status, says=lambda number, visit: f"answer {number} {visit.request.target}")


def tiers(shop, edge=EDGE, shield=SHIELD):
    """(shield, edge), which is all that a client knows."""
    above = weir(shield, shop=shop)
    return above, weir(edge, shield=address(above), shop=shop)


def address(of, name="front"):
    return "{}:{}".format(*of.at(name))


def lines_of(here, count):
    """Of the access log, in the order of their requests: each worker writes its own."""
    return sorted(here.log(count), key=lambda line: line["time"])


def said(answer):
    return answer.all("Cache-Status")


def play_what_is_missing_is_asked_of_the_parent():
    shop = counted(FRESH, "Surrogate-Key: one two", "CDN-Cache-Control: max-age=500")
    shield, edge = tiers(shop)
    client = edge.client()
    first = client.get("/a?b=1")
    assert first.text == "answer 1 /a?b=1"
    assert [line.split(";")[0] for line in said(first)] == ["Weir", "Weir"]
    assert all("fwd=uri-miss" in line and "stored" in line for line in said(first)), said(first)
    # What the shield is told by the origin for caches reaches the edge, too.
    assert first.header("Surrogate-Key") == "one two" and first.header("CDN-Cache-Control") == "max-age=500"
    hit = client.get("/a?b=1")
    assert hit.text == "answer 1 /a?b=1" and "hit" in said(hit)[-1] and "uri-miss" in said(hit)[0], said(hit)
    # Another edge: the shield has it.
    other = weir(EDGE, shield=address(shield), shop=shop).get("/a?b=1")
    assert other.text == "answer 1 /a?b=1"
    assert "hit" in said(other)[0] and "fwd=uri-miss; fwd-status=200; stored" in said(other)[1], said(other)
    assert len(shop.requests) == 1
    line, kept = lines_of(edge, 2)
    assert line["tier"] == "parent" and line["upstream"] == "shield" and line["peer"] == address(shield)
    assert "tier" not in kept and kept["cache_status"] == "hit"
    assert [each["cache_status"] for each in lines_of(shield, 2)] == ["miss", "hit"]
    assert edge.metrics()['weir_cache_parent_answers_total{zone="main"}'] == 1


def play_the_parent_makes_the_same_key_and_knows_the_client():
    shop = counted(FRESH)
    shield, edge = tiers(
        shop,
        edge="""
        trusted_proxies 127.0.0.1
        upstream shield { server @shield }
        cache main { parent upstream shield }
        site @front {
            cache main { key drop_query utm_* }
            rewrite strip_prefix /shop
            host internal.example
            header request set X-For-Origin 1
            header request remove Accept-Language
            proxy @shop
        }
        """,
    )
    lines = "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: www.example", "Accept-Language: de"
    edge.get("/shop/a?utm_x=1&b=2", *lines, host="inside:81")
    asked = shop.requests[0]
    # As the client asked; the shield has no rewrites of its own here.
    assert asked.target == "/shop/a?b=2" and not asked.has("X-For-Origin") and asked.header("Accept-Language") == "de"
    assert asked.header("Host") == "www.example" and asked.header("X-Forwarded-Host") == "www.example"
    assert asked.header("X-Forwarded-Proto") == "https" and asked.header("X-Forwarded-For") == "192.0.2.7, 127.0.0.1, 127.0.0.1"
    assert shield.log()[0]["client_ip"] == "192.0.2.7"
    at_edge, above = (each.command("cache", "show", "https://www.example/shop/a?b=2", "--socket", each.admin)[1] for each in (edge, shield))
    assert "key https://www.example/shop/a?b=2" in at_edge and "key https://www.example/shop/a?b=2" in above, (at_edge, above)


def play_each_key_has_its_parent():
    shop = counted(FRESH)
    members = [weir(SHIELD, shop=shop) for _ in range(3)]
    config = """
    upstream shield {{ server {} }}
    cache main {{ parent upstream shield }}
    site @front {{ cache main; proxy @shop }}
    """.format(" ".join(address(member) for member in members))
    for _ in range(2):
        edge = weir(config, shop=shop)
        client = edge.client()
        for number in range(30):
            assert client.get(f"/{number}").status == 200
    assert len(shop.requests) == 30, "both edges ask the same shield for the same thing"
    counts = [len(member.log(0)) for member in members]
    until(lambda: sum(member.log_count() for member in members) == 60, "60 lines in the logs of the shields")
    counts = [member.log_count() for member in members]
    assert all(counts), counts
    # A member that is killed: its share goes to the others, and nobody else's moves.
    members[0].ends_well = False
    members[0].process.kill()
    members[0].process.wait()
    before = len(shop.requests)
    edge = weir(config, shop=shop)
    client = edge.client()
    for number in range(30):
        answer = client.get(f"/{number}")
        assert answer.status == 200 and len(said(answer)) == 2, said(answer)
    assert len(shop.requests) - before == counts[0] // 2, (len(shop.requests) - before, counts)


@play(60)
def play_a_member_is_killed_under_load():
    shop = counted("Cache-Control: max-age=0, must-revalidate", 'ETag: "a"')
    members = [weir(SHIELD, shop=shop) for _ in range(2)]
    edge = weir(
        """
        upstream shield {{ server {} }}
        cache main {{ parent upstream shield }}
        site @front {{ cache main; proxy @shop }}
        """.format(" ".join(address(member) for member in members)),
        shop=shop,
    )
    bad, done = [], []

    def load(name):
        client = edge.client(is_traced=False)
        number = 0
        while not done:
            number += 1
            answer = client.get(f"/{name}/{number % 20}")
            if answer.status != 200:
                bad.append((answer.status, answer.text))
        asked[name] = number

    asked = {}
    threads = [threading.Thread(target=load, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(shop.requests) > 100, "load has begun", 20)
    members[1].ends_well = False
    members[1].process.kill()
    members[1].process.wait()
    before = len(shop.requests)
    until(lambda: len(shop.requests) > before + 200, "load goes on", 30)
    done.append(True)
    for thread in threads:
        thread.join()
    assert not bad, bad[:5]
    assert all(asked.values())


def play_the_whole_shield_is_down():
    shop = counted(FRESH)
    shield, edge = tiers(shop)
    assert len(said(edge.get("/a"))) == 2
    shield.ends_well = False
    shield.process.kill()
    shield.process.wait()
    answer = edge.get("/b")
    assert answer.status == 200 and len(said(answer)) == 1 and "stored" in said(answer)[0]
    assert edge.get("/a").text == "answer 1 /a"
    assert "hit" in said(edge.get("/b"))[0]
    line = next(each for each in lines_of(edge, 4) if each["uri"] == "/b")
    assert "tier" not in line and line["peer"] == shop.address, line
    assert edge.metrics()['weir_cache_parent_passed_total{zone="main"}'] == 1
    assert "cache_parent_passed" in edge.stderr()
    # A POST that nobody has got yet goes to the origin, too.
    assert edge.client().ask("POST /b HTTP/1.1", "Host: shop.example", "Content-Length: 2", body=b"ab").status == 200
    assert "hit" not in said(edge.get("/b"))[0]


def play_no_way_past_the_parent():
    shop = counted(FRESH)
    shield, edge = tiers(shop, edge=EDGE.replace("parent upstream shield", "parent upstream shield or error; keep_serving 1h"))
    assert edge.get("/a").status == 200
    shield.ends_well = False
    shield.process.kill()
    shield.process.wait()
    assert edge.get("/b").status == 502
    assert len(shop.requests) == 1


def play_everybody_is_dead():
    shop = counted("Cache-Control: max-age=0", 'ETag: "a"')
    shield, edge = tiers(shop, edge=EDGE.replace("parent upstream shield", "parent upstream shield; keep_serving 1h"))
    assert edge.get("/a").text == "answer 1 /a"
    shield.ends_well = False
    shield.process.kill()
    shield.process.wait()
    shop.stop()
    answer = edge.get("/a")
    assert answer.status == 200 and answer.text == "answer 1 /a", answer
    assert edge.get("/never").status == 502


def play_ages_add_up():
    shop = counted("Cache-Control: max-age=600", "Age: 100", 'ETag: "a"')
    shield, edge = tiers(shop)
    first = edge.get("/a")
    assert 100 <= int(first.header("Age")) <= 103, first
    again = edge.get("/a")
    assert int(again.header("Age")) >= 100
    ttl = int(said(again)[-1].split("ttl=")[1].split(";")[0])
    assert 490 <= ttl <= 500, said(again)
    # Purged at the edge alone, softly: the shield says that it holds, and how old it is.
    assert purge(edge, "--all", "--soft")[0] == 1
    renewed = edge.get("/a")
    assert "fwd=stale; fwd-status=304" in said(renewed)[-1] and len(shop.requests) == 1, said(renewed)
    assert int(renewed.header("Age")) >= 100, renewed
    ttl = int(said(edge.get("/a"))[-1].split("ttl=")[1].split(";")[0])
    assert ttl <= 500, ttl


def play_what_changes_something_goes_through_the_parent():
    shop = counted(FRESH)
    shield, edge = tiers(shop, edge=EDGE.replace("cache main; proxy", "cache main { bypass cookie session }; proxy"))
    client = edge.client()
    client.get("/a")
    assert client.ask("POST /a HTTP/1.1", "Host: shop.example", "Content-Length: 2", body=b"ab").text == "answer 2 /a"
    # Both have forgotten what it was.
    assert client.get("/a").text == "answer 3 /a"
    # What passes by goes to the origin.
    passed = client.get("/a", "Cookie: session=1")
    assert passed.text == "answer 4 /a" and len(said(passed)) == 1 and "fwd=bypass" in said(passed)[0]
    lines = lines_of(edge, 4)
    assert [line.get("tier") for line in lines] == ["parent", "parent", "parent", None]


def play_slices_are_asked_of_the_parent():
    film = bytes(range(256)) * 1024  # 256 KiB
    asked = []

    def reply(visit):
        wanted = visit.request.header("Range")
        asked.append(wanted)
        if not wanted:
            return visit.answer(200, film, 'ETag: "f"', FRESH, "Accept-Ranges: bytes")
        first, last = wanted.removeprefix("bytes=").split("-")
        first, last = int(first), min(int(last or len(film) - 1), len(film) - 1)
        return visit.answer(206, film[first : last + 1], 'ETag: "f"', FRESH, f"Content-Range: bytes {first}-{last}/{len(film)}")

    shop = origin(reply)
    sliced = EDGE.replace("cache main; proxy", "cache main { slice 64KiB }; proxy")
    shield, edge = tiers(shop, sliced, SHIELD.replace("cache;", "cache { slice 64KiB };"))
    part = edge.get("/film", "Range: bytes=70000-200000")
    assert part.status == 206 and part.body == film[70000:200001]
    assert edge.get("/film").body == film
    other = weir(sliced, shield=address(shield), shop=shop)
    assert other.get("/film").body == film
    ranges = [wanted for wanted in asked if wanted]
    assert len(ranges) == len(set(ranges)) == 4, asked


def play_a_loop_is_cut():
    shop = counted(FRESH)
    config = "upstream other { server @other }\ncache main { parent upstream other }\nsite @front { cache main; proxy @shop }"
    one = weir(config.replace("@other", "127.0.0.1:1"), shop=shop)
    two = weir(config, shop=shop, other=address(one))
    status, _, err = one.reload(config.replace("@other", address(two)))
    assert status == 0, err
    answer = one.get("/a")
    assert answer.status == 508 and len(shop.requests) == 0, answer
    lines = one.log(2)
    assert [line["status"] for line in lines] == [508, 508], lines
    assert any("CDN-Loop" in line.get("error_detail", "") for line in lines), lines
    # Named alike they are one: the other one hears its own name at once.
    for each, other in ((one, two), (two, one)):
        named = config.replace("cache main; proxy", "cdn_loop edge.example; cache main; proxy")
        status, _, err = each.reload(named.replace("@other", address(other)))
        assert status == 0, err
    before = one.log_count()
    answer = one.get("/b")
    assert answer.status == 508 and len(shop.requests) == 0, answer
    assert said(answer) == ["edge.example; fwd=uri-miss; fwd-status=508; detail=status"], said(answer)
    assert one.log_count() <= before + 1


def play_cdn_loop_is_read_and_kept():
    shop = counted()
    here = weir("site @front { cdn_loop edge.example rounds 1; cache; header request set X-A 1; proxy @shop }", shop=shop)

    def ask(lines, status, sent):
        before = len(shop.requests)
        answer = here.get("/", *lines)
        assert answer.status == status, answer
        if sent is not None:
            assert ", ".join(shop.requests[before].all("CDN-Loop")) == sent, shop.requests[before]
        assert len(shop.requests) - before == (status == 200)

    rows(
        [
            ([], 200, "edge.example"),
            (["CDN-Loop: other; a=b"], 200, "other; a=b, edge.example"),
            (["CDN-Loop: other", "Connection: cdn-loop"], 200, "other, edge.example"),
            (["CDN-Loop: edge.example"], 200, "edge.example, edge.example"),
            (["CDN-Loop: edge.example", "CDN-Loop: x, EDGE.example"], 508, None),
            (["CDN-Loop: edge.example edge.example"], 400, None),
            (["CDN-Loop: " + ", ".join(["x"] * 32)], 200, ", ".join(["x"] * 32 + ["edge.example"])),
            (["CDN-Loop: " + ", ".join(["x"] * 33)], 508, None),
        ],
        ask,
    )
    assert said(here.get("/"))[0].startswith("edge.example;")
    status, _, err = here.command("check", "-", stdin="site :1 { header request remove CDN-Loop; proxy localhost:1 }")
    assert status != 0 and "CDN-Loop" in err, err


PURGED_SHIELD = "purges from 127.0.0.1\n" + SHIELD


def purge(of, *words):
    return of.command("purge", "--socket", of.admin, *words)


def play_a_purge_goes_up_first():
    shop = counted(FRESH, "Surrogate-Key: one", "Cache-Tag: two")
    shield, edge = tiers(shop, shield=PURGED_SHIELD)
    url = "http://shop.example/a"

    def ask(words, out):
        before = len(shop.requests)
        assert edge.get("/a").status == 200
        status, said_out, err = purge(edge, *words)
        assert status == 0, err
        lines = said_out.splitlines()
        assert lines[0].startswith(f"{address(shield)}: ") and lines[1].startswith("here: ") and len(lines) == 2, lines
        assert all(out in line for line in lines), lines
        assert edge.get("/a").status == 200
        assert len(shop.requests) - before <= 2 and len(shop.requests) > before, len(shop.requests)

    rows(
        [
            ([url], "1 stored answer purged"),
            (["--prefix", "http://shop.example/"], "1 stored answer purged"),
            (["--tag", "one"], "everything of one purged"),
            (["--tag", "two"], "everything of two purged"),
            (["--host", "shop.example"], "everything of shop.example purged"),
            (["--all"], "everything purged"),
            (["--all", "--soft"], "everything marked stale"),
            (["--soft", url], "1 stored answer marked stale"),
        ],
        ask,
    )
    status, _, err = purge(edge, "nonsense")
    assert status == 1 and "not a URL" in err, err


def play_a_purge_that_a_tier_does_not_carry_out():
    shop = counted(FRESH)
    shield, edge = tiers(shop)  # it allows nobody
    edge.get("/a")
    status, _, err = purge(edge, "--all")
    assert status == 1, err
    assert err.splitlines()[0].startswith(f"{address(shield)}: NOT purged: status 403") and "here: everything purged" in err, err
    assert not any(request.method == "PURGE" for request in shop.requests), "it is for no origin"
    shield.signal(signal.SIGSTOP)
    status, _, err = purge(edge, "--all")
    assert status == 1 and f"{address(shield)}: NOT purged: timeout" in err and "here: everything purged" in err, err
    shield.signal(signal.SIGCONT)
    shield.signal(signal.SIGTERM)
    shield.ended()
    status, _, err = purge(edge, "--all")
    assert status == 1 and f"{address(shield)}: NOT purged: refused" in err, err
    assert "purge_not_passed" in edge.stderr()


def play_a_purge_goes_down_to_all_edges():
    shop = counted(FRESH, "Surrogate-Key: one")
    config = "purges from 127.0.0.1\npurges to upstream edges\nupstream edges { server @one @two }\n" + SHIELD
    shield = weir(config.replace("@one @two", "127.0.0.1:1"), shop=shop)
    edges = [weir("purges from 127.0.0.1\n" + EDGE, shield=address(shield), shop=shop) for _ in range(2)]
    status, _, err = shield.reload(config.replace("@one @two", " ".join(address(edge) for edge in edges)))
    assert status == 0, err
    for edge in edges:
        assert edge.get("/a").text == "answer 1 /a"
    status, out, err = purge(shield, "--tag", "one")
    assert status == 0 and out.splitlines()[0] == "here: everything of one purged", out + err
    assert sorted(out.splitlines()[1:]) == sorted(f"{address(edge)}: here: everything of one purged" for edge in edges) or all(
        f"{address(edge)}: everything of one purged" in out for edge in edges
    ), out
    for edge in edges:
        assert edge.get("/a").text == "answer 2 /a"
    # At an edge: up, and from there down to the other one.
    status, out, err = purge(edges[0], "http://shop.example/a")
    assert status == 0, err
    assert all(f"{address(shield)}: {name}" in out for name in ("here", *(address(edge) for edge in edges))), out
    assert edges[1].get("/a").text == "answer 3 /a" and edges[0].get("/a").text == "answer 3 /a"


def play_an_application_purges_all_tiers():
    shop = counted(FRESH)
    shield, edge = tiers(shop, EDGE.replace("cache main; proxy", "cache main { purge from 127.0.0.1 }; proxy"), PURGED_SHIELD)
    edge.get("/a?b")
    answer = edge.client().ask("PURGE /a?b HTTP/1.1", "Host: shop.example")
    lines = [f"{address(shield)}: 1 stored answer purged", "here: 1 stored answer purged"]
    assert answer.status == 200 and answer.text.splitlines() == lines, answer
    assert edge.get("/a?b").text == "answer 2 /a?b"


def play_who_may_purge_everything():
    shop = counted(FRESH)
    shield = weir(SHIELD.replace("trusted", "purges from 192.0.2.0/24\ntrusted"), shop=shop)
    shield.get("/a")
    # Whom a trusted proxy tells of is not who is connected.
    lied = shield.client().ask("PURGE /.well-known/weir/purge?all HTTP/1.1", "Host: shop.example", "X-Forwarded-For: 192.0.2.1")
    assert lied.status == 403
    assert shield.get("/a").text == "answer 1 /a"
    here = weir("purges from 127.0.0.1\n" + SHIELD, shop=shop)
    client = here.client()

    def ask(target, method, status, purged):
        before = client.get("/a").text
        assert client.ask(f"{method} {target} HTTP/1.1", "Host: shop.example").status == status
        assert (client.get("/a").text != before) == purged

    rows(
        [
            ("/.well-known/weir/purge?all", "PURGE", 200, True),
            ("/.well-known/weir/purge?url=http%3A%2F%2Fshop.example%2Fa", "PURGE", 200, True),
            ("/.well-known/weir/purge?all", "GET", 200, False),
            ("/.well-known/weir/purge?url=a", "PURGE", 400, False),
        ],
        ask,
    )


def play_circles_of_purges_end():
    shop = counted(FRESH)
    config = """
    purges from 127.0.0.1
    purges to upstream other
    upstream other { server @other }
    cache main { parent upstream other }
    site @front { cache main; proxy @shop }
    """
    one = weir(config.replace("@other", "127.0.0.1:1"), shop=shop)
    two = weir(config, shop=shop, other=address(one))
    status, _, err = one.reload(config.replace("@other", address(two)))
    assert status == 0, err
    status, out, err = purge(one, "--all")
    assert status == 0 and out.count("here: everything purged") < 30, out + err


def play_somebody_else_says_that_he_has_purged():
    shop = counted(FRESH)
    other = origin(lambda visit: visit.answer(200, "everything purged", "Content-Type: text/plain"))
    edge = weir(EDGE, shield=other, shop=shop)
    status, _, err = purge(edge, "--all")
    assert status == 1 and f"{other.address}: NOT purged: status 200, but not by a Weir" in err, err


@play(needs="openssl")
def play_tiers_speak_http2_and_tls():
    def through(protocol, of_edge, of_shield):
        shop = counted(FRESH)
        shield = weir("purges from 127.0.0.1\ntrusted_proxies 127.0.0.1\n" + of_shield, shop=shop)
        edge = weir(EDGE.replace("server @shield;", of_edge), shield=address(shield), shop=shop)
        assert edge.get("/a", host="localhost").text == "answer 1 /a"
        line = edge.log(1)[0]
        assert line["tier"] == "parent" and line["upstream_protocol"] == protocol, line
        status, out, err = purge(edge, "http://localhost/a")
        assert status == 0 and out.count("1 stored answer purged") == 2, out + err
        assert edge.get("/a", host="localhost").text == "answer 2 /a"

    secure = "site localhost { listen @front tls; tls internal; cache; proxy @shop }"
    rows(
        [
            ("HTTP/2", "server @shield; protocol h2c;", "site @front { cache; proxy @shop }"),
            ("HTTP/2", "server @shield; tls insecure;", secure),
            ("HTTP/1.1", "server @shield; tls insecure; protocol h1;", secure),
        ],
        through,
    )
