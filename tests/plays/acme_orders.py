"""Certificates that renew themselves, from Pebble: orders, accounts, faults of the CA, restarts, renewal under way."""

import json
import re
import signal
import socket
import ssl
import threading

from scene import Authority, TlsClient, folder, origin, play, ports, trust, until, weir
from scene.ca import PROGRAMS, Pebble
from scene.programs import run

THREE_LINES = "site a.test {\n    proxy @shop\n}\n"


class House:
    """Pebble, an origin and Weir in front of it, at free ports of their own."""

    def __init__(self, sites=THREE_LINES, acme="", environment=None, starts=True, **options):
        self.http, self.https = ports.take(), ports.take()
        self.ca = Pebble(self.http, self.https, environment, **options)
        self.shop = origin()
        self.state = folder()
        self.weir = None
        self.text = (
            f"state {self.state}/weir\nhttp_port {self.http}\nhttps_port {self.https}\nadmin {{ socket @dir/admin.sock }}\n"
            f"acme {{ ca {self.ca.directory} trust {self.ca.trust}; {acme} }}\n{sites}"
        )
        if starts:
            self.begin()

    def begin(self):
        self.weir = weir(self.text, shop=self.shop, mail="me@a.test")
        return self.weir

    def end(self):
        self.weir.signal(signal.SIGTERM)
        assert self.weir.ended() == 0

    def connect(self, name, roots=None):
        """A TLS connection to this name; trusts the CA's root alone."""
        trust = ssl.create_default_context(cafile=roots or self.ca.root)
        sock = socket.create_connection(("127.0.0.1", self.https), timeout=10)
        try:
            return trust.wrap_socket(sock, server_hostname=name)
        except BaseException:
            sock.close()
            raise

    def serves(self, name):
        try:
            with self.connect(name) as wire:
                return bool(wire.getpeercert())
        except OSError:
            return False

    def wait_for(self, name, seconds=30):
        until(lambda: self.serves(name), f"a certificate for {name}\n{self.weir.stderr()}\n{self.ca.said()[-3000:]}", seconds)

    def certificate(self, name):
        with self.connect(name) as wire:
            return wire.getpeercert()

    def curl(self, name, target="/", *words):
        return run(
            "curl", "-sS", "--cacert", self.ca.root, "--resolve", f"{name}:{self.https}:127.0.0.1",
            "--resolve", f"{name}:{self.http}:127.0.0.1", *words, f"https://{name}:{self.https}{target}",
        )  # fmt: skip

    def in_the_clear(self, name, target="/"):
        return run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "--resolve",
                   f"{name}:{self.http}:127.0.0.1", f"http://{name}:{self.http}{target}")[1]  # fmt: skip

    def said(self, word):
        return len(re.findall(rf"\b{word}\b", self.weir.stderr()))


@play(seconds=60, needs=PROGRAMS)
def play_three_lines_are_https():
    """A site's name alone: a certificate, HTTPS that a client trusts, a redirect."""
    house = House()
    house.wait_for("a.test")
    status, text = house.curl("a.test")
    assert (status, text) == (0, "hello"), text
    assert house.in_the_clear("a.test", "/x?y") == f"301 https://a.test:{house.https}/x?y"
    assert "strict-transport-security: max-age=31536000" in house.curl("a.test", "/", "-i")[1]
    assert house.said("certificate_issued") == 1


@play(seconds=60, needs=PROGRAMS)
def play_a_site_that_waits_for_its_certificate():
    """Beside one that has a certificate: it is served in the clear, not with a redirect to somebody else's certificate."""
    own = Authority()
    pair = own.leaf("own.test")
    house = House(f"site own.test {{\n    tls {' '.join(pair)}\n    respond 200 own\n}}\n{THREE_LINES}", starts=False)
    house.ca.stop()
    house.begin()
    until(lambda: house.said("certificate_not_issued"), "the failure is told")
    assert house.in_the_clear("own.test") == f"301 https://own.test:{house.https}/"
    assert house.in_the_clear("a.test") == "200 "
    house.ca.start()
    assert house.weir.command("certs", "renew", "a.test", "--socket", house.weir.admin)[0] == 0
    house.wait_for("a.test")
    assert house.in_the_clear("a.test") == f"301 https://a.test:{house.https}/"


@play(seconds=60, needs=PROGRAMS)
def play_tls_alpn_alone():
    house = House(acme="challenges tls_alpn")
    house.wait_for("a.test")
    assert house.curl("a.test")[1] == "hello"


@play(seconds=60, needs=PROGRAMS)
def play_several_names():
    house = House("site a.test b.test www.a.test {\n    proxy @shop\n}\nsite c.test {\n    proxy @shop\n}\n")
    for name in ("a.test", "b.test", "www.a.test", "c.test"):
        house.wait_for(name)
    names = {value for _, value in house.certificate("b.test")["subjectAltName"]}
    assert names == {"a.test", "b.test", "www.a.test"}, names
    assert house.said("acme_account") == 1


