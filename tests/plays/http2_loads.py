"""Origins that speak HTTP/2 under load: large bodies, kills and restarts, bounds on streams and requests."""

import os
import threading
from pathlib import Path

from http2_origins import CLEAR, application
from scene import curl, folder, play, ports, programs, room_kib, until, weir
from scene.ca import make_certificate

MIB = 256  # of a body; a GiB takes a debug build more than its 15 s


def least_memory(here):
    return here.memory_kib("VmHWM")


@play(seconds=120, needs=("node", "curl"))
def play_large_bodies_hold_little_memory():
    """Both ways, for clients of both versions: what is on its way is bounded by windows, not by the body."""
    _, port = application()
    here = weir(CLEAR, app=f"127.0.0.1:{port}")
    file = Path(folder(), "large")
    file.touch()
    os.truncate(file, MIB << 20)
    assert curl(here.url("/count"), "-d", "x") == "1"
    before = least_memory(here)
    for words in ((), ("--http2-prior-knowledge",)):
        assert curl(*words, "-T", str(file), here.url("/count"), seconds=60) == str(MIB << 20)
        got = curl(*words, "-o", "/dev/null", "-w", "%{size_download}", here.url(f"/large?{MIB * 16}"), seconds=60)
        assert got == str(MIB << 20)
    used = least_memory(here) - before
    assert used < room_kib(32 * 1024), f"{used} KiB more than before"


@play(seconds=180, needs=("node", "curl"))
def play_large_bodies_over_tls_hold_little_memory():
    """The same with TLS before it: 64 MiB down, up with its length stated, and up without."""
    _, port = application()
    chain, key = make_certificate(folder())
    group = "upstream app { server @app; protocol h2c }"
    text = f"workers 1\n{group}\nsite https://localhost:@front.port {{ tls @chain @key; proxy app }}"
    here = weir(text, app=f"127.0.0.1:{port}", chain=chain, key=key)
    url = f"https://localhost:{here.at()[1]}"
    words = ("-k", "--http2")
    file = Path(folder(), "large")
    file.touch()
    os.truncate(file, 64 << 20)
    assert curl(*words, f"{url}/count", "-d", "x") == "1"
    before = least_memory(here)
    got = curl(*words, "-o", "/dev/null", "-w", "%{http_version} %{size_download}", f"{url}/large?{64 * 16}", seconds=60)
    assert got == f"2 {64 << 20}", got
    assert curl(*words, "-T", str(file), f"{url}/count", seconds=60) == str(64 << 20)
    with file.open("rb") as content:
        piped = ("-sS", "--noproxy", "*", *words, "-T", "-", f"{url}/count")
        status, text = programs.run("curl", *piped, stdin=content.read(), seconds=60)
    assert status == 0 and text == str(64 << 20), text
    used = least_memory(here) - before
    assert used < room_kib(16 * 1024), f"{used} KiB more than before"


def ask_on(here, stop, faults):
    """A client that asks one thing after another, on one connection for as long as it holds."""
    client = here.client(is_traced=False)
    while not stop.is_set():
        answer = client.get("/later?5")
        if answer.status != 200 or answer.text != "later":
            faults.append((answer.status, answer.text))
        client.asked = getattr(client, "asked", 0) + 1
    return client


@play(seconds=120, needs=("node", "curl"))
def play_kills_and_restarts_fail_nobody():
    """Origins die under load, in turn; what may be sent again is, and nobody sees it."""
    at = [ports.take(), ports.take()]
    servers = [application(port=port)[0] for port in at]
    names = " ".join(f"127.0.0.1:{port}" for port in at)
    settings = "retry 3; queue 100 for 20s; eject after 5 failures for 300ms up_to 300ms"
    here = weir(f"upstream app {{ server {names}; protocol h2c; {settings} }}\nsite @front {{ proxy app }}")
    stop, faults = threading.Event(), []
    threads = [threading.Thread(target=ask_on, args=(here, stop, faults)) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for number in range(6):
            asked = here.log_count()
            until(lambda wanted=asked + 20: here.log_count() >= wanted, "requests flow")
            which = number % 2
            servers[which].kill()
            servers[which].wait()
            asked = here.log_count()
            until(lambda wanted=asked + 20: here.log_count() >= wanted, "requests flow on")
            servers[which] = application(port=at[which])[0]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not faults, faults[:5]
    assert all(line["status"] == 200 for line in here.log())


def at_once(here, count, target):
    """So many requests at the same time, each on a connection of its own; their answers."""
    clients = [here.client(is_traced=False) for _ in range(count)]
    for client in clients:
        client.say(f"GET {target} HTTP/1.1", "Host: a")
    return [client.answer().text for client in clients]


@play(seconds=60, needs=("node", "curl"))
def play_streams_are_bounded():
    """`streams`: at most so many on one connection, and further connections for the rest."""
    _, port = application()
    here = weir(CLEAR.replace("h2c", "h2c streams 4"), app=f"127.0.0.1:{port}")
    assert at_once(here, 30, "/later?300") == ["later"] * 30
    assert int(curl(here.url("/most"))) in range(2, 5)
    assert int(curl(here.url("/sessions"))) in range(8, 17)


@play(seconds=60, needs=("node", "curl"))
def play_requests_are_bounded():
    """`max_connections` counts requests, whatever connections they share; the others wait their turn."""
    _, port = application()
    text = f"upstream app {{ server 127.0.0.1:{port} max_connections 3; protocol h2c; queue 100 for 20s }}\nsite @front {{ proxy app }}"
    here = weir(text)
    assert at_once(here, 12, "/later?100") == ["later"] * 12
    assert int(curl(here.url("/most"))) <= 3


@play(seconds=60, needs=("node", "curl"))
def play_least_connections_counts_streams():
    """A server that holds many streams is the busy one, though it has no more connections than the other."""
    both = [application()[1] for _ in range(2)]
    names = " ".join(f"127.0.0.1:{port}" for port in both)
    here = weir(f"workers 1\nupstream app {{ server {names}; protocol h2c; balance least_connections }}\nsite @front {{ proxy app }}")
    held = [here.client(is_traced=False) for _ in range(20)]
    for client in held:
        client.say("GET /later?20000 HTTP/1.1", "Host: a")
    until(lambda: here.metrics().get("weir_requests_in_flight") == 20, "all of them are under way")
    for port in both:
        most = curl("--http2-prior-knowledge", f"http://127.0.0.1:{port}/most")
        assert most == "10", f"{most} at one of two"
