"""Clients that take compressed answers apart by themselves: Node and Chromium over TLS; and many who never read them."""

import json
import re

from scene import chromium, folder, node, origin, play, until, weir
from scene.ca import make_certificate

LINES = "".join(f"{number}: a weir lets a river pass, holds a pool, keeps the flood away\n" for number in range(3_000))
STYLE = "body { color: rgb(1, 2, 3) }\n" + "/* the river goes by */\n" * 2_000
SCRIPT = f"""const text = {json.dumps(LINES)};
addEventListener("load", async () => {{
    const told = {{length: text.length, color: getComputedStyle(document.body).color}};
    for (const entry of performance.getEntriesByType("resource"))
        told[new URL(entry.name).pathname] = [entry.nextHopProtocol, entry.encodedBodySize, entry.decodedBodySize];
    told.coding = (await fetch("/shop.js")).headers.get("content-encoding");
    document.title = JSON.stringify(told);
}});
"""
PAGE = "<!doctype html><title></title><link rel=stylesheet href=/shop.css><script src=/shop.js></script><body>shop"
THINGS = {"/": ("text/html", PAGE), "/shop.css": ("text/css", STYLE), "/shop.js": ("text/javascript", SCRIPT)}


def shop():
    def reply(visit):
        kind, text = THINGS.get(visit.request.target, ("text/plain", LINES))
        visit.answer(200, text, f"Content-Type: {kind}", "Cache-Control: max-age=600")

    return origin(reply)


def secure(app, rules="compress; cache"):
    chain, key = make_certificate(folder())
    return weir(f"site https://localhost:@front.port {{ tls @chain @key; {rules}; proxy @app }}", app=app, chain=chain, key=key)


@play(seconds=90, needs="node")
def play_node_over_both_protocols():
    for rules in ("compress; cache", "compress"):
        app = shop()
        here = secure(app, rules)
        text = node("compressed_client.js", f"https://localhost:{here.at()[1]}/lines")
        assert text.strip().endswith("all fine"), text
        broken = [line for line in here.log(40) if not line["complete"]]
        assert not broken, broken
        assert "cache" not in rules or len(app.requests) == 1


@play(seconds=90, needs="chromium")
def play_a_browser_reads_style_and_script():
    here = secure(shop())
    flags = ("--ignore-certificate-errors", "--dump-dom", "--virtual-time-budget=10000")
    text = chromium(f"https://localhost:{here.at()[1]}/", *flags)[1]
    told = json.loads(re.search(r"<title>(.*)</title>", text)[1].replace("&quot;", '"'))
    assert told["length"] == len(LINES) and told["color"] == "rgb(1, 2, 3)", told
    assert told["coding"] in ("zstd", "br", "gzip"), told
    for name, whole in (("/shop.css", STYLE), ("/shop.js", SCRIPT)):
        protocol, encoded, decoded = told[name]
        assert protocol == "h2" and decoded == len(whole) and encoded < decoded / 4, told


@play(seconds=90)
def play_encoders_have_an_end():
    """Clients that ask for much and read none of it hold encoders: the next ones get their answers as they are, and nobody waits."""
    part = "a weir lets a river pass\n" * 40

    def reply(visit):
        visit.say("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Type: text/plain")
        visit.send(f"{len(part):x}\r\n{part}\r\n")
        visit.is_gone(60)

    here = weir("workers 1\nsite @front { compress { zstd 12 }; proxy @app }", app=origin(reply))
    clients, codings = [], []
    while not codings or codings[-1] == "zstd":
        assert len(clients) < 200, "somewhere is an end"
        client = here.client()
        client.say("GET / HTTP/1.1", "Host: shop.example", "Accept-Encoding: zstd")
        clients.append(client)
        codings.append(client.head().header("Content-Encoding"))
    refused = 'weir_compression_refused_total{encoding="zstd"}'
    assert here.metrics()[refused] == 1
    clients[0].close()
    until(lambda: asks_again(here) == "zstd", "there is room for one again")


def asks_again(here):
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: shop.example", "Accept-Encoding: zstd")
    coding = client.head().header("Content-Encoding")
    client.close()
    return coding
