"""Which site and which route takes a request."""

from scene import origin, play, rows, weir


def play_sites_by_host():
    text = """
    site http://shop.example:@front.port http://www.shop.example:@front.port { respond 200 shop }
    site http://*.shop.example:@front.port { respond 200 wild }
    site http://*.deep.shop.example:@front.port { respond 200 deep }
    site http://*:@front.port { respond 200 default }
    """
    client = weir(text).client()

    def ask(host, said):
        assert client.get("/", host=host).text.strip() == said

    rows(
        [
            ("shop.example", "shop"), ("www.shop.example", "shop"), ("SHOP.Example", "shop"), ("shop.example:80", "shop"),
            ("shop.example.", "shop"),
            ("a.shop.example", "wild"), ("a.b.shop.example", "wild"), ("x.deep.shop.example", "deep"), ("deep.shop.example", "wild"),
            ("other.example", "default"), ("xshop.example", "default"), ("127.0.0.1", "default"), ("[::1]", "default"),
            ("xn--bcher-kva.example", "default"),
        ],  # fmt: skip
        ask,
    )


def play_sites_by_listener():
    here = weir("site @front { respond 200 front }\nsite @back { respond 200 back }\nsite @third { listen @fourth; respond 200 both }")
    said = [here.get("/", name=name).text.strip() for name in ("front", "back", "third", "fourth")]
    assert said == ["front", "back", "both", "both"]


def play_a_host_that_no_site_names():
    """A site that listens by address alone takes every host; one with a name takes no other."""
    here = weir("site http://shop.example:@front.port { listen @front; respond 200 shop }")
    client = here.client()
    assert client.get("/", host="shop.example").status == 200
    assert client.get("/", host="nobody.example").status in (404, 421)


def play_routes_first_match_wins():
    text = """
    site @front {
        route /exact { respond 200 exact }
        route /img/*.png *.gif { respond 200 glob }
        route ~^/v([0-9]+)/ { respond 200 "version $1" }
        route /a/*/z { respond 200 middle }
        route /pre/* { respond 200 prefix }
        route / { respond 200 root }
        route /* { respond 200 rest }
    }
    """
    client = weir(text).client()

    def ask(target, said):
        assert client.get(target).text.strip() == said

    rows(
        [
            ("/exact", "exact"), ("/exact/", "rest"), ("/exact?x=1", "exact"), ("/img/a.png", "glob"), ("/img/a/b.png", "glob"),
            ("/x.gif", "glob"), ("/img/a.jpg", "rest"), ("/v12/x", "version 12"), ("/v/x", "rest"), ("/a/b/z", "middle"),
            ("/a/b/c/z", "middle"), ("/pre/x", "prefix"), ("/pre", "prefix"), ("/prefix", "rest"), ("/", "root"), ("/nothing", "rest"),
        ],  # fmt: skip
        ask,
    )


def play_conditions():
    text = """
    site @front {
        route /* { when method POST PUT; respond 200 write }
        route /* { when header X-Beta; respond 200 beta }
        route /* { when header User-Agent *curl*; respond 200 tool }
        route /* { when query version 2 3; respond 200 second }
        route /* { when cookie group blue; respond 200 blue }
        route /* { when not header Accept; respond 200 bare }
        route /* { when client 10.0.0.0/8; respond 200 inside }
        route /* { respond 200 rest }
    }
    """
    client = weir(text).client()

    def ask(_, lines, said):
        answer = client.ask(lines[0], "Host: a", *lines[1:])
        assert answer.text.strip() == said

    accept = "Accept: */*"
    rows(
        [
            ("method", ("POST / HTTP/1.1", accept, "Content-Length: 0"), "write"),
            ("header there", ("GET / HTTP/1.1", accept, "x-beta: 1"), "beta"),
            ("header like", ("GET / HTTP/1.1", accept, "User-Agent: x curl/7"), "tool"),
            ("query", ("GET /?a=1&version=3 HTTP/1.1", accept), "second"),
            ("query of another value", ("GET /?version=4 HTTP/1.1", accept), "rest"),
            ("query encoded", ("GET /?%76ersion=%32 HTTP/1.1", accept), "second"),
            ("cookie", ("GET / HTTP/1.1", accept, "Cookie: a=b; group=blue"), "blue"),
            ("cookie of another value", ("GET / HTTP/1.1", accept, "Cookie: group=bluer"), "rest"),
            ("not", ("GET / HTTP/1.1",), "bare"),
            ("none", ("GET / HTTP/1.1", accept), "rest"),
        ],
        ask,
    )


def play_directives_of_a_site_hold_for_its_routes():
    shop = origin()
    text = """
    site @front {
        header response set X-From site
        route /own { header response set X-Own yes; proxy @shop }
        route /bare { reset header; proxy @shop }
        proxy @shop
    }
    """
    client = weir(text, shop=shop).client()
    answer = client.get("/own")
    assert answer.header("X-From") == "site" and answer.header("X-Own") == "yes"
    assert not client.get("/bare").has("X-From")
    assert client.get("/else").header("X-From") == "site"


def play_policies():
    shop = origin()
    text = """
    policy strict { body max 10B; header response set X-Policy strict }
    site @front {
        route /strict/* { use strict; proxy @shop }
        route /wider/* { use strict { body max 1KiB }; proxy @shop }
        route /* { proxy @shop }
    }
    """
    client = weir(text, shop=shop).client()
    assert client.ask("POST /wider/x HTTP/1.1", "Host: a", "Content-Length: 20", body=b"x" * 20).header("X-Policy") == "strict"
    assert not client.get("/x").has("X-Policy")
    assert client.ask("POST /strict/x HTTP/1.1", "Host: a", "Content-Length: 20", body=b"x" * 20).status == 413


def play_unmatched_paths_are_404():
    client = weir("site @front { route /a { respond 200 a } }").client()
    assert client.get("/a").status == 200
    assert client.get("/b").status == 404


@play(seconds=60, alone=True)
def play_ten_thousand_sites_route_like_ten():
    """10,000 sites × 10 routes load in seconds, and the last is found as the first."""
    routes = "\n".join(f"route /r{number}/* {{ respond 200 r{number} }}" for number in range(10))
    site = "site http://s{0}.example:@front.port {{\n{1}\nheader response set X-Site s{0}\n}}"
    sites = "\n".join(site.format(number, routes) for number in range(10_000))
    here = weir(sites + "\nsite http://*:@front.port { respond 404 none }")
    client = here.client(is_traced=False)
    for number in (0, 1, 4999, 9999):
        answer = client.get("/r9/x", host=f"s{number}.example")
        assert answer.text.strip() == "r9" and answer.header("X-Site") == f"s{number}"
