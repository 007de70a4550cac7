"""HTTPS towards clients: real ones, versions and policies, resumption, certificates of clients, matchers, floods."""

import re
import socket
import ssl
import threading
from pathlib import Path

from scene import Authority, TlsClient, curl, folder, origin, play, rows, trust, until, weir
from scene.tls import openssl, s_client

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def site(pair, block="", more="respond 200 $tls_version", head=""):
    return f"{head}\nsite a.test {{\n    listen @front tls\n    tls {' '.join(pair)} {{\n{block}\n    }}\n    {more}\n}}\n"


def curl_tls(here, ca, *words, name="a.test", target="/", front="front"):
    port = here.at(front)[1]
    return curl("--cacert", ca.file, "--resolve", f"{name}:{port}:127.0.0.1", *words, f"https://{name}:{port}{target}")


@play(seconds=60, needs=("curl", "openssl"))
def play_curl_by_both_versions_of_http():
    """Bodies both ways over TLS: what HTTP/2 and HTTP/1.1 bring is equal; the log tells what was agreed on."""
    ca = Authority()
    body = bytes(range(256)) * 4096
    shop = origin(lambda visit: visit.answer(200, visit.request.body))
    here = weir(site(ca.leaf("a.test"), more="proxy @shop"), shop=shop)
    file = Path(folder(), "body")
    file.write_bytes(body)
    for words, version in (("--http1.1",), "1.1"), (("--http2",), "2"):
        back = Path(folder(), "back")
        said = curl_tls(here, ca, *words, "--data-binary", f"@{file}", "-o", str(back), "-w", "%{http_version} %{http_code}")
        assert said == f"{version} 200", said
        assert back.read_bytes() == body
    lines = here.log(2)
    assert [line["tls_version"] for line in lines] == ["TLSv1.3", "TLSv1.3"], lines
    assert {line["tls_server_name"] for line in lines} == {"a.test"}
    figures = here.metrics()
    assert figures['weir_tls_handshakes_total{version="1.3",resumed="no"}'] == 2
    assert figures['weir_tls_handshakes_by_protocol_total{protocol="h2"}'] == 1
    assert sum(value for name, value in figures.items() if name.startswith("weir_tls_handshakes_by_cipher_total")) == 2
    assert figures["weir_tls_handshakes_in_progress"] == 0


