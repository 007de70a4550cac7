"""Connections that carry many requests, in order (RFC 9112 9)."""

import threading

from scene import all_at_once, origin, weir

CONFIG = "site @front { proxy @shop }"


def play_many_requests_on_one_connection():
    shop = origin(lambda visit: visit.answer(200, visit.request.target))
    client = weir(CONFIG, shop=shop).client()
    for number in range(50):
        answer = client.get(f"/{number}")
        assert (answer.status, answer.text) == (200, f"/{number}")
        assert not answer.has("Connection")


def play_pipelined_requests_are_answered_in_order():
    """Twenty requests in one write, the origin slower for the first ones."""
    late = threading.Event()

    def reply(visit):
        if visit.request.target == "/0":
            visit.wait(late)
        visit.answer(200, visit.request.target)

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    client.send("".join(f"GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n" for number in range(20)))
    shop.saw(1)
    late.set()
    for number in range(20):
        assert client.answer().text == f"/{number}"


def play_pipelined_requests_with_bodies():
    shop = origin(lambda visit: visit.answer(200, visit.request.body))
    client = weir(CONFIG, shop=shop).client()
    client.send(
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
        "GET /c HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    assert [client.answer().body for _ in range(3)] == [b"abc", b"de", b""]
    assert [request.target for request in shop.requests] == ["/a", "/b", "/c"]


def play_who_pipelines_keeps_nobody_waiting():
    """Thousands of requests in one go, each dear (a regex that backtracks): another client's is answered between them."""
    here = weir("workers 1\nsite @front { route ~^/(a+)+$ { respond 200 x }\n respond 200 hello }")
    greedy, other, times = here.client(is_traced=False), here.client(), 2000
    assert other.get("/other").status == 200
    greedy.send(f"GET /{'a' * 40}! HTTP/1.1\r\nHost: a\r\n\r\n" * times)
    assert greedy.answer().status == 200
    assert other.get("/other").status == 200
    for _ in range(times - 1):
        assert greedy.answer().status == 200
    paths = [line["uri"] for line in here.log(times + 2)]
    assert paths[-1] != "/other", "it had to wait for all of them"


def play_requests_octet_by_octet():
    shop = origin(lambda visit: visit.answer(200, visit.request.body))
    client = weir(CONFIG, shop=shop).client(is_traced=False)
    for _ in range(3):
        for octet in b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n":
            client.send(bytes([octet]))
        assert client.answer().body == b"abc"


def play_connection_close_is_kept():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    answer = client.get("/", "Connection: close")
    assert answer.header("Connection") == "close"
    client.ends()


def play_an_origin_that_closes_does_not_close_the_client():
    def reply(visit):
        visit.answer(200, "bye", "Connection: close")
        visit.close()

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for _ in range(5):
        answer = client.get("/")
        assert answer.text == "bye" and not answer.has("Connection")
    assert shop.connections == 5


def play_http10_without_keep_alive_ends():
    """And its answer is never chunked, even when the origin's is."""
    shop = origin("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    client = weir(CONFIG, shop=shop).client()
    client.send("GET /old HTTP/1.0\r\nHost: a\r\n\r\n")
    answer = client.answer()
    assert not answer.has("Transfer-Encoding")
    assert answer.body == b"hello"
    client.ends()
    assert shop.last.minor == 1


def play_http10_with_keep_alive_goes_on():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    for _ in range(3):
        client.send("GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        answer = client.answer()
        assert answer.header("Connection").lower() == "keep-alive"
        assert answer.body == b"hello"


def play_http10_without_host_reaches_the_default_site():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.send("GET / HTTP/1.0\r\n\r\n")
    assert client.answer().status == 200
    assert len(shop.last.all("Host")) == 1


def play_empty_lines_before_a_request():
    """RFC 9112 2.2: a CRLF left over from a sloppy client's last body is skipped."""
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.get("/1")
    client.send("\r\n")
    assert client.get("/2").status == 200


def play_half_closed_client_gets_its_answer():
    shop = origin()
    client = weir(CONFIG, shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a")
    client.half_close()
    assert client.answer().body == b"hello"
    client.ends()


def play_no_request_lost_among_many_clients():
    shop = origin(lambda visit: visit.answer(200, visit.request.target), is_traced=False)
    here = weir(CONFIG, shop=shop)
    wrong = []

    def visit_often(name):
        client = here.client(is_traced=False)
        for number in range(100):
            answer = client.get(f"/{name}/{number}")
            if answer.text != f"/{name}/{number}":
                wrong.append(answer)

    all_at_once(16, visit_often)
    assert not wrong
    assert len(shop.requests) == 1600
    assert here.log(1600)
