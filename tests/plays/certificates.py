"""Certificates of HTTPS: which one serves whom, files that change under load, what is refused, the internal authority, `weir certs`."""

import json
import os
import shutil
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from scene import Authority, TlsClient, folder, origin, play, rows, trust, until, weir
from scene.tls import openssl, s_client, trust_made

SITE = "site a.test {{\n    listen @front tls\n    tls {} {}\n    proxy @shop\n}}\n"


def swap(source, target):
    """As deployments do it: a reader finds the old file or the new one."""
    shutil.copy(source, f"{target}.tmp")
    os.replace(f"{target}.tmp", target)


@play(seconds=60, needs="openssl")
def play_a_name_gets_its_certificate():
    """Exact before wildcard; the site chooses, whatever its certificate covers; no name, or a strange one, is the first's."""
    ca = Authority()
    first, exact, wild = ca.leaf("first.test"), ca.leaf("a.shop.test"), ca.leaf("*.shop.test")
    text = "\n".join(
        f"site {name} {{ listen @front tls; tls {' '.join(pair)}; respond 200 {name} }}"
        for name, pair in (("first.test", first), ("a.shop.test", exact), ("*.shop.test", wild))
    )
    here = weir(text)
    table = (
        ("a.shop.test", ["a.shop.test"]),
        ("A.Shop.Test", ["a.shop.test"]),
        ("b.shop.test", ["*.shop.test"]),
        ("first.test", ["first.test"]),
        ("a.b.shop.test", ["*.shop.test"]),
        ("strange.test", ["first.test"]),
        (None, ["first.test"]),
    )

    def ask(name, wanted):
        side = trust(ca.file)
        side.check_hostname = False
        assert TlsClient(here.at(), side, name).names == wanted

    rows(table, ask)


@play(seconds=60, needs="openssl")
def play_each_address_has_its_own():
    """Sites without names at several addresses, the same name at two: each serves its own certificate, whatever the client asks for."""
    ca = Authority()
    one, two, a, b = ca.leaf("one.test"), ca.leaf("two.test"), ca.leaf("a.test", "first.test"), ca.leaf("a.test", "second.test")
    here = weir(
        f"site @one {{ tls {' '.join(one)}; respond 200 one }}\nsite @two {{ tls {' '.join(two)}; respond 200 two }}\n"
        f"site a.test {{ listen @first tls; tls {' '.join(a)}; respond 200 first }}\n"
        f"site A.test {{ listen @second tls; tls {' '.join(b)}; respond 200 second }}\n"
    )
    table = (
        ("one", None, "one.test"),
        ("two", None, "two.test"),
        ("one", "strange.test", "one.test"),
        ("two", "a.test", "two.test"),
        ("first", "a.test", "first.test"),
        ("second", "a.test", "second.test"),
        ("second", None, "second.test"),
    )

    def ask(place, name, wanted):
        side = trust(ca.file)
        side.check_hostname = False
        assert wanted in TlsClient(here.at(place), side, name).names

    rows(table, ask)


@play(seconds=60, needs="openssl")
def play_ecdsa_beside_rsa():
    """Who can take ECDSA gets it; who can't gets RSA; in both versions."""
    ca = Authority()
    pairs = [*ca.leaf("a.test"), *ca.leaf("a.test", key="rsa")]
    here = weir(f"site a.test {{ listen @front tls; tls {' '.join(pairs)}; respond 200 x }}")
    table = (
        (("-tls1_3",), "id-ecPublicKey"),
        (("-tls1_2",), "id-ecPublicKey"),
        (("-tls1_3", "-sigalgs", "RSA-PSS+SHA256"), "rsaEncryption"),
        (("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "rsaEncryption"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"), "id-ecPublicKey"),
    )

    def ask(words, kind):
        said = s_client(here.at(), "-servername", "a.test", "-CAfile", ca.file, "-showcerts", *words)
        assert "Verify return code: 0" in said, said
        assert kind in openssl("x509", "-noout", "-text", stdin=said.encode()), said

    rows(table, ask)