@play(seconds=60, needs="openssl")
def play_protocols_are_agreed_on():
    """ALPN: what both know, HTTP/2 first; nothing in common is an end (ALPACA); without ALPN it is HTTP/1.1."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test")) + site(ca.leaf("b.test"), "h2 off").replace("a.test", "b.test"))
    table = (
        ("a.test", ("h2", "http/1.1"), "h2"),
        ("a.test", ("http/1.1", "h2"), "h2"),
        ("a.test", ("http/1.1",), "http/1.1"),
        ("a.test", ("spdy/1", "http/1.1"), "http/1.1"),
        ("a.test", (), None),
        ("b.test", ("h2", "http/1.1"), "http/1.1"),
    )

    def agree(name, offered, wanted):
        assert TlsClient(here.at(), trust(ca.file, offered), name).tls.selected_alpn_protocol() == wanted

    rows(table, agree)
    for name, offered in (("a.test", ("ftp",)), ("b.test", ("h2",))):
        try:
            TlsClient(here.at(), trust(ca.file, offered), name)
            raise AssertionError(f"{name} agreed on one of {offered}")
        except ssl.SSLError as error:
            assert "NO_APPLICATION_PROTOCOL" in str(error).upper().replace(" ", "_"), error


@play(seconds=60, needs="openssl")
def play_versions_and_policies():
    """Nothing older than 1.2 anywhere; `modern` is 1.3 alone; lists of one's own hold."""
    ca = Authority()
    pair = ca.leaf("a.test")
    table = (
        ("", {"-tls1": False, "-tls1_1": False, "-tls1_2": True, "-tls1_3": True}),
        ("policy modern", {"-tls1_1": False, "-tls1_2": False, "-tls1_3": True}),
        ("policy intermediate", {"-tls1_2": True, "-tls1_3": True}),
        ("versions 1.2", {"-tls1_2": True, "-tls1_3": False}),
        ("suites TLS_CHACHA20_POLY1305_SHA256", {"-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256": False, "-tls1_3": True}),
        ("ciphers ECDHE-ECDSA-AES256-GCM-SHA384", {"-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256": False, "-tls1_2": True}),
        ("groups P-256", {"-groups X25519": False, "-groups P-256": True}),
    )

    def meets(block, outcomes):
        here = weir(site(pair, block))
        for words, is_fine in outcomes.items():
            said = s_client(here.at(), "-servername", "a.test", *words.split(), "-cipher", "ALL:@SECLEVEL=0") if "-cipher" not in words \
                else s_client(here.at(), "-servername", "a.test", *words.split())  # fmt: skip
            assert ("Cipher is (NONE)" not in said and "BEGIN CERTIFICATE" in said) == is_fine, f"{words}: {said}"

    rows(table, meets)
    default = weir(site(pair))
    for cipher in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL", "ECDHE-ECDSA-AES128-CCM8"):
        said = s_client(default.at(), "-servername", "a.test", "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        assert "BEGIN CERTIFICATE" not in said, f"{cipher}: {said}"


def visit(here, side, session=None):
    client = TlsClient(here.at(), side, session=session)
    assert client.get(host="a.test").status == 200
    return client


def sides(ca, **how):
    """A client's side for each version: a session belongs to the side that it was made with."""
    return [trust(ca.file, version=version, **how) for version in (TLS12, TLS13)]


@play(seconds=60, needs="openssl")
def play_sessions_are_resumed():
    """By tickets, in both versions; each worker takes those of the others; openssl's own client sees it, too."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test")))
    for side in sides(ca):
        first = visit(here, side)
        assert not first.tls.session_reused
        for _ in range(8):
            again = visit(here, side, first.tls.session)
            assert again.tls.session_reused, side.maximum_version
            again.close()
    figures = here.metrics()
    assert figures['weir_tls_handshakes_total{version="1.2",resumed="yes"}'] == 8
    assert figures['weir_tls_handshakes_total{version="1.3",resumed="yes"}'] == 8
    request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
    for words in (("-tls1_2",), ("-tls1_3",)):
        kept = f"{folder()}/session"
        common = ("-servername", "a.test", "-CAfile", ca.file, "-ign_eof", *words)
        assert "New, " in s_client(here.at(), *common, "-sess_out", kept, says=request)
        assert "Reused, " in s_client(here.at(), *common, "-sess_in", kept, says=request)


@play(seconds=60, needs="openssl")
def play_a_fleet_shares_its_tickets():
    """The same file of keys: a session of one Weir is resumed by the other. New keys in front, the old ones still read."""
    ca = Authority()
    pair = ca.leaf("a.test")
    keys = Path(folder(), "tickets")
    old, new = openssl("rand", "-hex", "80").strip(), openssl("rand", "-hex", "80").strip()
    keys.write_bytes(bytes.fromhex(old))
    one, other = (weir(site(pair, head=f"tickets {{ file {keys} }}")) for _ in range(2))
    both = sides(ca)
    sessions = [visit(one, side).tls.session for side in both]

    def resumes(here):
        return [visit(here, side, session).tls.session_reused for side, session in zip(both, sessions, strict=True)]

    assert resumes(other) == [True, True]
    turned = keys.with_suffix(".new")
    turned.write_bytes(bytes.fromhex(new + old))
    turned.rename(keys)
    until(lambda: "ticket_keys_read" in one.stderr() and "ticket_keys_read" in other.stderr(), "the new keys are read")
    assert resumes(one) == resumes(other) == [True, True]
    keys.write_bytes(bytes.fromhex(new))
    until(lambda: other.stderr().count("ticket_keys_read") == 2, "the old key is gone")
    assert resumes(other) == [False, False]
    keys.write_bytes(b"too short")
    until(lambda: "ticket_keys_refused" in other.stderr(), "a bad file is told")
    sessions = [visit(one, side).tls.session for side in both]
    assert resumes(other) == [True, True]


@play(seconds=60, needs="openssl")
def play_ticket_keys_rotate():
    """A key encrypts for its time; a ticket of the key before is still good, one that is past its life is not."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test"), head="error_log stderr { level debug }\ntickets { rotation 2s; lifetime 4s }"))
    side = sides(ca)[0]
    session = visit(here, side).tls.session
    until(lambda: here.stderr().count("ticket_keys_rotated") >= 1, "the first rotation")
    assert visit(here, side, session).tls.session_reused
    until(lambda: here.stderr().count("ticket_keys_rotated") >= 5, "the key is dropped", 20)
    assert not visit(here, side, session).tls.session_reused
    off = weir(site(ca.leaf("a.test"), head="tickets off"))
    session = visit(off, side).tls.session
    assert session is None or not visit(off, side, session).tls.session_reused


