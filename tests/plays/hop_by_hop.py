"""What belongs to one connection stays there (RFC 9110 7.6.1)."""

from scene import origin, rows, weir

CONFIG = "site @front { proxy @shop }"


def play_requests_lose_their_hop_by_hop_fields():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say(
        "GET / HTTP/1.1", "Host: a", "Connection: keep-alive, X-Mine, x-other", "Keep-Alive: timeout=5", "X-Mine: 1", "X-Other: 2",
        "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5", "Proxy-Authenticate: Basic", "TE: trailers, deflate",
        "Trailer: X-T", "X-Kept: yes",
    )  # fmt: skip
    assert client.answer().status == 200
    gone = {"keep-alive", "x-mine", "x-other", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te", "connection"}
    assert not gone & set(shop.last.names), shop.last.names
    assert shop.last.header("X-Kept") == "yes"


def play_answers_lose_their_hop_by_hop_fields():
    shop = origin(
        "HTTP/1.1 200 OK\r\nConnection: X-Mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n"
        "Proxy-Connection: close\r\nUpgrade: h2c\r\nX-Kept: yes\r\nContent-Length: 0\r\n\r\n"
    )
    answer = weir(CONFIG, shop=shop).client().get("/")
    assert not {"x-mine", "keep-alive", "proxy-connection", "upgrade", "connection", "proxy-authenticate"} & set(answer.names), answer.names
    assert answer.header("X-Kept") == "yes"


def play_connection_cannot_name_end_to_end_fields_away():
    """Naming Host, Cookie, Content-Length or X-Forwarded-For is a trick: they travel all the same."""
    shop = origin()
    client = weir(CONFIG, shop=shop).client()

    def ask(name, value, *rest):
        lines = ["POST / HTTP/1.1", f"Connection: {name}", *rest]
        lines += [f"{name}: {value}"] if value is not None else []
        lines += ["Host: a"] if name != "Host" else []
        client.say(*lines)
        client.send("abc" if name == "Content-Length" else "")
        assert client.answer().status == 200
        assert shop.last.has(name), f"{name} is gone"

    rows(
        [
            ("Host", "a", "Content-Length: 0"),
            ("Cookie", "sid=1", "Content-Length: 0"),
            ("Authorization", "Basic eDp5", "Content-Length: 0"),
            ("Content-Length", "3"),
            ("X-Forwarded-For", None, "Content-Length: 0"),
        ],
        ask,
    )


def play_h2c_upgrade_is_not_forwarded():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    assert client.answer().status == 200
    assert not {"upgrade", "http2-settings", "connection"} & set(shop.last.names)


def play_upgrade_needs_to_be_named_by_connection():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a", "Upgrade: websocket")
    assert client.answer().status == 200
    assert not shop.last.has("Upgrade")


def play_order_case_and_repetition_are_kept():
    shop = origin("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-lOwEr: v\r\nSet-Cookie: c=3\r\nContent-Length: 0\r\n\r\n")
    client = weir(CONFIG, shop=shop).client()
    answer = client.get("/", "X-First: 1", "x-mIxEd: 2", "X-First: 3", "Accept: a", "Accept: b")
    assert [value for name, value in shop.last.fields if name.startswith("X-First") or name == "x-mIxEd"] == ["1", "2", "3"]
    assert shop.last.all("Accept") == ["a", "b"]
    assert answer.all("Set-Cookie") == ["a=1", "b=2", "c=3"]
    assert ("X-lOwEr", "v") in answer.fields


def play_via_is_added_when_configured():
    shop = origin("HTTP/1.1 200 OK\r\nVia: 1.1 cache\r\nContent-Length: 0\r\n\r\n")
    client = weir("site @front { via edge; proxy @shop }", shop=shop).client()
    answer = client.get("/", "Via: 1.0 outer")
    assert ", ".join(shop.last.all("Via")) == "1.0 outer, 1.1 edge"
    assert ", ".join(answer.all("Via")) == "1.1 cache, 1.1 edge"


def play_no_via_by_default():
    shop = origin()
    answer = weir(CONFIG, shop=shop).client().get("/")
    assert not shop.last.has("Via") and not answer.has("Via")


def play_values_are_trimmed_and_kept():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX-A:\t  a \t b  \t\r\nX-Empty:\r\nX-High: \xe9\xff\r\nX-Quote: "a, \\"b\\""\r\n\r\n')
    assert client.answer().status == 200
    assert shop.last.header("X-A") == "a \t b"
    assert shop.last.header("X-Empty") == ""
    assert shop.last.header("X-High") == "\xe9\xff"
    assert shop.last.header("X-Quote") == '"a, \\"b\\""'
