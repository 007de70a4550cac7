"""gRPC end to end: @grpc/grpc-js as client and as server, in the clear and over TLS, and what Weir itself says to a gRPC client."""

from http2_origins import application
from scene import Failed, curl, folder, node, origin, play, programs, until, weir
from scene.ca import make_certificate

CLEAR = "upstream app { server @app; protocol h2c }\nsite @front { proxy app }"
GRPC = ("-i", "--http2-prior-knowledge", "-H", "Content-Type: application/grpc", "--data-binary", "x")
CALLS = ("unary", "metadata", "errors", "server_streaming", "client_streaming", "bidirectional", "many_at_once")


def server(*words):
    """(the process, its port)."""
    process = programs.start("node", str(programs.NODE_FOLDER / "grpc_server.js"), *words, environment=programs.node_environment())
    port = process.stdout.readline().strip()
    if not port.isdigit():
        raise Failed(f"the server says {port!r}")
    return process, f"127.0.0.1:{port}"


def asks(target, *parts, ca="-"):
    text = node("grpc_client.js", target, ca, *parts, seconds=50)
    assert text.strip().endswith("all fine"), text


def address(here, name="front"):
    host, port = here.at(name)
    return f"{host}:{port}"


@play(seconds=60, needs="grpc")
def play_every_kind_of_call_in_the_clear():
    """Unary, streams of either side and both, metadata of text and octets, trailers, errors of the server, many calls at once."""
    _, app = server()
    here = weir(CLEAR, app=app)
    asks(address(here), *CALLS)
    lines = here.log(20)
    assert all(line["upstream_protocol"] == "HTTP/2" for line in lines), lines[0]


@play(seconds=60, needs=("grpc", "openssl"))
def play_every_kind_of_call_over_tls():
    """HTTP/2 by ALPN on both sides, with nothing said of protocols in the configuration."""
    chain, key = make_certificate(folder())
    _, app = server(key, chain)
    text = (
        f"upstream app {{ server https://localhost:{app.rpartition(':')[2]}; tls {{ ca {chain} }} }}\n"
        f"site https://localhost:@front.port {{ tls {chain} {key}; proxy app }}"
    )
    here = weir(text, waits=False)
    until(lambda: here.takes_connections(here.at()), "Weir listens")
    asks(f"localhost:{here.at()[1]}", *CALLS, ca=chain)


@play(seconds=60, needs="grpc")
def play_deadlines_and_cancelled_calls_reach_the_server():
    """The client's deadline travels with the call; when it has passed, or the client gives up, so does the stream to the server."""
    process, app = server()
    here = weir(CLEAR, app=app)
    asks(address(here), "deadline")
    assert process.stdout.readline().strip() == "cancelled /weir.Mirror/Silence"
    asks(address(here), "cancel")
    assert process.stdout.readline().strip() == "cancelled /weir.Mirror/Silence"
    asks(address(here), "unary")


@play(seconds=60, needs=("node", "curl"))
def play_weir_keeps_the_deadline_for_clients_that_do_not():
    process, port = application()
    here = weir(CLEAR, app=f"127.0.0.1:{port}")
    told = curl(*GRPC, "-H", "grpc-timeout: 1500m", here.url("/silent"))
    assert "HTTP/2 200" in told and "grpc-status: 4" in told and "content-type: application/grpc" in told, told
    assert process.stdout.readline().strip() == "aborted"
    assert here.log()[0]["error"] == "timeout"
    # Its answer has begun: the status follows what came in time.
    told = curl(*GRPC, "-H", "grpc-timeout: 1500m", here.url("/begun"))
    head, _, rest = told.partition("\r\n\r\n")
    assert "HTTP/2 200" in head and "grpc-status" not in head and rest.startswith("begun") and "grpc-status: 4" in rest, told
    assert process.stdout.readline().strip() == "aborted"
    assert here.log(2)[1]["error"] == "timeout"


@play(seconds=60, needs="grpc")
def play_a_stream_may_be_silent():
    """The floor under the speed of uploads is not for streams of messages: one says nothing while there is nothing to say."""
    _, app = server()
    here = weir(f"limits {{ body_rate 100KiB/s after 200ms }}\n{CLEAR}", app=app)
    asks(address(here), "pauses")


@play(seconds=60, needs="grpc")
def play_errors_of_our_own_are_a_grpc_status():
    """A server that is down is UNAVAILABLE, a route that is not there UNIMPLEMENTED: in trailers only, with HTTP's 200."""
    gone = origin()
    gone.stop()
    text = "upstream app { server @gone; protocol h2c }\nsite @front { proxy app }\nsite @bare { route /x { respond 200 } }"
    here = weir(text, gone=gone)
    asks(address(here), "unavailable")
    asks(address(here, "bare"), "unimplemented")
    assert {line["error"] for line in here.log(2) if line.get("error")} >= {"refused"}