def refuses(here, ca, own=None, name="a.test"):
    """In TLS 1.3 a client hears of it with its first read."""
    try:
        client = TlsClient(here.at(), trust(ca.file, own=own), name)
        return client.get(host=name) is None
    except (ssl.SSLError, OSError, AssertionError):
        return True


@play(seconds=60, needs="openssl")
def play_certificates_of_clients_are_demanded():
    """The subject goes on in a header of the operator's choice; one that a client sends itself never gets there."""
    ca, other = Authority(), Authority("Other CA")
    ann, bob, stranger = ca.client("ann"), ca.client("bob"), other.client("ann")
    crl = ca.revoked(bob[0])
    shop = origin()
    edits = "header request set X-Client $tls_client_subject; header request set X-Verified $tls_client_verified"
    more = f"proxy @shop; {edits}"
    here = weir(site(ca.leaf("a.test"), f"client require {ca.file} crl {crl}", more), shop=shop)
    client = TlsClient(here.at(), trust(ca.file, own=ann))
    assert client.get("/", "X-Client: CN=root", "x-client: CN=admin", host="a.test").status == 200
    assert shop.last.all("X-Client") == ["CN=ann,O=Play"], shop.last.raw_head
    assert shop.last.header("X-Verified") == "true"
    assert here.log()[0]["tls_client_subject"] == "CN=ann,O=Play"
    for own in (None, bob, stranger):
        assert refuses(here, ca, own), own
    assert len(shop.requests) == 1
    assert here.metrics()['weir_tls_handshakes_failed_total{reason="protocol"}'] == 3


@play(seconds=60, needs="openssl")
def play_certificates_of_clients_may_be_optional():
    """Who shows none is served without a name, and can't lend itself one; routes tell them apart."""
    ca, other = Authority(), Authority("Other CA")
    ann = ca.client("ann")
    shop = origin()
    more = (
        "route /private/* {\n when tls client_cert\n proxy @shop\n }\n"
        "route /ann {\n when tls client_cert CN=ann,*\n respond 200 hello-ann\n }\n"
        "route /* {\n respond 403\n }\nheader request set X-Client $tls_client_subject"
    )
    here = weir(site(ca.leaf("a.test"), f"client optional {ca.file}", more), shop=shop)
    known, unknown = TlsClient(here.at(), trust(ca.file, own=ann)), TlsClient(here.at(), trust(ca.file))
    assert known.get("/private/x", "X-Client: nobody", host="a.test").status == 200
    assert shop.last.all("X-Client") == ["CN=ann,O=Play"]
    assert known.get("/ann", host="a.test").body == b"hello-ann"
    assert unknown.get("/private/x", "X-Client: CN=ann,O=Play", host="a.test").status == 403
    assert unknown.get("/ann", host="a.test").status == 403
    assert refuses(here, ca, other.client("ann")), "one that is not accepted is no certificate at all"


@play(seconds=60, needs="openssl")
def play_a_resumed_session_is_still_who_it_was():
    """The certificate of the client comes with the ticket; its subject is there again, in both versions."""
    ca = Authority()
    ann = ca.client("ann")
    here = weir(site(ca.leaf("a.test"), f"client require {ca.file}", "respond 200 $tls_client_subject"))
    for side in sides(ca, own=ann):
        first = TlsClient(here.at(), side)
        assert first.get(host="a.test").body == b"CN=ann,O=Play"
        again = TlsClient(here.at(), side, session=first.tls.session)
        assert again.tls.session_reused and again.get(host="a.test").body == b"CN=ann,O=Play"


