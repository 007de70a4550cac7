"""A certificate authority of the play: Pebble, with names that all lead to this machine."""

import json
import os
import subprocess
from pathlib import Path

from . import programs
from .proxy import cast, folder, ports
from .wire import until

PROGRAMS = ("pebble", "pebble-challtestsrv", "openssl")


def make_certificate(folder_path, name="localhost"):
    """A self-signed certificate for this machine: (certificate, key)."""
    certificate, key = f"{folder_path}/{name}.pem", f"{folder_path}/{name}.key"
    status, text = programs.run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key,
        "-out", certificate, "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    )  # fmt: skip
    assert status == 0, text
    return certificate, key


class Pebble:
    """Validates at the given ports. `options`: of its configuration; `environment`: its fault injection."""

    def __init__(self, http_port, tls_port, environment=None, **options):
        self.dir = folder()
        self.trust, self.key = make_certificate(self.dir)
        self.port, self.management = ports.take(), ports.take()
        self.names_port = ports.take()
        self.environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
        self.environment.update(environment or {})
        settings = {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": self.trust,
            "privateKey": self.key,
            "httpPort": http_port,
            "tlsPort": tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            **options,
        }
        self.file = Path(self.dir, "pebble.json")
        self.file.write_text(json.dumps({"pebble": settings}))
        self.root = f"{self.dir}/root.pem"  # of the certificates that it issues; another one after each start
        self.log = Path(self.dir, "pebble.log")
        management = f"127.0.0.1:{ports.take()}"
        self.begin(
            "pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.names_port}", "-http01", "", "-https01", "", "-tlsalpn01", "",
            "-management", management, "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1",
        )  # fmt: skip
        self.process = None
        self.start()

    def begin(self, *words):
        with open(self.log, "ab") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        cast.processes.append(process)
        return process

    def start(self):
        self.process = self.begin("pebble", "-config", str(self.file), "-dnsserver", f"127.0.0.1:{self.names_port}")
        until(self.answers, f"pebble answers\n{self.said()}", 30)
        status, text = programs.run("curl", "-s", "--cacert", self.trust, f"https://127.0.0.1:{self.management}/roots/0")
        assert status == 0 and "BEGIN CERTIFICATE" in text, text
        Path(self.root).write_text(text)
        return self

    def stop(self):
        self.process.kill()
        self.process.wait()

    def answers(self):
        status, _ = programs.run("curl", "-s", "--cacert", self.trust, self.directory, seconds=5)
        return status == 0

    @property
    def directory(self):
        return f"https://127.0.0.1:{self.port}/dir"

    def said(self):
        return self.log.read_text("utf-8", "replace")