@play(seconds=90, needs="openssl")
def play_files_change_under_load():
    """The certificate before its key, several times, without a reload: every request is answered, and the newest serves."""
    ca = Authority()
    pairs = [ca.leaf("a.test") for _ in range(4)]
    place = folder()
    chain, key = f"{place}/a.pem", f"{place}/a.key"
    for source, target in zip(pairs[0], (chain, key), strict=True):
        swap(source, target)
    shop = origin(is_traced=False)
    here = weir(SITE.format(chain, key), shop=shop)
    failures, serials, is_over = [], [], threading.Event()

    def visit():
        while not is_over.is_set():
            try:
                client = TlsClient(here.at(), trust(ca.file))
                serials.append(client.serial)
                assert client.get("/", "Connection: close", host="a.test").status == 200
                client.close()
            except Exception as error:  # noqa: BLE001: whatever it is, it must not happen
                failures.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        for pair in pairs[1:]:
            wanted = openssl("x509", "-noout", "-serial", "-in", pair[0]).partition("=")[2].strip()
            swap(pair[0], chain)
            until(lambda: serials, "a visit")
            swap(pair[1], key)
            until(lambda is_it=wanted: serials[-1] == is_it, f"certificate {wanted} is used\n{here.stderr()}", 20)
    finally:
        is_over.set()
        for visitor in visitors:
            visitor.join()
    assert not failures, failures[:3]
    assert here.metrics()['weir_reloads_total{result="done"}'] == 0


@play(seconds=60, needs="openssl")
def play_a_wrong_pair_is_told_and_changes_nothing():
    """At load with line and reason; while it runs the old one serves on."""
    ca = Authority()
    good, other = ca.leaf("a.test"), ca.leaf("a.test")
    over = ca.leaf("a.test", ends=datetime(2020, 2, 1))
    weak = ca.leaf("a.test", key="weak")
    garbage = f"{folder()}/garbage"
    Path(garbage).write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    here = weir(SITE.format(*good), shop=origin())
    client = TlsClient(here.at(), trust(ca.file))
    serial = client.serial
    table = (
        (over, "expired"),
        ((good[0], other[1]), "key"),
        ((garbage, good[1]), "certificate"),
        ((good[1], good[1]), "certificate"),
        ((good[0], garbage), "key"),
        (("/none.pem", good[1]), "/none.pem"),
        (weak, "weak"),
    )

    def refused(pair, reason):
        status, _, err = here.reload(SITE.format(*pair))
        assert status == 1 and "weir.conf:" in err and reason in err, err
        assert TlsClient(here.at(), trust(ca.file)).serial == serial

    rows(table, refused)
    assert client.get(host="a.test").status == 200, "the connection from before lives on"
    place = f"{folder()}/a"
    swap(good[0], f"{place}.pem")
    swap(good[1], f"{place}.key")
    assert here.reload(SITE.format(f"{place}.pem", f"{place}.key"))[0] == 0
    swap(over[0], f"{place}.pem")
    swap(over[1], f"{place}.key")
    until(lambda: "expired" in certificate_of(here)["fault"], "the fault is told")
    assert TlsClient(here.at(), trust(ca.file)).serial == serial
    assert "certificate_refused" in here.stderr()


def certificates_of(here, *words):
    status, out, err = here.command("certs", "--json", *(words or ("--socket", here.admin)))
    assert status == 0, err
    return json.loads(out)


def certificate_of(here, name="a.test"):
    return next(one for one in certificates_of(here) if name in one["names"])


@play(seconds=60, needs="openssl")
def play_certs_are_told_of():
    """Of a running process, of a file when none runs, and as metrics."""
    ca = Authority()
    pair = ca.leaf("a.test", "b.test", ends=datetime.now(timezone.utc) + timedelta(days=10))
    text = (
        f"state @dir/state\nadmin {{ socket @dir/admin.sock }}\n"
        f"site a.test b.test {{ listen @front tls; tls {' '.join(pair)}; respond 200 x }}\n"
        "site c.test { listen @front tls; tls internal; respond 200 x }\n"
    )
    here = weir(text)
    status, out, _ = here.command("certs", "--socket", here.admin)
    assert status == 0 and "a.test b.test" in out and "Play CA" in out and "9 days" in out and pair[0] in out, out
    one = certificate_of(here)
    assert one["names"] == ["a.test", "b.test"] and one["source"] == "files" and one["file"] == pair[0]
    assert one["issuer"] == "Play CA" and one["key"] == "ecdsa" and one["days_left"] == 9
    assert one["fault"] == "" and one["failures"] == 0 and "renewal" not in one
    internal = certificate_of(here, "c.test")
    assert internal["source"] == "internal" and internal["issuer"] == "Weir internal authority" and internal["renewal"] < internal["ends"]
    ends = here.metrics()['weir_certificate_ends_timestamp_seconds{name="a.test",source="files",key="ecdsa"}']
    assert 8 < (ends - time.time()) / 86400 < 10
    until(lambda: "certificate_ends" in here.stderr(), "ten days before its end it is told that nobody renews it")
    status, _, err = here.command("certs", "renew", "a.test", "--socket", here.admin)
    assert status == 1 and "a.test" in err, err
    here.process.terminate()
    assert here.ended() == 0
    status, out, err = here.command("certs", "--json", "--config", str(here.file))
    assert status == 0 and "no running Weir was reached" in err, err
    assert [kept["fingerprint"] for kept in json.loads(out)] == [one["fingerprint"], internal["fingerprint"]]