@play(seconds=60, needs="openssl")
def play_a_reload_takes_a_changed_ca_file():
    """The configuration is as it was, the file it names is not: it counts, and the reload says so."""
    ca, other = Authority(), Authority("Other CA")
    trusted = Path(folder(), "clients.pem")
    trusted.write_bytes(Path(ca.file).read_bytes())
    here = weir(site(ca.leaf("a.test"), f"client require {trusted}", "respond 200 $tls_client_subject"))
    bob = trust(ca.file, own=other.client("bob"))

    def is_let_in():
        try:
            return TlsClient(here.at(), bob).get(host="a.test").status == 200
        except (OSError, AssertionError):
            return False

    assert not is_let_in()
    trusted.write_bytes(Path(ca.file).read_bytes() + Path(other.file).read_bytes())
    status, out, err = here.command("reload", "--socket", here.admin)
    assert status == 0 and "~ site a.test" in out, (out, err)
    until(is_let_in, "the other authority's clients are let in")


@play(seconds=60, needs="openssl")
def play_a_session_opens_no_other_door():
    """A ticket of a site that demands nothing is no way into one that demands a certificate, nor of one authority's into another's."""
    ca, other = Authority(), Authority("Other CA")
    pair, ann = ca.leaf("a.test", "b.test", "c.test", "d.test"), ca.client("ann")
    sites = (
        ("a.test", ""),
        ("b.test", f"client require {ca.file}"),
        ("c.test", f"client require {other.file}"),
        ("d.test", f"client optional {ca.file}"),
    )
    here = weir("\n".join(site(pair, block, "respond 200 $tls_client_subject").replace("a.test", name) for name, block in sites))
    for version in (TLS12, TLS13):
        free = trust(ca.file, version=version)
        session = visit(here, free).tls.session
        for name in ("b.test", "c.test"):
            assert is_refused(here, free, name, session), name
        unknown = TlsClient(here.at(), free, "d.test")
        assert unknown.get(host="d.test").status == 200
        assert is_refused(here, free, "b.test", unknown.tls.session), "of the same authority, but shown to nobody"
        known = trust(ca.file, own=ann, version=version)
        first = TlsClient(here.at(), known, "b.test")
        assert first.get(host="b.test").body == b"CN=ann,O=Play"
        assert is_refused(here, known, "c.test", first.tls.session)


def is_refused(here, side, name, session):
    try:
        return TlsClient(here.at(), side, name, session).get(host=name).status != 200
    except (OSError, AssertionError):
        return True


@play(seconds=60, needs="openssl")
def play_another_name_on_the_same_connection():
    """421 where the other site wants certificates of clients that this handshake did not (RFC 9110 15.5.20)."""
    ca = Authority()
    free, closed = ca.leaf("a.test"), ca.leaf("b.test")
    here = weir(site(free) + site(closed, f"client require {ca.file}").replace("a.test", "b.test"))
    client = TlsClient(here.at(), trust(ca.file))
    assert client.get(host="b.test").status == 421
    client = TlsClient(here.at(), trust(ca.file))
    assert client.get(host="a.test").status == 200
    assert client.get(host="none.test").status == 421


@play(seconds=60, needs="openssl")
def play_strict_transport_security():
    """Said by HTTPS alone, once; the site's word counts more than the origin's."""
    ca = Authority()
    pair = ca.leaf("a.test")
    shop = origin(lambda visit: visit.answer(200, "x", "Strict-Transport-Security: max-age=1"))
    field = "Strict-Transport-Security"
    table = (
        ("hsts include_subdomains preload", ["max-age=31536000; includeSubDomains; preload"]),
        ("hsts max_age 30d", ["max-age=2592000"]),
        ("hsts off", ["max-age=1"]),
        ("", ["max-age=1"]),
    )

    def said(word, wanted):
        here = weir(site(pair, more=f"{word}\nproxy @shop\nlisten @plain"), shop=shop)
        assert TlsClient(here.at(), trust(ca.file)).get(host="a.test").all(field) == wanted
        if word != "hsts off" and word:
            assert here.get(host="a.test", name="plain").all(field) in ([], ["max-age=1"])

    rows(table, said)


