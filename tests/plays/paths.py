"""Paths: normalised to decide, forwarded as they came; what is ambiguous is refused."""

from scene import origin, rows, weir

H = "Host: a\r\n"

RAW = [
    "/", "/a", "/a/", "/a//b", "/a%2Fb", "/a%2fb", "/%41%7e", "/a/./b", "/a/b/../c", "/a/%2e%2e/c", "/a?", "/a?b=c&d=%2F", "/a??x",
    "/a;b=c", "/caf%C3%A9", "/a%20b", "/a+b", "/$&'()*,;=:@!", "/a?x=/../..", "/a?q=%00", "//", "//a", "/a%25b", "/%C0%AF", "/a/.../b",
    "/.hidden", "/a|b", '/a"b',
    "/[a]", "/{a}", "/a^b`c", "/a?{x}|y",
]  # fmt: skip

REFUSED = [
    ("NUL", "/a%00b"),
    ("a control octet", "/a%01b"),
    ("a line end", "/a%0d%0aX-Evil:1"),
    ("DEL", "/a%7fb"),
    ("half an escape", "/a%2"),
    ("no digits", "/a%zz"),
    ("a lonely percent", "/100%"),
    ("climbs above the root", "/.."),
    ("climbs above the root later", "/a/../.."),
    ("climbs encoded", "/%2e%2e/etc"),
    ("climbs half encoded", "/.%2e/etc"),
    ("a backslash", "/a\\b"),
    ("an encoded backslash", "/a%5Cb"),
    ("a backslash that climbs", "/..%5c.."),
]


def play_forwarded_as_they_came():
    shop = origin()
    client = weir("site @front { proxy @shop }", shop=shop).client()

    def ask(target):
        client.send(f"GET {target} HTTP/1.1\r\n{H}\r\n")
        answer = client.answer()
        assert answer.status == 200, f"answered {answer.status}"
        assert shop.last.target == target, f"the origin got {shop.last.target}"

    rows([(target,) for target in RAW], ask)


def play_ambiguous_ones_are_refused():
    """With 400, before anything is forwarded."""
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)

    def ask(_, target):
        before = len(shop.requests)
        client = here.client()
        client.send(f"GET {target} HTTP/1.1\r\n{H}\r\n")
        assert client.answer().status == 400
        assert len(shop.requests) == before

    rows(REFUSED, ask)
    lines = here.log(len(REFUSED))
    assert all(line.get("error_detail") for line in lines), "the log says which rule refused"


def play_decisions_see_the_normal_form():
    """However a path is written, it meets the route that means it; the origin sees what came."""
    admin, rest = origin("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nadmin"), origin()
    text = "site @front {\n route /admin/* { proxy @secret }\n route /a%2Fb { respond 200 slash }\n route /* { proxy @rest }\n}"
    client = weir(text, secret=admin, rest=rest).client()

    def ask(target, body):
        client.send(f"GET {target} HTTP/1.1\r\n{H}\r\n")
        answer = client.answer()
        assert answer.body.strip() == body, f"{answer.body!r}"
        if body == b"admin":
            assert admin.last.target == target

    rows(
        [
            *((target, b"admin") for target in ("/admin/x", "/%61dmin/x", "/%61%64%6d%69%6e/", "//admin/x", "/x/../admin/x", "/admin//x")),
            *((target, b"admin") for target in ("/x/%2E%2e/admin/x", "/./admin/./x", "/admin")),
            *((target, b"hello") for target in ("/admin%2Fx", "/Admin/x", "/admin/../x", "/a/b", "/?/admin/")),
            *((target, b"slash") for target in ("/a%2Fb", "/a%2fb")),
        ],
        ask,
    )


def play_switches_of_a_route():
    shop = origin()
    text = "site @front { route /open/* { paths { allow backslash encoded_nul }; proxy @shop }\n route /* { proxy @shop } }"
    here = weir(text, shop=shop)

    def ask(target, status):
        client = here.client()
        client.send(f"GET {target} HTTP/1.1\r\n{H}\r\n")
        assert client.answer().status == status
        assert status != 200 or shop.last.target == target

    rows([("/open/a\\b", 200), ("/open/a%5Cb", 200), ("/open/a%00", 200), ("/open/%01", 400), ("/a\\b", 400), ("/%00", 400)], ask)


def play_kept_slashes():
    shop = origin()
    routes = "route /a/b { respond 200 one }; route /a//b { respond 200 two }; route /* { respond 200 rest }"
    text = f"site @front {{ paths {{ keep slashes }}; {routes} }}"
    client = weir(text, shop=shop).client()
    assert [client.get(target).text.strip() for target in ("/a/b", "/a//b", "/a///b")] == ["one", "two", "rest"]