@play(seconds=60, needs="openssl")
def play_the_internal_authority_outlives_a_restart():
    """Trusted once, trusted on: the authority and its certificates are kept, readable by their owner alone."""
    state = f"{folder()}/state"
    text = f"state {state}\nsite localhost {{ listen @front tls; tls internal; respond 200 x }}"
    here = weir(text)
    root = f"{state}/internal/ca.pem"
    before = TlsClient(here.at(), trust_made(root), "localhost")
    assert before.names == ["127.0.0.1", "::1", "localhost"] or "localhost" in before.names, before.names
    assert before.get(host="localhost").status == 200
    here.process.terminate()
    assert here.ended() == 0
    after = TlsClient(weir(text).at(), trust(root), "localhost")
    assert after.serial == before.serial
    for path in Path(state).rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


@play(seconds=60, needs="openssl")
def play_a_reload_that_fails_leaves_tls_as_it_was():
    """What fails last fails after TLS was made ready: certificates, tickets and challenges stay those of before."""
    ca = Authority()
    old, new = ca.leaf("a.test"), ca.leaf("a.test")
    here = weir(SITE.format(*old), shop=origin())
    serial = TlsClient(here.at(), trust(ca.file)).serial
    status, _, err = here.reload("error_log /nowhere/at/all.log\n" + SITE.format(*new))
    assert status == 1 and "/nowhere/at/all.log" in err, err
    assert TlsClient(here.at(), trust(ca.file)).serial == serial
    listed = certificate_of(here)
    assert listed["file"] == old[0], listed
    assert here.reload(SITE.format(*new))[0] == 0
    assert TlsClient(here.at(), trust(ca.file)).serial != serial


@play(seconds=90, needs="openssl")
def play_reloads_change_certificates_under_load():
    """Each handshake gets the certificate of a site that it asked for, before, while and after another configuration takes over."""
    ca = Authority()
    other = ca.leaf("other.test")
    pairs = [ca.leaf("a.test") for _ in range(3)]
    shop = origin(is_traced=False)
    first = f"site other.test {{\n    listen @front tls\n    tls {' '.join(other)}\n    respond 200 other\n}}\n"
    here = weir(first + SITE.format(*pairs[0]), shop=shop)
    failures, visits, is_over = [], [0], threading.Event()

    def visit():
        while not is_over.is_set():
            try:
                client = TlsClient(here.at(), trust(ca.file))
                assert client.get("/", "Connection: close", host="a.test").status == 200
                client.close()
                visits[0] += 1
            except Exception as error:  # noqa: BLE001: whatever it is, it must not happen
                failures.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        for turn in range(12):
            assert here.reload(first + SITE.format(*pairs[turn % 3]))[0] == 0
            done = visits[0]
            until(lambda before=done: visits[0] > before + 3, "visitors go on")
    finally:
        is_over.set()
        for visitor in visitors:
            visitor.join()
    assert not failures, failures[:3]


@play(seconds=60, needs="openssl")
def play_root_gives_its_state_to_the_user():
    """Started as root with `user`: what the user must write is the user's, what was root's before is handed over."""
    if os.geteuid() != 0:
        return
    place = Path(folder())
    text = f"log json stdout\nstate {place}/state\nsite localhost {{ listen @front tls; tls internal; respond 200 x }}"
    for config in (text, "user nobody\n" + text, "user nobody\n" + text):
        here = weir(config)
        side = trust_made(f"{place}/state/internal/ca.pem")
        assert TlsClient(here.at(), side, "localhost").get(host="localhost").status == 200
        here.process.terminate()
        assert here.ended() == 0
    owners = {path.owner() for path in [place / "state", *(place / "state").rglob("*")]}
    assert owners == {"nobody"}, owners
    (place / "shared").mkdir()
    (place / "shared/other").write_text("somebody's")
    here = weir("user nobody\n" + text.replace("/state\n", "/shared\n"))
    assert TlsClient(here.at(), trust_made(f"{place}/shared/internal/ca.pem"), "localhost").get(host="localhost").status == 200
    assert (place / "shared").owner() == "root" and (place / "shared/internal").owner() == "nobody"