@play(seconds=60, needs="openssl")
def play_routes_by_what_a_client_speaks():
    """Matchers and variables of TLS, fingerprints among them; `weir explain` says the same."""
    ca = Authority()
    more = (
        "route /version {\n when tls version 1.2\n respond 200 old\n }\n"
        "route /name {\n when tls sni A.test a.test\n respond 200 named\n }\n"
        "route /ja4 {\n when ja4 t13*\n respond 200 $ja4\n }\n"
        "route /ja4 {\n when ja4 t12*\n respond 200 twelve\n }\n"
        "route /ja3 {\n when ja3 ~^[0-9a-f]+$\n respond 200 $ja3\n }\n"
        "route /plain {\n when not tls\n respond 200 plain\n }\n"
        'route /* {\n respond 404 "$tls_version $tls_cipher $tls_server_name"\n }\nlisten @plain'
    )
    here = weir(site(ca.leaf("a.test"), more=more))
    new, old = (TlsClient(here.at(), trust(ca.file, version=version)) for version in (TLS13, TLS12))
    assert (new.get("/version", host="a.test").status, old.get("/version", host="a.test").body) == (404, b"old")
    assert new.get("/name", host="a.test").body == b"named"
    ja4 = new.get("/ja4", host="a.test").text
    assert re.fullmatch(r"t13d\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}", ja4), ja4
    assert old.get("/ja4", host="a.test").body == b"twelve"
    assert len(new.get("/ja3", host="a.test").body) == 32
    assert new.get("/plain", host="a.test").text.startswith("TLSv1.3 TLS_")
    assert here.get("/plain", host="a.test", name="plain").body == b"plain"
    assert here.get("/name", host="a.test", name="plain").status == 404
    port = here.at()[1]

    def explained(target, *words):
        status, out, err = here.command("explain", "--socket", here.admin, f"https://a.test:{port}{target}", *words)
        assert status == 0, err
        return out

    assert "200 text/plain" in explained("/name")
    assert "tls version is not 'TLSv1.2'" in explained("/version")
    assert "200 text/plain" in explained("/ja4", "--ja4", ja4)
    assert "ja4 is absent" in explained("/ja4")


@play(seconds=60)
def play_explain_tells_of_the_redirect():
    state = folder()
    here = weir(
        f"state {state}\nhttp_port @plain.port\nhttps_port @front.port\nacme {{ ca https://127.0.0.1:1/dir }}\n"
        "site localhost { respond 200 x }\nsite a.test { respond 200 y }"
    )
    plain, front = here.at("plain")[1], here.at()[1]

    def explained(url):
        return here.command("explain", "--socket", here.admin, url)[1]

    told = explained(f"http://localhost:{plain}/a?b")
    assert f"https     301 to https://localhost:{front}/a?b\n" in told, told
    told = explained(f"http://a.test:{plain}/a")
    assert f"https     301 to https://a.test:{front}/a, once there is a certificate; until then:" in told and "200 text/plain" in told, told
    assert "301 to" not in explained(f"https://localhost:{front}/a")


def who_looked_has_left(here):
    """He who looked whether Weir listens."""
    gone = 'weir_tls_handshakes_failed_total{reason="gone"}'
    until(lambda: here.metrics()[gone] and not here.metrics()["weir_connections_open"], "he has left")


def the_next_is_refused(here):
    try:
        here.client().is_cut()
    except OSError:
        pass  # while it was still being opened
    assert here.metrics()['weir_tls_handshakes_failed_total{reason="limit"}'] == 1


