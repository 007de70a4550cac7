"""TLS in the play: an authority that gives certificates of every kind, and clients that trust it."""

import re
import socket
import ssl
from pathlib import Path

from . import programs
from .client import Client
from .proxy import cast, folder
from .wire import SECONDS, Failed, Wire, until

SETTINGS = """
[ca]
default_ca = here
[here]
new_certs_dir = {dir}
database = {dir}/index
serial = {dir}/serial
crlnumber = {dir}/crlnumber
certificate = {dir}/ca.pem
private_key = {dir}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = copy
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = subject
[subject]
"""
KEYS = {"ecdsa": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("rsa:2048",), "weak": ("rsa:1024",)}


def openssl(*words, stdin=None):
    status, text = programs.run("openssl", *words, stdin=stdin)
    if status:
        raise Failed(f"openssl {' '.join(words)} ended with {status}: {text}")
    return text


class Authority:
    """Its own certificate is `.file`."""

    def __init__(self, name="Play CA"):
        self.dir = folder()
        self.file, self.settings = f"{self.dir}/ca.pem", f"{self.dir}/ca.cnf"
        Path(self.settings).write_text(SETTINGS.format(dir=self.dir))
        Path(self.dir, "index").touch()
        Path(self.dir, "serial").write_text("1000\n")
        Path(self.dir, "crlnumber").write_text("01\n")
        openssl("req", "-x509", "-newkey", *KEYS["ecdsa"], "-nodes", "-days", "30", "-keyout", f"{self.dir}/ca.key", "-out", self.file,
                "-subj", f"/CN={name}")  # fmt: skip

    def leaf(self, *names, key="ecdsa", ends=None, days=30, at=None, subject=None):
        """(certificate with its chain, key) for these names. `ends`: begun years ago, it is over then."""
        at = at or f"{self.dir}/{len(list(Path(self.dir).iterdir()))}"
        alternatives = ",".join(("IP:" if re.fullmatch(r"[\d.]+|.*:.*", name) else "DNS:") + name for name in names)
        subject = subject or f"/CN={names[0]}"
        openssl("req", "-new", "-newkey", *KEYS[key], "-nodes", "-config", self.settings, "-keyout", f"{at}.key", "-out", f"{at}.csr",
                "-subj", subject, *(("-addext", f"subjectAltName={alternatives}") if names else ()))  # fmt: skip
        life = ("-startdate", "20200101000000Z", "-enddate", f"{ends:%Y%m%d%H%M%SZ}") if ends else ("-days", str(days))
        openssl("ca", "-batch", "-notext", "-config", self.settings, "-in", f"{at}.csr", "-out", f"{at}.leaf", *life)
        Path(f"{at}.pem").write_text(Path(f"{at}.leaf").read_text() + Path(self.file).read_text())
        return f"{at}.pem", f"{at}.key"

    def client(self, name, **how):
        return self.leaf(subject=f"/O=Play/CN={name}", **how)

    def revoked(self, *certificates):
        """The file of a CRL that names these."""
        for certificate in certificates:
            openssl("ca", "-config", self.settings, "-revoke", certificate.replace(".pem", ".leaf"))
        openssl("ca", "-config", self.settings, "-gencrl", "-out", f"{self.dir}/crl.pem")
        return f"{self.dir}/crl.pem"


def trust(roots=None, protocols=("http/1.1",), own=None, version=None):
    """A client's side: trusts these roots alone, or anybody."""
    side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if roots:
        side.load_verify_locations(roots)
    else:
        side.check_hostname = False
        side.verify_mode = ssl.CERT_NONE
    if protocols:
        side.set_alpn_protocols(list(protocols))
    if own:
        side.load_cert_chain(*own)
    if version:
        side.minimum_version = side.maximum_version = version
    return side


def trust_made(root):
    """Of an authority that Weir makes when it starts."""
    until(Path(root).exists, f"{root} is made")
    return trust(root)


class TlsClient(Client):
    """A client whose handshake is done. `name`: what it asks for; nothing: it sends no name."""

    def __init__(self, at, side, name="a.test", session=None, seconds=SECONDS):
        Client.opened += 1
        sock = socket.create_connection(at, timeout=seconds)
        try:
            self.tls = side.wrap_socket(sock, server_hostname=name, session=session)
        except BaseException:
            sock.close()
            raise
        Wire.__init__(self, self.tls, f"client {Client.opened}", seconds)
        cast.clients.append(self)

    @property
    def names(self):
        return sorted(value for _, value in self.tls.getpeercert().get("subjectAltName", ()))

    @property
    def serial(self):
        return self.tls.getpeercert()["serialNumber"]


def s_client(at, *words, says="", seconds=SECONDS):
    """What `openssl s_client` tells. It says `says`, and stays until the server closes."""
    host, port = at
    _, text = programs.run("openssl", "s_client", "-connect", f"{host}:{port}", *words, stdin=says.encode() or b"Q\n", seconds=seconds)
    return text
