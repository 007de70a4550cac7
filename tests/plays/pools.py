"""Connections to origins: kept, shared, checked before use; and requests that are tried again."""

import threading

from scene import Failed, FullHouse, all_at_once, folder, origin, rows, until, weir

CONFIG = "workers 1\nsite @front { proxy @shop }"


def group(settings, servers="server @shop"):
    return f"workers 1\nupstream group {{ {servers}; {settings} }}\nsite @front {{ proxy group }}"


def play_one_connection_serves_many_clients_in_turn():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    for _ in range(20):
        assert here.get("/").status == 200
    assert shop.connections == 1
    assert shop.last.number == 20


def play_as_many_connections_as_requests_at_once():
    """And the one used last is used first: the others may idle away."""
    hold = threading.Event()

    def reply(visit):
        if visit.request.target == "/wait":
            visit.wait(hold)
        visit.answer(200, str(visit.request.connection))

    shop = origin(reply)
    here = weir(CONFIG, shop=shop)
    clients = [here.client() for _ in range(10)]
    for client in clients:
        client.say("GET /wait HTTP/1.1", "Host: a")
    shop.saw(10)
    hold.set()
    assert sorted(int(client.answer().text) for client in clients) == list(range(1, 11))
    used = {here.get("/").text for _ in range(10)}
    assert len(used) == 1 and shop.connections == 10


def play_idle_connections_are_let_go():
    shop = origin()
    here = weir(group("keep_alive { idle 300ms }"), shop=shop)
    assert here.get("/").status == 200
    until(lambda: shop.open == 0, "the idle connection is closed")
    assert here.get("/").status == 200 and shop.connections == 2


def play_no_more_idle_connections_than_said():
    hold = threading.Event()

    def reply(visit):
        visit.wait(hold)
        visit.answer(200)

    shop = origin(reply)
    here = weir(group("keep_alive { max 2 }"), shop=shop)
    clients = [here.client() for _ in range(6)]
    for client in clients:
        client.say("GET / HTTP/1.1", "Host: a")
    shop.saw(6)
    hold.set()
    for client in clients:
        assert client.answer().status == 200
    until(lambda: shop.open == 2, "two are kept")


def play_no_more_requests_on_a_connection_than_said():
    shop = origin()
    here = weir(group("keep_alive { requests 3 }"), shop=shop)
    for _ in range(9):
        assert here.get("/").status == 200
    assert shop.connections == 3


def play_keep_alive_off():
    shop = origin()
    here = weir(group("keep_alive off"), shop=shop)
    for _ in range(4):
        assert here.get("/").status == 200
    assert shop.connections == 4
    until(lambda: shop.open == 0, "none is kept")


def play_a_connection_closed_while_idle_is_noticed():
    """The origin closes right behind its answer, again and again: no request is lost to it."""
    shop = origin(lambda visit: (visit.answer(200, "once"), visit.close()) and None)
    here = weir(CONFIG, shop=shop)
    client = here.client()
    for _ in range(50):
        assert client.get("/").text == "once"
    until(lambda: shop.open == 0, "the origin has closed them all: a request that can't be said twice finds none of them")
    post = client.ask("POST / HTTP/1.1", "Host: a", "Content-Length: 1", body=b"x")
    assert post.status == 200


def play_a_reused_connection_that_dies_is_replaced():
    """The race of keep-alive: the origin closes when the next request arrives. It was not read, so it is sent again."""

    def reply(visit):
        if visit.request.number > 1:
            return visit.close()
        return visit.answer(200, "fresh")

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    for _ in range(5):
        assert client.get("/").text == "fresh"


def play_what_may_be_tried_again():
    """Only what can be repeated, and only while nothing of an answer has come."""

    def fail_first(visit):
        visit.house.seen = getattr(visit.house, "seen", 0) + 1
        visit.close()

    def ask(_, lines, body, tries):
        first, second = origin(fail_first), origin(fail_first)
        text = group("retry 1; eject off", "server @first @second")
        here = weir(text, first=first, second=second)
        client = here.client()
        client.send("\r\n".join(lines) + "\r\n\r\n" + body)
        assert client.answer().status == 502
        assert len(first.requests) + len(second.requests) == tries, f"tried {len(first.requests) + len(second.requests)} times"

    rows(
        [
            ("GET", ("GET / HTTP/1.1", "Host: a"), "", 2),
            ("HEAD", ("OPTIONS / HTTP/1.1", "Host: a"), "", 2),
            ("DELETE", ("DELETE / HTTP/1.1", "Host: a"), "", 2),
            ("PUT with a short body", ("PUT / HTTP/1.1", "Host: a", "Content-Length: 3"), "abc", 2),
            ("POST", ("POST / HTTP/1.1", "Host: a", "Content-Length: 3"), "abc", 1),
            ("PATCH", ("PATCH / HTTP/1.1", "Host: a", "Content-Length: 0"), "", 1),
        ],
        ask,
    )