@play(seconds=120, needs="openssl")
def play_half_open_handshakes_end():
    """So many may be under way, each for its time; whoever comes beyond is refused, and all of it is counted."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test"), head="workers 1\nlimits { handshakes 5 time 10s }"))
    who_looked_has_left(here)
    open_ones = [here.client(is_traced=False) for _ in range(5)]
    for number, client in enumerate(open_ones):
        client.send(b"\x16\x03\x01\x02\x00\x01"[: 1 + number])
    until(lambda: here.metrics()["weir_tls_handshakes_in_progress"] == 5, "five are under way")
    the_next_is_refused(here)
    for client in open_ones:
        client.is_cut(seconds=60)
    until(lambda: here.metrics()["weir_tls_handshakes_in_progress"] == 0, "none is under way any more")
    assert here.metrics()['weir_tls_handshakes_failed_total{reason="timeout"}'] == 5
    assert TlsClient(here.at(), trust(ca.file)).get(host="a.test").status == 200


@play(seconds=60, needs="openssl")
def play_one_address_does_not_take_all_handshakes():
    """Half of them at most; then others still get in, and it does not."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test"), head="workers 1\nlimits { handshakes 40 time 30s }"))
    who_looked_has_left(here)
    stalled = [here.client(is_traced=False) for _ in range(20)]
    until(lambda: here.metrics()["weir_tls_handshakes_in_progress"] == 20, "half of them are under way")
    the_next_is_refused(here)
    other = socket.create_connection(here.at(), timeout=10, source_address=("127.0.0.2", 0))
    with trust(ca.file).wrap_socket(other, server_hostname="a.test") as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
    for client in stalled:
        client.close()


@play(seconds=90, needs="openssl")
def play_a_flood_of_handshakes_is_bounded():
    """Many clients that begin and leave, at every point of a handshake: memory and descriptors come back, others are served."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test"), head="limits { handshakes 500 time 5s; connections_per_client 100000 }"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = trust(ca.file).wrap_bio(incoming, outgoing, server_hostname="a.test")
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()

    def flood(cut):
        for _ in range(60):
            with socket.create_connection(here.at(), timeout=10) as sock:
                sock.sendall(hello[:cut])

    flood(len(hello))
    before = here.descriptors()
    floods = [threading.Thread(target=flood, args=(cut,)) for cut in (1, 5, 60, len(hello) - 1, len(hello), len(hello))]
    for one in floods:
        one.start()
    for _ in range(20):
        assert TlsClient(here.at(), trust(ca.file)).get("/", "Connection: close", host="a.test").status == 200
    for one in floods:
        one.join()
    until(lambda: here.metrics()["weir_tls_handshakes_in_progress"] == 0, "all handshakes are over")
    until(lambda: here.metrics()["weir_connections_open"] == 0, "all connections are closed")
    assert here.descriptors() <= before + 4
    assert here.metrics()['weir_tls_handshakes_failed_total{reason="gone"}'] > 100


@play(seconds=30, needs="openssl")
def play_http_in_the_clear_is_told_so():
    here = weir(site(Authority().leaf("a.test")))
    client = here.client()
    answer = client.get(host="a.test")
    assert answer.status == 400 and "HTTPS" in answer.text
    client.ends()
    assert here.metrics()['weir_tls_handshakes_failed_total{reason="plain_http"}'] == 1


@play(seconds=60, needs="openssl")
def play_octets_that_are_no_tls():
    """Noise, a record that is too long, a hello that never ends: an end, never a crash, nothing held."""
    ca = Authority()
    here = weir(site(ca.leaf("a.test"), head="limits { handshakes 100 time 3s }"))
    table = (
        ("noise", bytes(range(128, 256)) * 8),
        ("a record that is too long", b"\x16\x03\x01\xff\xff" + bytes(70000)),
        ("an empty record", b"\x16\x03\x01\x00\x00" * 20),
        ("a hello of 16 MiB", (b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16380)) * 4),
        ("an alert", b"\x15\x03\x01\x00\x02\x02\x28"),
        ("SSLv2", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40)),
    )

    def send(_, octets):
        client = here.client(is_traced=False)
        try:
            client.send(octets)
        except AssertionError:
            pass
        client.is_cut()

    rows(table, send)
    assert here.metrics()["weir_tls_handshakes_in_progress"] == 0
    assert TlsClient(here.at(), trust(ca.file)).get(host="a.test").status == 200
