"""What scanners of TLS find in a site of the default policy."""

import json
import re
from pathlib import Path

from scene import Authority, folder, play, programs, weir

VERSIONS = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
FORBIDDEN = ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "NPN")
ATTACKS = (
    *("heartbleed", "CCS", "ticketbleed", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS", "POODLE_SSL", "fallback_SCSV"),
    *("SWEET32", "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13", "RC4"),
)
# What is not the program's to decide: the certificates are the test's, and a page's own security headers are its site's.
NOT_OURS = ("cert_", "security_headers")


def stage():
    """A site of the default policy, with certificates of both kinds: (who vouches for them, its host, its port)."""
    ca = Authority()
    pairs = [*ca.leaf("a.test"), *ca.leaf("a.test", key="rsa")]
    here = weir(f"site a.test {{ listen @front tls; tls {' '.join(pairs)}; hsts; respond 200 x }}")
    return ca, *here.at()


@play(seconds=90, needs=("sslscan", "openssl"))
def play_sslscan_finds_nothing_weak():
    _, host, port = stage()
    status, text = programs.run("sslscan", "--no-colour", "--sni-name=a.test", f"{host}:{port}", seconds=80)
    assert status == 0, text
    for version, state in zip(VERSIONS, ("dis",) * 4 + ("en",) * 2, strict=True):
        assert re.search(rf"^{re.escape(version)} +{state}abled", text, re.M), text
    assert "Session renegotiation not supported" in text and "not vulnerable to heartbleed" in text, text
    assert "Server supports TLS Fallback SCSV" in text, text
    ciphers = re.findall(r"^(?:Preferred|Accepted) +(TLSv1\.[23]) +(\d+) bits +(\S+)", text, re.M)
    assert len(ciphers) == 9, text
    for version, bits, cipher in ciphers:
        assert int(bits) >= 128 and (version == "TLSv1.3" or cipher.startswith("ECDHE-")), cipher


@play(seconds=300, needs=("testssl", "openssl"))
def play_testssl_finds_nothing_weak():
    """Everything it looks for, attacks and forty imitated clients with it."""
    ca, host, port = stage()
    report = Path(folder(), "findings.json")
    quiet = ("--warnings", "batch", "--color", "0", "--nodns", "none", "--ip", host)
    status, text = programs.run(
        "testssl", *quiet, "--add-ca", str(ca.file), "--jsonfile", str(report), f"a.test:{port}", seconds=280
    )
    assert "Done" in text, f"{status}: {text[-2000:]}"
    findings = {finding["id"]: finding for finding in json.loads(report.read_text())}
    bad = [finding for finding in findings.values() if finding["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL")]
    bad = [finding for finding in bad if not finding["id"].startswith(NOT_OURS)]
    assert not bad, bad
    for name in (*FORBIDDEN, *ATTACKS, "TLS1_2", "TLS1_3", "HSTS_time", "cert_chain_of_trust <cert#1>", "cert_chain_of_trust <cert#2>"):
        assert findings[name]["severity"] in ("OK", "INFO"), findings[name]
    assert len([name for name in findings if name.startswith("clientsimulation-")]) > 30
