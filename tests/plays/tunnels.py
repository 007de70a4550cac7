"""Connections that change their protocol: WebSocket and its like (RFC 9110 7.8)."""

import random
import ssl
import threading

from scene import (
    Authority, Failed, TlsClient, came_to_rest, more_than_kernel_holds, node, origin, play, programs, room_kib, rows, trust,
    until, weir,
)

CONFIG = "site @front { proxy @shop }"
ASKS = (
    "GET /ws HTTP/1.1",
    "Host: a",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
TURNS = (
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def echo(visit):
    """After the 101: says back what it hears, until the other side has nothing more to say."""
    visit.goes_on = False
    visit.send(TURNS)
    while octets := visit.wire.take_some():
        visit.send(octets)
    visit.wire.half_close()
    visit.wire.rest()


def open_tunnel(here, **options):
    client = here.client(**options)
    client.say(*ASKS)
    answer = client.head()
    assert answer.status == 101
    return client


def play_both_directions():
    shop = origin(echo)
    client = weir(CONFIG, shop=shop).client()
    client.say(*ASKS)
    answer = client.head()
    assert answer.status == 101 and answer.header("Upgrade") == "websocket"
    assert answer.header("Connection").lower() == "upgrade"
    assert answer.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert shop.last.header("Upgrade") == "websocket" and shop.last.header("Connection").lower() == "upgrade"
    assert shop.last.header("Sec-WebSocket-Key")
    for number in range(100):
        word = f"word {number} \0\r\n\r\n".encode()
        client.send(word)
        assert client.take(len(word)) == word


@play(seconds=60, needs="openssl")
def play_several_records_at_once():
    """TLS on both sides: of what came in one piece the last record is passed on, too, though no socket tells of it."""
    authority = Authority()
    chain, key = authority.leaf("127.0.0.1", "own.test")
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    side.load_cert_chain(chain, key)

    def take_tls(wire):
        wire.sock = side.wrap_socket(wire.sock, server_side=True)

    shop = origin(echo, preface=take_tls, is_traced=False)
    text = f"upstream app {{ server https://127.0.0.1:{shop.port}; tls {{ ca {authority.file} }} }}"
    here = weir(f"{text}\nsite https://own.test:@front.port {{ tls {chain} {key}; proxy app }}", waits=False)
    until(lambda: here.takes_connections(here.at()), "Weir listens")
    client = TlsClient(here.at(), trust(authority.file), "own.test")
    client.say(*(line.replace("Host: a", "Host: own.test") for line in ASKS))
    assert client.head().status == 101
    draw = random.Random(7)
    for _ in range(300):
        said = draw.randbytes(draw.randrange(16_385, 100_000))
        client.send(said)
        assert client.take(len(said)) == said


def play_octets_right_behind_the_heads():
    """A client that does not wait for the 101, and an origin that speaks in the same segment as it."""

    def reply(visit):
        visit.goes_on = False
        visit.send(TURNS + "welcome")
        visit.send(visit.wire.take(5))

    client = weir(CONFIG, shop=origin(reply)).client()
    client.send("\r\n".join(ASKS) + "\r\n\r\nearly")
    assert client.head().status == 101
    assert client.take(12) == b"welcomeearly"
    client.ends()


def play_half_close_by_the_client():
    """The client has said all; the origin still answers."""
    hold = threading.Event()

    def reply(visit):
        visit.goes_on = False
        visit.send(TURNS)
        heard = visit.wire.rest()
        visit.wait(hold)
        visit.send(b"heard " + heard)

    client = open_tunnel(weir(CONFIG, shop=origin(reply)))
    client.send("all of it")
    client.half_close()
    assert client.is_silent()
    hold.set()
    assert client.rest() == b"heard all of it"


def play_half_close_by_the_origin():
    said = []

    def reply(visit):
        visit.goes_on = False
        visit.send(TURNS + "that was all")
        visit.wire.half_close()
        said.append(visit.wire.rest())

    client = open_tunnel(weir(CONFIG, shop=origin(reply)))
    assert client.rest() == b"that was all"
    client.send("still here")
    client.half_close()
    until(lambda: said, "the origin hears the rest")
    assert said == [b"still here"]


def play_a_broken_end_breaks_the_other():
    gone = threading.Event()

    def reply(visit):
        visit.goes_on = False
        visit.send(TURNS)
        visit.wire.is_cut()
        gone.set()

    shop = origin(reply)
    client = open_tunnel(weir(CONFIG, shop=shop))
    client.reset()
    assert gone.wait(5)

    def break_off(visit):
        visit.send(TURNS)
        visit.wire.take(1)
        visit.reset()

    client = open_tunnel(weir(CONFIG, shop=origin(break_off)))
    client.send("x")
    assert client.is_cut(5)


def play_refused_upgrade_is_an_ordinary_answer():
    shop = origin("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
    client = weir("workers 1\n" + CONFIG, shop=shop).client()
    for _ in range(3):
        client.say(*ASKS)
        answer = client.answer()
        assert answer.status == 403 and answer.body == b"no"
    assert shop.connections == 1


def play_upgrade_off():
    shop = origin()
    client = weir("site @front { upgrade off; proxy @shop }", shop=shop).client()
    client.say(*ASKS)
    assert client.answer().status == 200
    assert not shop.last.has("Upgrade") and not shop.last.has("Connection")


def play_an_origin_may_ask_for_an_upgrade():
    """426 says which protocol is to be asked for: where it could be, and in the connection's own words."""
    shop = origin("HTTP/1.1 426 x\r\nConnection: Upgrade, X-A\r\nUpgrade: websocket\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nno")
    here = weir(CONFIG, shop=shop)
    client = here.client()
    for _ in range(2):
        client.say("GET / HTTP/1.1", "Host: a")
        answer = client.answer()
        assert answer.status == 426 and answer.body == b"no" and not answer.has("X-A")
        assert answer.header("Upgrade") == "websocket" and answer.header("Connection") == "upgrade"
    client = weir("site @front { upgrade off; proxy @shop }", shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a")
    assert not client.answer().has("Upgrade")
    modern = here.http2()
    assert modern.answer(modern.get()).status == 426


def play_other_protocols_than_websocket():
    def reply(visit):
        visit.goes_on = False
        visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat/2\r\n\r\nhi")

    shop = origin(reply)
    client = weir(CONFIG, shop=shop).client()
    client.say("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: chat/2")
    assert client.head().header("Upgrade") == "chat/2"
    assert client.rest() == b"hi"


def play_a_101_for_another_protocol_is_a_502():
    def reply(visit):
        visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: gopher\r\n\r\n")
        visit.is_gone()

    client = weir(CONFIG, shop=origin(reply)).client()
    client.say(*ASKS)
    assert client.head().status == 502


def play_idle_tunnels_end():
    shop = origin(echo)
    here = weir("site @front { timeout { tunnel 300ms }; proxy @shop }", shop=shop)
    client = open_tunnel(here)
    client.send("a")
    assert client.take(1) == b"a"
    assert client.is_cut(5)
    until(lambda: shop.open == 0, "the origin's side has ended, too")


def play_a_slow_reader_throttles_the_other_side():
    """What nobody reads is not read from the origin either: memory stays bounded."""
    total = more_than_kernel_holds()
    sent = [0]

    def reply(visit):
        visit.goes_on = False
        visit.send(TURNS)
        block = b"x" * 65536
        while sent[0] < total:
            visit.wire.sock.sendall(block)
            sent[0] += len(block)

    here = weir(CONFIG, shop=origin(reply, is_traced=False))
    client = open_tunnel(here, is_traced=False)
    before = here.memory_kib()
    came_to_rest(lambda: sent[0])
    assert sent[0] < total / 2, "the origin could send everything to nobody"
    assert here.memory_kib() - before < room_kib(8192)
    came = 0
    while came < total:
        came += len(client.take_some())


@play(seconds=60)
def play_two_thousand_tunnels_at_once():
    """Each opened, used, used again, closed; nothing is left behind."""
    count = 2000
    shop = origin(echo, is_traced=False)
    here = weir("limits { connections_per_client 10000 }\n" + CONFIG, shop=shop)
    idle = here.descriptors()
    tunnels = [open_tunnel(here, is_traced=False) for _ in range(count)]
    for turn in (b"first", b"second"):
        for client in tunnels:
            client.send(turn)
        for client in tunnels:
            assert client.take(len(turn)) == turn
    assert here.descriptors() - idle > 2 * count - 10
    for client in tunnels:
        client.close()
    until(lambda: here.descriptors() <= idle + 4, "every descriptor is given back")
    assert len(here.log(count)) == count


@play(needs="ws", seconds=60)
def play_node_websocket():
    """The ws package of Node on both sides: text, binary, large, fragmented and compressed messages, pings, closing codes."""
    server = programs.start("node", str(programs.NODE_FOLDER / "ws_server.js"), environment=programs.node_environment())
    port = server.stdout.readline().strip()
    if not port.isdigit():
        raise Failed(f"the server says {port!r}")
    here = weir(CONFIG, shop=f"127.0.0.1:{port}")
    text = node("ws_client.js", here.url("/chat").replace("http", "ws"))
    assert text.strip().endswith("all fine"), text


@play(needs="ws", seconds=60)
def play_node_websocket_refusals():
    server = programs.start("node", str(programs.NODE_FOLDER / "ws_server.js"), environment=programs.node_environment())
    here = weir(CONFIG, shop=f"127.0.0.1:{server.stdout.readline().strip()}")

    def ask(target, status):
        client = here.client()
        client.say(*(line.replace("/ws", target) for line in ASKS))
        assert client.head().status == status

    rows([("/refuse", 401), ("/chat", 101)], ask)
