"""Origins by name: resolved, resolved again, and what holds when nobody answers."""

import socket
from collections import Counter

from scene import Client, FullHouse, NameServer, folder, origin, until, weir


def shop_at(ip, port):
    """An origin at another address of this machine."""
    return origin(lambda visit: visit.answer(200, ip), at=(ip, port))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def named(addresses, ttl=1, settings=""):
    port = free_port()
    for ip in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        shop_at(ip, port)
    names = NameServer({"app.test": addresses}, ttl)
    text = f"workers 1\nresolver @dns\nupstream g {{ server app.test:{port}; {settings} }}\nsite @front {{ proxy g }}"
    return names, weir(text, dns=names)


def said_by(here, count=12):
    return Counter(here.get("/").text for _ in range(count))


def play_a_name_with_several_addresses_is_several_servers():
    _, here = named(["127.0.0.1", "127.0.0.2", "127.0.0.3"])
    until(lambda: here.get("/").status == 200, "the name is resolved")
    assert said_by(here) == {"127.0.0.1": 4, "127.0.0.2": 4, "127.0.0.3": 4}


def play_an_address_that_is_silent_is_outrun():
    """Of three addresses one never answers a connect: nobody waits for it alone, however long the time to connect is."""
    port = free_port()
    for ip in ("127.0.0.1", "127.0.0.3"):
        shop_at(ip, port)
    silent = FullHouse(("127.0.0.2", port))
    names = NameServer({"app.test": ["127.0.0.1", "127.0.0.2", "127.0.0.3"]}, 60)
    settings = "retry 0; eject off; keep_alive off; timeout { connect 60s }"
    here = weir(f"workers 1\nresolver @dns\nupstream g {{ server app.test:{port}; {settings} }}\nsite @front {{ proxy g }}", dns=names)
    until(lambda: here.get("/").status == 200, "the name is resolved")
    counts = said_by(here)
    assert set(counts) == {"127.0.0.1", "127.0.0.3"} and sum(counts.values()) == 12, counts
    outrun = [value for name, value in here.metrics().items() if name.startswith("weir_upstream_connects_outrun_total")]
    assert len(outrun) == 1 and outrun[0] >= 3, outrun
    assert f'peer="{silent.address}"' in next(name for name in here.metrics() if "connects_outrun" in name)


def play_a_name_is_resolved_again_when_its_time_is_over():
    names, here = named(["127.0.0.1"])
    until(lambda: here.get("/").text == "127.0.0.1", "the first address")
    names.table["app.test"] = ["127.0.0.2"]
    until(lambda: set(said_by(here, 3)) == {"127.0.0.2"}, "the new address has taken over", 15)


def play_a_dead_resolver_keeps_the_last_answer():
    names, here = named(["127.0.0.2"])
    until(lambda: here.get("/").text == "127.0.0.2", "the name is resolved")
    asked = len(names.asked)
    until(lambda: len(names.asked) > asked, "it asks again", 15)
    names.stop()
    for _ in range(30):
        assert here.get("/").text == "127.0.0.2"


def play_a_name_that_vanishes_keeps_the_last_answer():
    names, here = named(["127.0.0.2"])
    until(lambda: here.get("/").text == "127.0.0.2", "the name is resolved")
    del names.table["app.test"]
    asked = len(names.asked)
    until(lambda: len(names.asked) > asked + 2, "it asks again", 15)
    assert here.get("/").status == 200


def play_a_name_that_does_not_resolve_is_down_and_retried():
    """A warning, not a refusal to start; once the name is there, so is the server."""
    port = free_port()
    shop_at("127.0.0.1", port)
    names = NameServer({})
    here = weir(f"resolver @dns\nsite @front {{ proxy later.test:{port} }}", dns=names)
    assert here.get("/").status in (502, 503)
    names.table["later.test"] = ["127.0.0.1"]
    until(lambda: here.get("/").status == 200, "the name is found", 20)


def play_localhost_needs_no_name_server():
    shop = origin()
    here = weir(f"resolver 127.0.0.1:9\nsite @front {{ proxy localhost:{shop.port} }}")
    until(lambda: here.get("/").status == 200, "the name is resolved")


def play_unix_socket_listener():
    shop = origin()
    path = f"{folder()}/front.sock"
    here = weir("site @front { listen unix:@path; proxy @shop }", shop=shop, path=path)
    client = Client(path)
    assert client.get("/").status == 200
    client.close()
    assert here.get("/").status == 200
