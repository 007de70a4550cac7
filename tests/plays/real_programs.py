"""Clients and applications of the world: Node's HTTP on both sides, curl, wrk."""

import hashlib
import json
from pathlib import Path

from scene import Failed, curl, folder, node, origin, play, programs, weir, wrk


def application():
    server = programs.start("node", str(programs.NODE_FOLDER / "http_server.js"))
    port = server.stdout.readline().strip()
    if not port.isdigit():
        raise Failed(f"the application says {port!r}")
    return f"127.0.0.1:{port}"


@play(seconds=60, needs="node")
def play_a_node_application_and_its_client():
    """Bodies of every size both ways, chunked and not, trailers, 100-continue, early hints, HEAD, many at once."""
    here = weir("site @front { proxy @app }", app=application())
    text = node("http_client.js", here.url(""))
    assert text.strip().endswith("all fine"), text
    assert all(line["complete"] for line in here.log(200))


@play(seconds=60, needs=("node", "curl"))
def play_curl_uploads_and_downloads():
    here = weir("site @front { proxy @app }", app=application())
    file = Path(folder(), "upload")
    file.write_bytes(bytes(range(256)) * 40_000)
    wanted = hashlib.sha256(file.read_bytes()).hexdigest()
    for words in (("-T", str(file)), ("--data-binary", f"@{file}"), ("-T", "-", "-H", "Transfer-Encoding: chunked")):
        status, text = programs.run("curl", "-sS", "--noproxy", "*", *words, here.url("/echo"), stdin=file.read_bytes())
        assert status == 0 and json.loads(text)["hash"] == wanted, text
    text = curl("-sS", "--http1.0", here.url("/echo"))
    assert json.loads(text)["method"] == "GET"
    assert curl("-I", here.url("/stream")).startswith("HTTP/1.1 200")
    twice = curl("-w", "%{num_connects} ", "-o", "/dev/null", here.url("/empty"), "-o", "/dev/null", here.url("/empty"))
    assert twice.split() == ["1", "0"], twice


@play(seconds=30, needs="wrk")
def play_wrk_sees_no_fault():
    shop = origin(is_traced=False)
    here = weir("site @front { proxy @shop }", shop=shop)
    told = wrk(here.url("/"), "-t1", "-c32", "-d2s")
    assert told["errors"] == 0 and told["bad"] == 0 and told["requests"] > 100, told["text"]


@play(seconds=30, needs="wrk")
def play_wrk_against_answers_of_our_own():
    here = weir('site @front { respond 200 "$path" }')
    told = wrk(here.url("/x"), "-t1", "-c32", "-d1s")
    assert told["errors"] == 0 and told["bad"] == 0 and told["requests"] > 1000, told["text"]
