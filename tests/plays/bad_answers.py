"""Answers of an origin that are ambiguous, broken or cut: a 502 or an aborted transfer, never a clean end."""

from scene import Failed, origin, rows, until, weir

OK = "HTTP/1.1 200 OK\r\n"
CONFIG = "workers 1\nsite @front { proxy @shop }\n"

HEADS = [
    ("both lengths and coding", OK + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two different lengths", OK + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
    ("the same length twice", OK + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
    ("a list of lengths", OK + "Content-Length: 2, 2\r\n\r\nab"),
    ("a signed length", OK + "Content-Length: +2\r\n\r\nab"),
    ("a negative length", OK + "Content-Length: -2\r\n\r\nab"),
    ("an overflowing length", OK + "Content-Length: 99999999999999999999999\r\n\r\nab"),
    ("a hexadecimal length", OK + "Content-Length: 0x2\r\n\r\nab"),
    ("gzip, chunked", OK + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("chunked, gzip", OK + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    ("gzip alone", OK + "Transfer-Encoding: gzip\r\n\r\nab"),
    ("a name that holds chunked", OK + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("a coding of nobody with a length", OK + "Transfer-Encoding: none\r\nContent-Length: 2\r\n\r\nab"),
    ("chunked twice", OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("bare LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab"),
    ("bare LF in the fields", OK + "X-A: 1\nContent-Length: 2\r\n\r\nab"),
    ("bare CR in a value", OK + "X-A: 1\rSet-Cookie: a\r\nContent-Length: 2\r\n\r\nab"),
    ("NUL in a value", OK + "X-A: a\0b\r\nContent-Length: 2\r\n\r\nab"),
    ("obs-fold", OK + "X-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nab"),
    ("space before the colon", OK + "Content-Length : 2\r\n\r\nab"),
    ("an empty name", OK + ": 2\r\nContent-Length: 2\r\n\r\nab"),
    ("no colon", OK + "Content-Length 2\r\n\r\nab"),
    ("no status", "HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("status 99", "HTTP/1.1 99 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("status 1000", "HTTP/1.1 1000 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("status 000", "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("lower case", "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"),
    ("no HTTP", "hello there\r\n\r\n"),
    ("SSH", "SSH-2.0-OpenSSH_9.2\r\n"),
    ("an empty answer", ""),
    ("half a status line", "HTTP/1.1 20"),
    ("half a head", OK + "Content-Le"),
    ("a head without end", OK + "X: " + "a" * 200000),
    ("too many fields", OK + "".join(f"X-{number}: 1\r\n" for number in range(5000)) + "\r\n"),
    ("a 101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    ("interim answers without end", "HTTP/1.1 100 Continue\r\n\r\n" * 2000),
]

CHUNKS = [
    ("0x", "0x3\r\nabc\r\n0\r\n\r\n"),
    ("a sign", "+3\r\nabc\r\n0\r\n\r\n"),
    ("an overflow", "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("bare LF behind the size", "3\nabc\r\n0\r\n\r\n"),
    ("bare LF behind the data", "3\r\nabc\n0\r\n\r\n"),
    ("more data than announced", "3\r\nabcd\r\n0\r\n\r\n"),
    ("a bad trailer", "3\r\nabc\r\n0\r\nX A: 1\r\n\r\n"),
    ("no digits", "3\r\nabc\r\n\r\n\r\n"),
    ("cut in a chunk", "ff\r\nabc"),
    ("cut between chunks", "3\r\nabc\r\n"),
    ("cut before the last CRLF", "3\r\nabc\r\n0\r\n"),
]


def teller(answers):
    def reply(visit):
        if visit.request.target == "/fine":
            return visit.answer(200, "fine")
        visit.send(answers[int(visit.request.target[1:])][1])
        return visit.close()

    return reply


def play_heads_become_502():
    shop = origin(teller(HEADS))
    here = weir(CONFIG, shop=shop)
    client = here.client(is_traced=False)

    def ask(name, octets):
        answer = client.get(f"/{[row[0] for row in HEADS].index(name)}")
        assert answer.status == 502, f"answered {answer.status}"
        assert not answer.interim or "interim" in name
        assert client.get("/fine").body == b"fine"

    rows(HEADS, ask)


def play_bodies_are_aborted():
    shop = origin(teller([(name, OK + "Transfer-Encoding: chunked\r\n\r\n" + body) for name, body in CHUNKS]))
    here = weir(CONFIG, shop=shop)

    def ask(name, _):
        client = here.client()
        client.say(f"GET /{[row[0] for row in CHUNKS].index(name)} HTTP/1.1", "Host: a")
        try:
            answer = client.answer()
        except Failed:
            return
        assert answer.status == 502, f"came to a clean end: {answer}"

    rows(CHUNKS, ask)
    assert here.get("/fine").status == 200


def play_a_faulty_connection_is_never_used_again():
    """The origin would go on on the same connection; Weir must not."""

    def reply(visit):
        if visit.request.target == "/bad":
            return visit.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc")
        return visit.answer(200, str(visit.request.connection))

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/").text == "1"
    assert client.get("/bad").status == 502
    assert client.get("/").text == "2"
    until(lambda: shop.open == 1, "the faulty connection is closed")


def play_octets_behind_an_answer_poison_nobody():
    """Response splitting's other half: what follows a whole answer is not the answer to the next request."""

    def reply(visit):
        if visit.request.target == "/two":
            return visit.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        return visit.answer(200, "good")

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    for _ in range(5):
        client = here.client()
        assert client.get("/two").text == "one"
        assert client.get("/").text == "good"
        client.close()


def play_octets_on_an_idle_connection_poison_nobody():
    """An origin that speaks unasked: its connection is dropped from the pool."""
    wires = []

    def reply(visit):
        wires.append(visit.wire)
        visit.answer(200, str(visit.request.connection))

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    assert client.get("/").text == "1"
    wires[0].send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    until(lambda: shop.open == 0, "the connection that spoke unasked is closed")
    assert client.get("/").text == "2"


def play_502_503_and_504_are_told_apart():
    here_config = """
    upstream gone { server 127.0.0.1:1; retry 0; eject off }
    upstream late { server @late; retry 0 }
    upstream cut { server @cut; retry 0; eject off }
    site @front {
        route /gone { proxy gone }
        route /late { proxy late; timeout { first_byte 300ms } }
        route /cut { proxy cut }
    }
    """
    late = origin(lambda visit: visit.is_gone())
    cut = origin(lambda visit: visit.close())
    here = weir(here_config, late=late, cut=cut)
    client = here.client()
    assert client.get("/gone").status == 502
    assert client.get("/cut").status == 502
    assert client.get("/late").status == 504
    lines = {line["path"] if "path" in line else line["uri"]: line for line in here.log(3)}
    assert set(lines) >= {"/gone", "/cut", "/late"}


def play_refusals_name_no_secret():
    """An error that Weir answers says nothing of the addresses behind it."""
    client = weir("site @front { proxy 127.0.0.1:1 }").client()
    answer = client.get("/")
    assert answer.status == 502
    assert "127.0.0.1" not in answer.text and ":1" not in answer.text
