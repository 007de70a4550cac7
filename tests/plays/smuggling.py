"""Requests that two parsers could read in two ways: each is refused, its connection closed, and the origin sees nothing of it."""

import threading

from metrics import total
from scene import Reset, origin, rows, until, weir

H = "Host: a\r\n"
HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def post(fields, body=""):
    return f"POST / HTTP/1.1\r\n{H}{fields}\r\n{body}"


def get(fields):
    return f"GET / HTTP/1.1\r\n{fields}\r\n"


LENGTHS = [
    ("both lengths and coding", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + HIDDEN), 400),
    ("coding first, then length", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + HIDDEN), 400),
    ("two different lengths", post("Content-Length: 3\r\nContent-Length: 40\r\n", "abc" + HIDDEN), 400),
    ("the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400),
    ("a list of lengths", post("Content-Length: 3, 3\r\n", "abc"), 400),
    ("a positive sign", post("Content-Length: +3\r\n", "abc"), 400),
    ("a negative length", post("Content-Length: -3\r\n", "abc"), 400),
    ("a hexadecimal length", post("Content-Length: 0x3\r\n", "abc"), 400),
    ("digits and letters", post("Content-Length: 3a\r\n", "abc"), 400),
    ("a fraction", post("Content-Length: 3.0\r\n", "abc"), 400),
    ("an exponent", post("Content-Length: 3e1\r\n", "abc"), 400),
    ("a space inside", post("Content-Length: 3 0\r\n", "abc"), 400),
    ("an empty length", post("Content-Length:\r\n", ""), 400),
    ("2^64", post("Content-Length: 18446744073709551616\r\n", ""), 400),
    ("2^64 + 3", post("Content-Length: 18446744073709551619\r\n", "abc"), 400),
    ("forty digits", post("Content-Length: " + "9" * 40 + "\r\n", ""), 400),
    ("other digits", post("Content-Length: \xb2\r\n", "ab"), 400),
    ("a quoted length", post('Content-Length: "3"\r\n', "abc"), 400),
]

