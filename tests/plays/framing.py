"""Bodies and their ends: lengths, chunks, trailers, answers without a body (RFC 9112 6, 7)."""

import threading

from scene import Ended, chunked, origin, rows, weir

CONFIG = "site @front { proxy @shop }"
TRAILERS = "X-Sum: 42\r\nX-Two: b\r\n"


def play_chunked_both_ways_with_trailers():
    head = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
    shop = origin(head + chunked("ab", "cde", trailers=TRAILERS).decode())
    client = weir(CONFIG, shop=shop).client()
    client.say("POST /up HTTP/1.1", "Host: a", "TE: trailers", "Trailer: X-Sum", "Transfer-Encoding: chunked")
    client.send(chunked("hello ", "world", trailers=TRAILERS))
    answer = client.answer()
    assert shop.last.body == b"hello world"
    assert shop.last.framing == "chunked"
    assert shop.last.trailer("X-Sum") == "42"
    assert answer.body == b"abcde"
    assert answer.trailer("X-Sum") == "42" and answer.trailer("X-Two") == "b"
    assert not answer.has("X-Sum")
    assert client.get("/again").status == 200


def play_trailers_never_become_headers():
    """A trailer section that names framing, routing or authentication is dropped of them (RFC 9110 6.5.1)."""
    evil = "Content-Length: 5\r\nHost: evil\r\nAuthorization: x\r\nTransfer-Encoding: chunked\r\nX-Fine: 1\r\nX-Forwarded-For: 6.6.6.6\r\n"
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say("POST /up HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
    client.send(chunked("x", trailers=evil))
    assert client.answer().status == 200
    names = [name.lower() for name, _ in shop.last.trailers]
    assert not {"content-length", "host", "authorization", "transfer-encoding"} & set(names)
    assert "X-Fine" not in [name for name, _ in shop.last.fields]
    assert "6.6.6.6" not in str(shop.last.fields)


def play_lengths_both_ways():
    body = bytes(range(256)) * 1000
    shop = origin(lambda visit: visit.answer(200, visit.request.body))
    client = weir(CONFIG, shop=shop).client(is_traced=False)
    for size in (0, 1, 2, 1023, 1024, 4096, 16383, 16384, 16385, 65535, 65536, 65537, 256000):
        answer = client.ask("POST / HTTP/1.1", "Host: a", f"Content-Length: {size}", body=body[:size])
        assert answer.framing == "length" and answer.body == body[:size], size
        assert shop.last.header("Content-Length") == str(size)


def play_chunks_of_every_size():
    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        visit.send(chunked(visit.request.body[:1], visit.request.body[1:]))

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client(is_traced=False)
    body = bytes(range(256)) * 400
    for size in (2, 15, 16, 17, 255, 256, 4095, 4096, 4097, 65535, 65536, 100000):
        client.say("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
        client.send(chunked(body[: size // 2], body[size // 2 : size]))
        assert client.answer().body == body[:size]


def play_chunk_extensions_are_dropped():
    shop = origin('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=1;b="q;\\"x"\r\nhello\r\n0;last\r\n\r\n')
    client = weir(CONFIG, shop=shop).client()
    client.say("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked")
    client.send('3;name=value\r\nabc\r\n2;q="z"\r\nde\r\n0\r\n\r\n')
    answer = client.answer()
    assert answer.body == b"hello"
    assert shop.last.body == b"abcde"


def play_head_204_and_304_have_no_body():
    """And the connection goes on right behind their head, whatever their fields announce."""

    def reply(visit):
        if visit.request.method == "HEAD":
            return "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"a\"\r\n\r\n"
        if visit.request.target == "/204":
            return "HTTP/1.1 204 No Content\r\n\r\n"
        if visit.request.target == "/304":
            return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 99\r\n\r\n"
        return "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for _ in range(2):
        client.say("HEAD / HTTP/1.1", "Host: a")
        answer = client.answer("HEAD")
        assert answer.header("Content-Length") == "1234" and answer.body == b""
        assert client.get("/204").status == 204
        assert client.get("/304").header("ETag") == '"a"'
        assert client.get("/205").status == 205
    assert shop.connections == 1


def play_head_of_a_chunked_resource():
    shop = origin("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client = weir(CONFIG, shop=shop).client()
    for _ in range(2):
        client.say("HEAD / HTTP/1.1", "Host: a")
        assert client.answer("HEAD").status == 200
    assert shop.connections == 1


def play_until_close_becomes_chunked():
    """A body that ends with the origin's connection reaches the client with an end of its own."""

    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\n\r\nall of it")
        visit.close()

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for _ in range(2):
        answer = client.get("/")
        assert answer.framing == "chunked" and answer.body == b"all of it"
    assert shop.connections == 2


def play_http10_origin():
    def reply(visit):
        visit.send("HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nold")
        visit.close()

    client = weir(CONFIG, shop=origin(reply)).client()
    answer = client.get("/")
    assert answer.body == b"old" and answer.minor == 1
    assert client.get("/").body == b"old"


def play_a_higher_minor_version_is_read_as_1_1():
    """Both ways (RFC 9110 6.2); what Weir says itself is HTTP/1.1."""
    shop = origin("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok")
    client = weir(CONFIG, shop=shop).client()
    for _ in range(2):
        client.send("GET / HTTP/1.3\r\nHost: a\r\n\r\n")
        answer = client.answer()
        assert answer.status == 200 and answer.minor == 1 and answer.body == b"ok"
    assert shop.connections == 1


def play_http10_origin_that_keeps_alive():
    shop = origin("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
    client = weir("workers 1\n" + CONFIG, shop=shop).client()
    for _ in range(3):
        assert client.get("/").body == b"ok"
    assert shop.connections == 1


def play_expect_100_is_answered_by_the_origin():
    """The head goes on alone; 100 comes from the origin, and only then the body."""
    asked = threading.Event()

    def reply(visit):
        if visit.request.method == "GET":
            return visit.answer(200)
        assert visit.request.header("Expect") == "100-continue"
        asked.set()
        visit.send("HTTP/1.1 100 Continue\r\n\r\n")
        return visit.answer(200, visit.read_body())

    shop = origin(reply, reads_body=False)
    client = weir(CONFIG, shop=shop).client()
    client.say("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 4")
    assert client.interim().status == 100
    assert asked.is_set()
    client.send("body")
    assert client.answer().body == b"body"
    assert client.get("/").status == 200


def play_expect_100_refused_by_the_origin():
    """417 or 401 instead of 100: the body never travels."""

    def reply(visit):
        visit.answer(401, "who are you", "Connection: close")
        visit.close()

    shop = origin(reply, reads_body=False)
    client = weir(CONFIG, shop=shop).client()
    client.say("PUT / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 1000000")
    answer = client.answer()
    assert answer.status == 401 and not answer.interim
    # The body may or may not come now: a connection in that state can't carry another request.
    assert answer.header("Connection") == "close"
    client.ends()


def play_expect_100_nothing_comes_before_the_origin():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.send("HTTP/1.1 100 Continue\r\n\r\n")
        visit.answer(200, visit.read_body())

    client = weir(CONFIG, shop=origin(reply, reads_body=False)).client()
    client.say("POST / HTTP/1.1", "Host: a", "Expect: 100-continue", "Content-Length: 2")
    assert client.is_silent()
    hold.set()
    assert client.interim().status == 100
    client.send("ok")
    assert client.answer().body == b"ok"


def play_expect_100_without_a_body_ends_here():
    """An origin that minds it would wait for a body and take the next request for it."""
    shop = origin()
    here = weir("workers 1\n" + CONFIG, shop=shop)
    client = here.client()
    for line, *fields in (("GET / HTTP/1.1",), ("DELETE / HTTP/1.1",), ("POST / HTTP/1.1", "Content-Length: 0")):
        client.say(line, "Host: a", "Expect: 100-continue", *fields)
        answer = client.answer()
        assert answer.status == 200 and not answer.interim and not shop.last.has("Expect")
    modern = here.http2()
    assert modern.answer(modern.get("/", ("expect", "100-continue"))).status == 200 and not shop.last.has("Expect")
    client.say("POST / HTTP/1.0", "Host: a", "Expect: 100-continue", "Content-Length: 2")
    client.send("ab")
    assert client.answer().status == 200 and not shop.last.has("Expect") and shop.last.body == b"ab"


def play_unknown_expectation():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a", "Expect: the-spanish-inquisition")
    assert client.answer().status == 417
    assert not shop.requests


def play_interim_answers_are_relayed():
    """103 with its fields, several of them, before the final answer."""
    early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    shop = origin(early + early.replace("a.css", "b.css") + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    here = weir(CONFIG, shop=shop)
    client = here.client()
    for _ in range(2):
        answer = client.get("/")
        assert [one.status for one in answer.interim] == [103, 103, 102]
        assert answer.interim[1].header("Link") == "</b.css>; rel=preload"
        assert answer.body == b"ok" and not answer.has("Link")
    old = here.client()
    old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    answer = old.answer()
    assert not answer.interim and answer.body == b"ok"


def play_early_hints_come_early():
    hold = threading.Event()

    def reply(visit):
        visit.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        visit.wait(hold)
        visit.answer(200, "ok")

    client = weir(CONFIG, shop=origin(reply)).client()
    client.say("GET / HTTP/1.1", "Host: a")
    assert client.interim().status == 103
    hold.set()
    assert client.answer().body == b"ok"


def play_absolute_form():
    """The target wins over Host, which is written anew (RFC 9112 3.2.2)."""
    shop, other = origin(), origin("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
    text = "site http://shop.example:@front.port { proxy @shop }\nsite http://other.example:@front.port { proxy @other }"
    client = weir(text + "\nsite http://*:@front.port { respond 404 none }", shop=shop, other=other).client()

    def ask(target, host, status, at, target_seen, host_seen):
        client.say(f"GET {target} HTTP/1.1", f"Host: {host}")
        answer = client.answer()
        assert answer.status == status
        assert (at.last.target, at.last.header("Host")) == (target_seen, host_seen)

    rows(
        [
            ("http://shop.example/a?b", "shop.example", 200, shop, "/a?b", "shop.example"),
            ("http://other.example/x", "shop.example", 200, other, "/x", "other.example"),
            ("HTTP://SHOP.example/X", "other.example", 200, shop, "/X", "SHOP.example"),
            ("http://shop.example", "shop.example", 200, shop, "/", "shop.example"),
            ("http://shop.example?q", "shop.example", 200, shop, "/?q", "shop.example"),
        ],
        ask,
    )


def play_options_of_the_whole_server():
    shop = origin("HTTP/1.1 200 OK\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n")
    client = weir(CONFIG, shop=shop).client()
    client.say("OPTIONS * HTTP/1.1", "Host: a")
    answer = client.answer()
    assert answer.status == 200 and answer.header("Allow") == "GET"
    assert (shop.last.method, shop.last.target) == ("OPTIONS", "*")
    client.say("OPTIONS http://a HTTP/1.1", "Host: a")
    assert client.answer().status == 200
    assert shop.last.target == "*"


def play_connect_is_refused():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    client = here.client()
    client.say("CONNECT db.example:5432 HTTP/1.1", "Host: db.example:5432")
    assert client.answer().status == 405
    assert not shop.requests


def play_unusual_methods_are_forwarded():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    for method in ("PATCH", "DELETE", "PROPFIND", "QUERY", "M-SEARCH", "get"):
        client.say(f"{method} /x HTTP/1.1", "Host: a", "Content-Length: 1")
        client.send("z")
        assert client.answer().status == 200
        assert (shop.last.method, shop.last.body) == (method, b"z")


def play_status_and_reason_as_they_came():
    shop = origin("HTTP/1.1 299 Very \xe9 Fine\r\nContent-Length: 0\r\n\r\n")
    client = weir(CONFIG, shop=shop).client()
    answer = client.get("/")
    assert answer.status == 299


def play_a_coding_that_does_not_exist_ends_with_its_connection():
    """RFC 9112 6.3 rule 4: what follows on that connection is body, and the client never hears of the coding."""
    second = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

    def reply(visit):
        visit.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: none\r\nX-Own: 1\r\n\r\nplain" + second)
        visit.close()

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for number in range(2):
        answer = client.get("/")
        assert (answer.status, answer.text) == (200, "plain" + second)
        assert answer.header("X-Own") == "1" and answer.header("Transfer-Encoding") != "none"
    assert shop.connections == 2


def play_truncated_answers_never_end_cleanly():
    """Length, chunks, trailer section: cut short by the origin, cut short for the client."""
    cut = {
        "/length": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        "/chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        "/between": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
        "/last": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n0\r\n",
        "/trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n0\r\nX-A: 1\r\n",
    }

    def reply(visit):
        visit.send(cut[visit.request.target])
        visit.close()

    here = weir(CONFIG, shop=origin(reply))

    def ask(target, http10):
        client = here.client()
        client.send(f"GET {target} HTTP/1.{0 if http10 else 1}\r\nHost: a\r\n\r\n")
        try:
            answer = client.answer()
        except (Ended, AssertionError):
            return
        # An HTTP/1.0 client has no other sign than a reset: answer() has raised for it.
        assert answer.status == 502, answer

    rows([(target, old) for target in cut for old in (False, True)], ask)