def play_a_post_is_sent_elsewhere_when_nobody_took_it():
    """Nothing was sent: any method may go to another server."""
    shop = origin()
    here = weir(group("retry 1; eject off", "server 127.0.0.1:1 @shop"), shop=shop)
    for _ in range(6):
        assert here.client().ask("POST / HTTP/1.1", "Host: a", "Content-Length: 3", body=b"abc").status == 200


def play_no_retry_once_the_answer_has_begun():
    shop = origin(lambda visit: (visit.send("HTTP/1.1 200 OK\r\nContent-Le"), visit.close()) and None)
    here = weir(group("retry 3; eject off", "server @shop"), shop=shop)
    assert here.get("/").status == 502
    assert len(shop.requests) == 1


def play_retries_end():
    servers = [origin(lambda visit: visit.close()) for _ in range(4)]
    names = {f"o{number}": server for number, server in enumerate(servers)}
    here = weir(group("retry 2; eject off", "server @o0 @o1 @o2 @o3"), **names)
    assert here.get("/").status == 502
    assert sorted(len(server.requests) for server in servers) == [0, 1, 1, 1]
    assert here.log(1)[0]["tries"] == 3


def play_connect_timeout():
    """A server that never answers a connect costs its time and no more; another one is taken."""
    shop = origin()
    here = weir(group("timeout { connect 300ms }; retry 1; eject off", "server @full @shop"), shop=shop, full=FullHouse())
    for _ in range(2):
        assert here.get("/").status == 200


def play_a_silent_server_is_not_waited_for():
    """Another one is tried beside it, long before its time to connect is over, and without a retry."""
    shop = origin()
    settings = "timeout { connect 60s }; retry 0; eject off"
    here = weir(group(settings, "server @full @shop"), shop=shop, full=FullHouse())
    for _ in range(4):
        answer = here.get("/")
        assert answer.status == 200
    assert all(line["tries"] == 1 and line["upstream"] for line in here.log(4))
    outrun = [value for name, value in here.metrics().items() if name.startswith("weir_upstream_connects_outrun_total")]
    assert outrun and outrun[0] >= 1, outrun


def play_a_connect_that_is_never_answered_is_a_504():
    here = weir(group("timeout { connect 200ms }; retry 0; eject off", "server @full"), full=FullHouse())
    assert here.get("/").status == 504


def play_unix_socket_origins():
    path = f"{folder()}/shop.sock"
    shop = origin(at=path)
    here = weir(f"site @front {{ proxy unix:{path} }}")
    client = here.client()
    for _ in range(3):
        assert client.get("/").status == 200
    assert shop.last.header("Host") == "shop.example"


def play_a_request_id_and_peer_in_the_log():
    shop = origin()
    here = weir(CONFIG, shop=shop)
    client = here.client()
    client.get("/1")
    client.get("/2")
    lines = here.log(2)
    assert [line["peer"] for line in lines] == [shop.address] * 2
    assert [line["reused"] for line in lines] == [False, True]
    assert lines[0]["request_id"] == shop.requests[0].header("X-Request-Id")


def play_a_hundred_clients_share_a_few_servers():
    """Nothing is mixed up when connections change hands all the time."""
    shops = [origin(lambda visit: visit.answer(200, visit.request.target), is_traced=False) for _ in range(3)]
    here = weir("upstream g { server @a @b @c }\nsite @front { proxy g }", a=shops[0], b=shops[1], c=shops[2])
    wrong = []

    def visit_often(name):
        client = here.client(is_traced=False)
        for number in range(20):
            try:
                if client.get(f"/{name}/{number}").text != f"/{name}/{number}":
                    wrong.append(name)
            except Failed as error:
                wrong.append(str(error))

    all_at_once(100, visit_often)
    assert not wrong, wrong[:5]