CODINGS = [
    ("gzip alone", post("Transfer-Encoding: gzip\r\n"), {400, 501}),
    ("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), {400, 501}),
    ("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), {400, 501}),
    ("identity", post("Transfer-Encoding: identity\r\n"), {400, 501}),
    ("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("chunked in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("identity in a second line", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), {400, 501}),
    ("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("chunkedx", post("Transfer-Encoding: chunkedx\r\n", "0\r\n\r\n"), {400, 501}),
    ("a quoted coding", post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"), {400, 501}),
    ("a parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), {400, 501}),
    ("an empty coding", post("Transfer-Encoding:\r\n"), {400, 501}),
    ("a leading comma", post("Transfer-Encoding: , chunked\r\n", "0\r\n\r\n"), {400, 501}),
    ("vertical tab before", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), 400),
    ("form feed behind", post("Transfer-Encoding: chunked\x0c\r\n", "0\r\n\r\n"), 400),
    ("NUL behind", post("Transfer-Encoding: chunked\0\r\n", "0\r\n\r\n"), 400),
    ("coding in HTTP/1.0", f"POST / HTTP/1.0\r\n{H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
]

LINES = [
    ("space before the colon", post("Content-Length : 3\r\n", "abc"), 400),
    ("tab before the colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), 400),
    ("obs-fold", post("X-A: 1\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
    ("a coding folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400),
    ("a folded first field", f"GET / HTTP/1.1\r\n X-A: 1\r\n{H}\r\n", 400),
    ("a tab folds too", get(f"{H}X-A: 1\r\n\tb\r\n"), 400),
    ("bare LF ends a line", f"GET / HTTP/1.1\r\n{H}X-A: 1\nX-B: 2\r\n\r\n", 400),
    ("bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400),
    ("bare LF ends the head", f"GET / HTTP/1.1\r\n{H}\n", 400),
    ("bare CR in a value", get(f"{H}X-A: 1\rTransfer-Encoding: chunked\r\n"), 400),
    ("bare CR in a name", get(f"{H}X\r-A: 1\r\n"), 400),
    ("CR CR LF", get(f"{H}X-A: 1\r\r\n"), 400),
    ("bare LF behind the request line", f"GET / HTTP/1.1\n{H}\r\n", 400),
    ("an empty name", get(f"{H}: 1\r\n"), 400),
    ("a line without a colon", get(f"{H}Transfer-Encoding\r\n"), 400),
    ("a space in a name", get(f"{H}X A: 1\r\n"), 400),
    ("a space before a name", get(f"{H}X-B: 1\r\n X-A: 1\r\n"), 400),
    ("parentheses in a name", get(f"{H}X(A): 1\r\n"), 400),
    ("a quote in a name", get(f'{H}"X": 1\r\n'), 400),
    ("NUL in a name", get(f"{H}X\0A: 1\r\n"), 400),
    ("high octet in a name", get(f"{H}X\xe9: 1\r\n"), 400),
    ("NUL in a value", get(f"{H}X-A: a\0b\r\n"), 400),
    ("DEL in a value", get(f"{H}X-A: a\x7fb\r\n"), 400),
    ("escape in a value", get(f"{H}X-A: a\x1bb\r\n"), 400),
    ("backspace in a value", get(f"{H}X-A: a\x08b\r\n"), 400),
    ("three empty lines first", "\r\n\r\n\r\n\r\n" + get(H), 400),
]

REQUEST_LINES = [
    ("two spaces behind the method", f"GET  / HTTP/1.1\r\n{H}\r\n", 400),
    ("two spaces before the version", f"GET /  HTTP/1.1\r\n{H}\r\n", 400),
    ("a tab instead of a space", f"GET\t/ HTTP/1.1\r\n{H}\r\n", 400),
    ("a space in the target", f"GET /a b HTTP/1.1\r\n{H}\r\n", 400),
    ("a space behind the version", f"GET / HTTP/1.1 \r\n{H}\r\n", 400),
    ("a space before the method", f" GET / HTTP/1.1\r\n{H}\r\n", 400),
    ("no target", f"GET HTTP/1.1\r\n{H}\r\n", 400),
    ("no version", "GET /\r\n\r\n", 400),
    ("no version behind a space", "GET / \r\n\r\n", 400),
    ("no version, and fields", f"GET /a \r\n{H}\r\n", 400),
    ("another protocol", f"GET / ICY\r\n{H}\r\n", 400),
    ("a name of HTTP that is none", f"GET / HTTP 1.1\r\n{H}\r\n", 400),
    ("version 2.0", f"GET / HTTP/2.0\r\n{H}\r\n", 505),
    ("version 0.9", f"GET / HTTP/0.9\r\n{H}\r\n", {400, 505}),
    ("version 3.0", f"GET / HTTP/3.0\r\n{H}\r\n", 505),
    ("lower case version", f"GET / http/1.1\r\n{H}\r\n", 400),
    ("two digits", f"GET / HTTP/1.10\r\n{H}\r\n", 400),
    ("a comma", f"GET / HTTP/1,1\r\n{H}\r\n", 400),
    ("no method token", f"G(T / HTTP/1.1\r\n{H}\r\n", 400),
    ("a fragment in the target", f"GET /a#b HTTP/1.1\r\n{H}\r\n", 400),
    ("a relative target", f"GET a HTTP/1.1\r\n{H}\r\n", 400),
    ("an asterisk for GET", f"GET * HTTP/1.1\r\n{H}\r\n", 400),
    ("a high octet in the target", f"GET /\xe9 HTTP/1.1\r\n{H}\r\n", 400),
    ("a control octet in the target", f"GET /\x01 HTTP/1.1\r\n{H}\r\n", 400),
    ("NUL in the target", f"GET /\0 HTTP/1.1\r\n{H}\r\n", 400),
    ("bare CR in the target", f"GET /a\rb HTTP/1.1\r\n{H}\r\n", 400),
    ("an unknown scheme", f"GET ftp://a/ HTTP/1.1\r\n{H}\r\n", 400),
    ("user information", f"GET http://u:p@a/ HTTP/1.1\r\n{H}\r\n", 400),
    ("absolute-form without a host", f"GET http:/// HTTP/1.1\r\n{H}\r\n", 400),
    ("TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ("a very long method", "X" * 100 + f" / HTTP/1.1\r\n{H}\r\n", {400, 501}),
]

HOSTS = [
    ("none", "GET / HTTP/1.1\r\nX-A: 1\r\n\r\n", 400),
    ("two", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("the same twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("two in absolute-form", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("none in absolute-form", "GET http://a/ HTTP/1.1\r\n\r\n", 400),
    ("a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
    ("a question mark", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", 400),
    ("a hash", "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", 400),
    ("a letter in the port", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400),
    ("a port too large", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400),
    ("two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400),
    ("an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    ("no IPv6 address", "GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n", 400),
    ("a backslash", "GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", 400),
    ("percent-encoded", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", 400),
    ("a high octet", "GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", 400),
]

CHUNKS = [
    ("no digits", "\r\n\r\n"),
    ("0x", "0x3\r\nabc\r\n0\r\n\r\n"),
    ("a sign", "+3\r\nabc\r\n0\r\n\r\n"),
    ("minus", "-3\r\nabc\r\n0\r\n\r\n"),
    ("a leading space", " 3\r\nabc\r\n0\r\n\r\n"),
    ("an underscore", "1_0\r\n0123456789012345\r\n0\r\n\r\n"),
    ("17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("an overflow", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a letter behind", "3g\r\nabc\r\n0\r\n\r\n"),
    ("bare LF behind the size", "3\nabc\r\n0\r\n\r\n"),
    ("bare CR behind the size", "3\rabc\r\n0\r\n\r\n"),
    ("bare LF behind the data", "3\r\nabc\n0\r\n\r\n"),
    ("no CRLF behind the data", "3\r\nabc0\r\n\r\n"),
    ("more data than announced", "3\r\nabcd\r\n0\r\n\r\n"),
    ("bare LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"),
    ("bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ("a control octet in an extension", "3;a\x01\r\nabc\r\n0\r\n\r\n"),
    ("an extension without a name", "3;\r\nabc\r\n0\r\n\r\n"),
    ("an open quote in an extension", '3;a="b\r\nabc\r\n0\r\n\r\n'),
    ("a long extension", "3;" + "a" * 70000 + "\r\nabc\r\n0\r\n\r\n"),
    ("a bad trailer", "3\r\nabc\r\n0\r\nX A: 1\r\n\r\n"),
    ("a folded trailer", "3\r\nabc\r\n0\r\nX-A: 1\r\n b\r\n\r\n"),
    ("bare LF in the trailers", "3\r\nabc\r\n0\r\nX-A: 1\n\r\n"),
    ("trailers without end", "3\r\nabc\r\n0\r\n" + "X-A: 1\r\n" * 20000 + "\r\n"),
]


def refused(here, shop, octets, status):
    client = here.client(is_traced=False)
    before = len(shop.requests)
    client.send(octets + HIDDEN)
    answer = client.answer()
    wanted = status if isinstance(status, set) else {status}
    assert answer.status in wanted, f"answered {answer.status}, expected {status}"
    assert answer.header("Connection") == "close", f"the connection is not closed: {answer.fields}"
    try:
        assert client.rest() == b"", "something came behind the refusal"
    except Reset:
        pass
    assert len(shop.requests) == before, f"the origin saw {shop.last}"


def play_lengths():
    table_of(LENGTHS)


def play_transfer_codings():
    table_of(CODINGS)


def play_lines_names_and_values():
    table_of(LINES)


def play_request_lines():
    table_of(REQUEST_LINES)


def play_hosts():
    table_of(HOSTS)


def table_of(table):
    shop = origin()
    here = weir("site @front { proxy @shop }", shop=shop)
    rows(table, lambda _, octets, status: refused(here, shop, octets, status))
    assert here.get("/").status == 200


def play_chunks_of_a_request():
    """The head is good and may have travelled; the body never ends well, and nothing hidden in it becomes a request."""
    shop = origin(is_strict=False)
    here = weir("site @front { proxy @shop }", shop=shop)

    def send(_, body):
        client = here.client(is_traced=False)
        try:
            client.send(f"POST / HTTP/1.1\r\n{H}Transfer-Encoding: chunked\r\n\r\n{body}{HIDDEN}")
            answer = client.answer()
            assert answer.status == 400, f"answered {answer.status}"
            client.is_cut()
        except Reset:
            pass
        assert not shop.requests, f"the origin took {shop.last} for whole"

    rows(CHUNKS, send)
    until(lambda: shop.open == 0, "the origin's connections are closed")
    assert here.get("/").status == 200


def play_a_request_that_is_cut_short():
    """The client breaks off inside a body: the origin must not take it for whole, and its connection ends."""
    shop = origin(is_strict=False)
    here = weir("site @front { proxy @shop }", shop=shop)
    chunked = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    for start in ("Content-Length: 10\r\n\r\nabc", chunked, chunked + "0\r\n"):
        for ending in ("close", "reset"):
            client = here.client()
            client.send(f"POST / HTTP/1.1\r\n{H}{start}")
            until(lambda: shop.open == 1, "the request has begun at the origin")
            getattr(client, ending)()
            until(lambda: shop.open == 0, "the origin's connection is closed")
    assert not shop.requests


def play_a_length_is_exact():
    """What follows the body is the next request, however it came."""
    shop = origin()
    client = weir("site @front { proxy @shop }", shop=shop).client()
    client.send(f"POST /1 HTTP/1.1\r\n{H}Content-Length: 4\r\n\r\nGET GET /2 HTTP/1.1\r\n{H}\r\n")
    assert client.answer().status == 200 and client.answer().status == 200
    assert [(request.target, request.body) for request in shop.requests] == [("/1", b"GET "), ("/2", b"")]


def play_get_with_a_body_is_forwarded_with_it():
    shop = origin()
    client = weir("site @front { proxy @shop }", shop=shop).client()
    assert client.ask("GET /1 HTTP/1.1", "Host: a", "Content-Length: 3", body=b"abc").status == 200
    assert shop.last.body == b"abc"
    assert client.ask("DELETE /2 HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body=b"1\r\nz\r\n0\r\n\r\n").status == 200
    assert shop.last.body == b"z"


def play_an_answer_that_came_too_soon_poisons_nobody():
    """CL.0: the origin answers without the body and takes it for the next request. What it says to that is for nobody."""
    release = threading.Event()

    def reply(visit):
        if visit.request.target == "/smuggled":
            visit.wait(release)
        visit.answer(200, visit.request.target)

    shop = origin(reply, reads_body=False, is_strict=False)
    here = weir("workers 1\nsite @front { proxy @shop }", shop=shop)
    for number, fields in enumerate(((), ("Expect: 100-continue",))):
        release.clear()
        shop.requests.clear()
        bad = here.client()
        bad.say("POST /early HTTP/1.1", "Host: a", f"Content-Length: {len(HIDDEN)}", *fields)
        assert bad.answer().body == b"/early"
        bad.send(HIDDEN)
        until(lambda: len(shop.requests) == 2, "the origin takes the body for a request")
        until(lambda: total(here.metrics(), "weir_requests_in_flight") == 0, "Weir is done with it")
        good = here.client()
        good.say("GET /own HTTP/1.1", "Host: a")
        until(lambda: shop.connections == number + 2, "another connection is made for it", 5)
        release.set()
        assert good.answer().body == b"/own"
