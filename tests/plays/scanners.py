"""What scanners of TLS find in a site of the default policy."""

import re

from scene import Authority, play, programs, weir

VERSIONS = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@play(seconds=90, needs=("sslscan", "openssl"))
def play_sslscan_finds_nothing_weak():
    ca = Authority()
    pairs = [*ca.leaf("a.test"), *ca.leaf("a.test", key="rsa")]
    here = weir(f"site a.test {{ listen @front tls; tls {' '.join(pairs)}; respond 200 x }}")
    host, port = here.at()
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
