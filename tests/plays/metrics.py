"""The figures for Prometheus, at the admin socket and at an address of their own."""

import re

from scene import origin, read_metrics, rows, until, weir


def total(samples, name, **labels):
    """The sum of all samples of that name with these labels."""
    return sum(
        value
        for key, value in samples.items()
        if key.split("{")[0] == name and all(f'{label}="{wanted}"' in key for label, wanted in labels.items())
    )


def play_requests_are_counted():
    shop = origin("HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnone")
    here = weir("site @front { route /a { respond 200 a }\n route /* { proxy @shop } }", shop=shop)
    before = here.metrics()
    client = here.client()
    for _ in range(3):
        client.get("/a")
    client.ask("POST /b HTTP/1.1", "Host: a", "Content-Length: 5", body=b"12345")
    began = total(before, "weir_requests_total")
    until(lambda: total(here.metrics(), "weir_requests_total") - began == 4, "four requests are counted")
    after = here.metrics()
    assert total(after, "weir_requests_in_flight") == 0
    assert total(after, "weir_request_bytes_total") > total(before, "weir_request_bytes_total")
    assert total(after, "weir_request_seconds_count") - total(before, "weir_request_seconds_count") == 4
    assert total(after, "weir_upstream_answers_total") >= 1


def play_routes_and_peers_have_figures_of_their_own():
    shop = origin()
    here = weir("upstream g { server @shop }\nsite @front { route /a { respond 200 a }\n route /b { proxy g } }", shop=shop)
    client = here.client()
    for _ in range(2):
        client.get("/a")
    client.get("/b")
    text = until(lambda: here.ask_admin("/metrics").text, "metrics")
    assert re.search(r'weir_route_requests_total\{[^}]*route="/a"[^}]*\} 2\n', text), text
    assert shop.address in text


def play_a_peer_that_is_gone_gives_its_place_back():
    one, two = origin(), origin()

    def with_peer(name):
        return f"admin {{ socket @dir/admin.sock; label_values 1 }}\nupstream g {{ server {name} }}\nsite @front {{ proxy g }}"

    here = weir(with_peer("@one"), one=one, two=two)
    here.get("/")
    assert one.address in here.ask_admin("/metrics").text
    status, out, err = here.reload(with_peer("@two"))
    assert status == 0, out + err

    def is_counted_by_name():
        here.get("/")
        return two.address in here.ask_admin("/metrics").text

    until(is_counted_by_name, "the new peer has figures of its own")


def play_the_format_is_prometheus():
    """As its strict reader wants it, with names that have to be escaped, before and after a reload, and for a route that has gone."""
    text = r'''
upstream g { server 127.0.0.1:1 }
site @front {
    route '~^/"quoted"\d?$' { respond 200 a }
    route /* { cache; compress; proxy g }
}'''
    here = weir(text)
    client = here.client()
    for target in ("/%22quoted%22", "/b"):
        client.get(target)
    families = until(lambda: with_two_requests(here), "both are counted")
    assert "text/plain; version=0.0.4" in here.ask_admin("/metrics").header("Content-Type")
    routes = {dict(labels)["route"] for _, labels in families["weir_route_requests_total"].samples}
    assert r'~^/\"quoted\"\\d?$' in routes, routes
    here.reload("site @front { respond 200 b }")
    here.get("/")
    again = read_metrics(here.ask_admin("/metrics").text)
    assert again["weir_route_requests_total"].samples.keys() >= families["weir_route_requests_total"].samples.keys()


def with_two_requests(here):
    families = read_metrics(here.ask_admin("/metrics").text)
    return families if sum(families["weir_route_requests_total"].samples.values()) == 2 else None


def play_the_strict_reader_is_strict():
    def refuses(why, text):
        try:
            read_metrics(text)
        except AssertionError:
            return
        raise AssertionError(f"{why} was taken")

    fine = '# HELP a_total A.\n# TYPE a_total counter\na_total{b="c"} 1\n'
    histogram = "# HELP h H.\n# TYPE h histogram\nh_bucket{{le=\"1\"}} {}\nh_bucket{{le=\"+Inf\"}} {}\nh_sum 1\nh_count {}\n"
    read_metrics(fine + histogram.format(1, 2, 2))
    rows(
        [
            ("no end of the last line", fine[:-1]),
            ("a family twice", fine + fine),
            ("a sample twice", fine + 'a_total{b="c"} 2\n'),
            ("a sample of nobody", "a_total 1\n"),
            ("a sample among others", fine + "b_total 1\n"),
            ("a counter without _total", fine.replace("a_total", "a")),
            ("a gauge with _total", fine.replace("counter", "gauge")),
            ("a quote that is not escaped", fine.replace('"c"', '"c"d"')),
            ("a backslash that escapes nothing", fine.replace('"c"', '"c\\d"')),
            ("a label twice", fine.replace('b="c"', 'b="c",b="d"')),
            ("an empty line", fine + "\n"),
            ("a counter below zero", fine.replace(" 1", " -1")),
            ("buckets that fall", histogram.format(2, 1, 1)),
            ("a count that is not the last bucket", histogram.format(1, 2, 3)),
        ],
        refuses,
    )


def play_histograms_are_cumulative():
    here = weir("site @front { respond 200 a }")
    for _ in range(5):
        here.get("/")
    buckets = [value for name, value in here.metrics().items() if name.startswith("weir_request_seconds_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] >= 5


def play_label_values_are_bounded():
    """Ten sites with a bound of three: the rest counts as other, nothing is lost."""
    sites = "\n".join(f"site http://s{number}.example:@front.port {{ respond 200 s }}" for number in range(10))
    here = weir("admin { socket @dir/admin.sock; label_values 3 }\n" + sites)
    client = here.client()
    for number in range(10):
        client.get("/", host=f"s{number}.example")
    until(lambda: total(here.metrics(), "weir_route_requests_total") == 10, "ten requests")
    labels = set(re.findall(r'site="([^"]*)"', here.ask_admin("/metrics").text))
    assert len(labels) <= 4 and "other" in labels, labels


def play_hosts_of_clients_make_no_labels():
    here = weir("site @front { respond 200 a }")
    client = here.client()
    for number in range(50):
        client.get("/", host=f"random{number}.example")
    assert "random" not in here.ask_admin("/metrics").text


def play_an_address_of_their_own():
    here = weir("admin { socket @dir/admin.sock; metrics @metrics }\nsite @front { respond 200 a }")
    client = here.client("metrics")
    assert "weir_requests_total" in client.get("/metrics").text
    assert client.get("/status").status == 404
    assert client.ask("POST /reload HTTP/1.1", "Host: a", "Content-Length: 0").status in (404, 405)


def play_tunnels_are_counted():
    def reply(visit):
        visit.goes_on = False
        visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        visit.wire.rest()

    here = weir("site @front { proxy @shop }", shop=origin(reply))
    client = here.client()
    client.say("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket")
    assert client.head().status == 101
    until(lambda: total(here.metrics(), "weir_tunnels_open") == 1, "one is open")
    client.close()
    until(lambda: total(here.metrics(), "weir_tunnels_open") == 0, "none is open")


def play_status():
    here = weir("site @front { respond 200 a }")
    assert f'"pid":{here.pid}' in here.ask_admin("/status").text
    assert here.command("status", "--socket", here.admin)[0] == 0
    assert "weir_requests_total" in here.command("metrics", "--socket", here.admin)[1]
