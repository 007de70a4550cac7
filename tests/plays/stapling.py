"""What a certificate's responder says of it, sent along with handshakes: `openssl ocsp` is the responder."""

import re
import signal
import socket
import ssl
import threading
from pathlib import Path

from scene import folder, origin, play, ports, programs, until, weir

CONFIG = "state @dir/state\nsite https://@front { tls {certificate} {key}; proxy @shop }"


class Authority:
    """A CA with its index of what it has issued and revoked, and its responder."""

    def __init__(self):
        self.dir = folder()
        self.port = ports.take()
        self.responder = None
        self.made = 0
        Path(self.dir, "index.txt").write_text("")
        self.ask("req", "-x509", *self.new_key("ca"), "-days", "2", "-subj", "/CN=Stapling CA", "-out", self.at("ca.pem"))

    def at(self, name):
        return str(Path(self.dir, name))

    def ask(self, *words):
        status, text = programs.run("openssl", *words)
        assert status == 0, text
        return text

    def new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.at(f"{name}.key"))

    def issue(self, name="localhost", responder=None):
        """A chain of leaf and CA, and its key; good until revoke()."""
        responder = responder or f"http://127.0.0.1:{self.port}/"
        self.made += 1
        serial = f"{self.made + 4095:X}"
        file = Path(self.dir, "extensions")
        file.write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1\nauthorityInfoAccess=OCSP;URI:{responder}\n")
        leaf = self.at(f"{name}{self.made}")
        self.ask("req", *self.new_key(f"{name}{self.made}"), "-subj", f"/CN={name}", "-out", leaf + ".csr")
        signed = ("-CA", self.at("ca.pem"), "-CAkey", self.at("ca.key"), "-set_serial", f"0x{serial}", "-days", "2")
        self.ask("x509", "-req", "-in", leaf + ".csr", *signed, "-extfile", str(file), "-out", leaf + ".crt")
        Path(leaf + ".pem").write_text(Path(leaf + ".crt").read_text() + Path(self.at("ca.pem")).read_text())
        with open(self.at("index.txt"), "a") as index:
            index.write(f"V\t351231235959Z\t\t{serial}\tunknown\t/CN={name}\n")
        return leaf + ".pem", leaf + ".key"

    def revoke_all(self):
        index = Path(self.dir, "index.txt")
        index.write_text(re.sub(r"^V\t(\S+)\t\t", r"R\t\1\t250101000000Z\t", index.read_text(), flags=re.M))

    def answer(self):
        signer = ("-rsigner", self.at("ca.pem"), "-rkey", self.at("ca.key"), "-CA", self.at("ca.pem"))
        words = ("-index", self.at("index.txt"), "-port", str(self.port), *signer, "-nmin", "60")
        self.responder = programs.start("openssl", "ocsp", *words)

    def fall_silent(self):
        self.responder.send_signal(signal.SIGTERM)
        self.responder.wait(10)


def relay(authority, listener):
    """The responder by https: one question and its answer a connection, for as long as the play lasts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue())
    while True:
        try:
            near = context.wrap_socket(listener.accept()[0], server_side=True)
        except ssl.SSLError:
            continue  # who does not trust us
        except OSError:
            return
        with near, socket.create_connection(("127.0.0.1", authority.port)) as far:
            far.sendall(near.recv(65536))
            while octets := far.recv(65536):
                near.sendall(octets)


def stapled(here):
    """What openssl s_client is told of the certificate."""
    host, port = here.at()
    text = programs.run("openssl", "s_client", "-connect", f"{host}:{port}", "-servername", "localhost", "-status", stdin=b"")[1]
    if "OCSP response: no response sent" in text:
        return "none"
    assert "OCSP Response Status: successful" in text, text
    return re.search(r"Cert Status: (\w+)", text)[1]


def begin(authority, has_responder=True):
    certificate, key = authority.issue()
    if has_responder:
        authority.answer()
    return weir(CONFIG.replace("{certificate}", certificate).replace("{key}", key), shop=origin())


@play(seconds=60, needs="openssl")
def play_an_answer_is_fetched_stapled_and_kept():
    authority = Authority()
    here = begin(authority)
    until(lambda: stapled(here) == "good", "the answer is sent along")
    metrics = here.metrics()
    assert metrics["weir_tls_stapled_certificates"] == 1
    assert metrics['weir_tls_ocsp_answers_total{outcome="good"}'] == 1
    # After a restart nobody needs to be asked.
    authority.fall_silent()
    here.signal(signal.SIGTERM)
    assert here.ended() == 0
    here.has_ended = False
    here.start()
    here.wait_ready()
    until(lambda: stapled(here) == "good", "the kept answer is sent along")
    assert here.metrics()['weir_tls_ocsp_answers_total{outcome="failed"}'] == 0
    assert here.reload()[0] == 0
    assert stapled(here) == "good", "a reload forgets nothing"


@play(seconds=60, needs="openssl")
def play_an_absent_responder_is_a_warning():
    here = begin(Authority(), has_responder=False)
    until(lambda: "ocsp_failed" in here.stderr(), "the log tells of it")
    assert stapled(here) == "none"
    assert here.metrics()['weir_tls_ocsp_answers_total{outcome="failed"}'] == 1


@play(seconds=60, needs="openssl")
def play_a_revoked_certificate_is_told_and_not_stapled():
    authority = Authority()
    certificate, key = authority.issue()
    authority.revoke_all()
    authority.answer()
    here = weir(CONFIG.replace("{certificate}", certificate).replace("{key}", key), shop=origin())
    until(lambda: "the certificate is revoked" in here.stderr(), "the log tells of it")
    assert stapled(here) == "none"


@play(seconds=60, needs="openssl")
def play_off_asks_nobody():
    authority = Authority()
    certificate, key = authority.issue()
    authority.answer()
    here = weir(f"state @dir/state\nsite https://@front {{ tls {certificate} {key} {{ staple off }}; proxy @shop }}", shop=origin())
    assert stapled(here) == "none"
    assert here.metrics()['weir_tls_ocsp_answers_total{outcome="failed"}'] == 0


@play(seconds=60, needs="openssl")
def play_a_responder_by_https_is_believed_when_the_system_trusts_it():
    authority = Authority()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        certificate, key = authority.issue(responder=f"https://127.0.0.1:{listener.getsockname()[1]}/")
        authority.answer()
        threading.Thread(target=relay, args=(authority, listener), daemon=True).start()
        text = CONFIG.replace("{certificate}", certificate).replace("{key}", key)
        stranger = weir(text, shop=origin())
        until(lambda: "ocsp_failed" in stranger.stderr(), "nobody vouches for the responder")
        assert "handshake_failed" in stranger.stderr() and stapled(stranger) == "none"
        friend = weir(text, environment={"SSL_CERT_FILE": authority.at("ca.pem")}, shop=origin())
        until(lambda: stapled(friend) == "good", "the answer is sent along")
