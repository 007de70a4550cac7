"""Origins by name: resolved, resolved again, and what holds when nobody answers."""

import socket
from collections import Counter

from scene import Client, NameServer, folder, origin, until, weir


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