@play(seconds=90, needs=PROGRAMS)
def play_half_of_the_nonces_are_refused():
    house = House(environment={"PEBBLE_WFE_NONCEREJECT": "50"})
    house.wait_for("a.test", 60)
    assert house.said("certificate_not_issued") == 0, house.weir.stderr()


@play(seconds=60, needs=PROGRAMS)
def play_external_account():
    keys = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}
    house = House(acme=f"email @mail; eab kid-1 {keys['kid-1']}", externalAccountBindingRequired=True, externalAccountMACKeys=keys)
    house.wait_for("a.test")


@play(seconds=60, needs=PROGRAMS)
def play_external_account_is_missing():
    keys = {"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}
    house = House(externalAccountBindingRequired=True, externalAccountMACKeys=keys)
    until(lambda: house.said("certificate_not_issued"), "the failure is told")
    assert "external account" in house.weir.stderr()


@play(seconds=90, needs=PROGRAMS)
def play_the_ca_is_down():
    """Plain HTTP is served meanwhile; a restart, as an operator would make it, tries again soon."""
    house = House(starts=False)
    house.ca.stop()
    house.begin()
    until(lambda: house.said("certificate_not_issued"), "the failure is told")
    assert house.in_the_clear("a.test") == "200 ", "the site is there in the clear until it has a certificate"
    assert "unreachable" in house.weir.stderr()
    house.ca.start()
    run("rm", "-rf", f"{house.state}/weir/acme")
    house.end()
    house.begin()
    house.wait_for("a.test")
    assert house.in_the_clear("a.test").startswith("301 ")


@play(seconds=90, needs=PROGRAMS)
def play_a_restart_keeps_account_and_certificate():
    house = House()
    house.wait_for("a.test")
    before = house.certificate("a.test")["serialNumber"]
    roots = house.ca.root
    house.end()
    house.ca.stop()
    house.begin()
    with house.connect("a.test", roots) as wire:
        assert wire.getpeercert()["serialNumber"] == before
    assert house.said("certificate_issued") == 0
    files = run("find", f"{house.state}/weir", "-type", "f", "-not", "-perm", "600")[1]
    assert files == "", files


@play(seconds=120, needs=PROGRAMS)
def play_renewed_while_requests_flow():
    """Certificates that live half a minute; clients notice nothing."""
    house = House(certificateValidityPeriod=30)
    house.wait_for("a.test")
    roots = house.ca.root
    serials, failures, is_over = set(), [], threading.Event()

    def visit():
        while not is_over.is_set():
            try:
                with house.connect("a.test", roots) as wire:
                    serials.add(wire.getpeercert()["serialNumber"])
                    wire.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
                    answer = b""
                    while octets := wire.recv(65536):
                        answer += octets
                    if not answer.startswith(b"HTTP/1.1 200 ") or not answer.endswith(b"hello"):
                        failures.append(answer)
            except OSError as error:
                failures.append(error)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        until(lambda: len(serials) >= 3, f"two renewals\n{house.weir.stderr()}", 90)
    finally:
        is_over.set()
        visitor.join()
    assert not failures, failures[:3]
    assert house.said("certificate_renewed") >= 2


class Gate:
    """Says which names may have a certificate."""

    def __init__(self):
        self.asked = []
        self.origin = origin(self.answer)
        self.words = f"ask http://{self.origin.address}/allowed"

    def answer(self, visit):
        name = visit.request.target.partition("=")[2]
        self.asked.append(name)
        return visit.answer(200 if name.startswith("yes") else 404)


@play(seconds=90, needs=PROGRAMS)
def play_on_demand():
    """A site without names: what the ask URL allows gets a certificate, and the first handshake waits for it; others get none, soon."""
    gate = Gate()
    house = House("site * {\n    tls acme\n    proxy @shop\n}\n", acme=gate.words)
    first = house.curl("yes.test")
    assert first == (0, "hello"), first
    assert not house.serves("no.test")
    assert "no.test" in gate.asked
    assert not house.serves("no.test")
    assert gate.asked.count("no.test") == 1, "a denial is kept for a while"
    assert house.weir.metrics()["weir_tls_handshakes_held"] == 0
    assert house.weir.metrics()["weir_acme_denied_total"] == 1
    assert listed(house, "--socket", house.weir.admin)["yes.test"]["source"] == "acme on demand"


@play(seconds=90, needs=PROGRAMS)
def play_many_first_visitors_of_a_name_on_demand():
    """All of them wait for one order, beside a site with a certificate of its own, whose visitors wait for nothing."""
    gate = Gate()
    own = Authority()
    pair = own.leaf("own.test")
    sites = f"site own.test {{\n    tls {' '.join(pair)}\n    respond 200 own\n}}\nsite *.shop.test {{\n    tls acme\n    proxy @shop\n}}\n"
    house = House(sites, acme=gate.words)
    outcomes = []
    visitors = [threading.Thread(target=lambda: outcomes.append(house.curl("yes.shop.test"))) for _ in range(12)]
    for visitor in visitors:
        visitor.start()
    assert TlsClient(("127.0.0.1", house.https), trust(own.file), "own.test").get(host="own.test").body == b"own"
    for visitor in visitors:
        visitor.join()
    assert outcomes == [(0, "hello")] * 12, outcomes
    assert house.said("certificate_issued") == 1 and gate.asked == ["yes.shop.test"]
    side = trust(own.file)
    side.check_hostname = False
    assert TlsClient(("127.0.0.1", house.https), side, "no.shop.test").names == ["own.test"], "who gets none gets what any stranger gets"
    house.end()
    house.begin()
    assert house.curl("yes.shop.test")[1] == "hello", "kept over a restart"
    assert house.said("certificate_issued") == 0


@play(seconds=60, needs=PROGRAMS)
def play_metrics_tell_of_it():
    house = House()
    house.wait_for("a.test")
    text = run("curl", "-s", "--unix-socket", house.weir.admin, "http://weir/metrics")[1]
    assert 'weir_acme_orders_total{outcome="issued"} 1' in text, text
    labels = '{name="a.test",source="acme",key="ecdsa"}'
    assert f"weir_certificate_failures{labels} 0" in text
    assert f"weir_certificate_ends_timestamp_seconds{labels}" in text and f"weir_certificate_renewal_timestamp_seconds{labels}" in text


@play(seconds=120, needs=PROGRAMS)
def play_reloads():
    """One that fails leaves the account, the authority and all certificates; one that adds a site disturbs nobody."""
    house = House()
    house.wait_for("a.test")
    wire = house.connect("a.test")
    serial = wire.getpeercert()["serialNumber"]
    more = house.text + "site b.test {\n    proxy @shop\n}\n"
    elsewhere = more.replace(house.ca.directory, "https://127.0.0.1:1/other")
    status, _, err = house.weir.reload("error_log /nowhere/at/all.log\n" + elsewhere)
    assert status == 1 and "/nowhere" in err, err
    assert house.weir.command("certs", "renew", "a.test", "--socket", house.weir.admin)[0] == 0
    until(lambda: house.certificate("a.test")["serialNumber"] != serial, "the authority of before renews it")
    serial = house.certificate("a.test")["serialNumber"]
    assert house.weir.reload(more)[0] == 0
    house.wait_for("b.test")
    assert house.certificate("a.test")["serialNumber"] == serial
    assert house.said("acme_account") == 1 and house.said("certificate_not_issued") == 0
    wire.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
    assert wire.recv(65536).startswith(b"HTTP/1.1 200 "), "a connection from before both reloads"
    assert house.weir.reload(more.replace("site a.test", "site http://a.test"))[0] == 0
    assert list(listed(house, "--socket", house.weir.admin)) == ["b.test"]


@play(seconds=90, needs=PROGRAMS)
def play_certs_are_listed_and_renewed_by_hand():
    """What `weir certs` says of it, also of the file when nobody runs, and of a failure; `renew` does not wait for its time."""
    house = House("site a.test www.a.test {\n    proxy @shop\n}\nsite z.test {\n    proxy @shop\n}\n")
    for name in ("a.test", "z.test"):
        house.wait_for(name)
    one = listed(house, "--socket", house.weir.admin)["a.test"]
    assert one["names"] == ["a.test", "www.a.test"] and one["source"] == "acme" and one["key"] == "ecdsa" and one["fault"] == ""
    assert one["issuer"].startswith("Pebble Intermediate") and one["begins"] < one["renewal"] < one["ends"] and one["days_left"] > 0
    status, out, err = house.weir.command("certs", "renew", "www.a.test", "--socket", house.weir.admin)
    assert status == 0 and "ordered" in out, err
    until(lambda: house.said("certificate_renewed"), "it is renewed now")
    serial = one["serial"]
    until(lambda: listed(house, "--socket", house.weir.admin)["a.test"]["serial"] != serial, "the new one serves")
    house.ca.stop()
    house.weir.command("certs", "renew", "z.test", "--socket", house.weir.admin)
    until(lambda: listed(house, "--socket", house.weir.admin)["z.test"]["failures"], "a failure is told")
    kept = listed(house, "--socket", house.weir.admin)["z.test"]
    assert "unreachable" in kept["fault"] or "refused" in kept["fault"], kept
    assert "days more" in house.weir.stderr() and house.said("certificate_not_renewed"), house.weir.stderr()
    house.end()
    after = listed(house, "--config", str(house.weir.file))
    assert after["z.test"]["serial"] == kept["serial"] and after["z.test"]["failures"] == 1
    assert after["a.test"]["serial"] != serial


def listed(house, *words):
    status, out, err = house.weir.command("certs", "--json", *words)
    assert status == 0, err
    return {one["names"][0]: one for one in json.loads(out)}
