"""The proxies that are compared, each with one worker, keep-alive to the origin, tuned as its manual advises."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

START_SECONDS = 20

NGINX = """
worker_processes 1; worker_rlimit_nofile 60000; daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/nginx.err crit;
events {{ worker_connections 30000; use epoll; multi_accept on; }}
http {{
    access_log {log};
    client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
    keepalive_timeout 300s; keepalive_requests 1000000000; tcp_nodelay on; proxy_max_temp_file_size 0;
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 300s; }}
    server {{
        listen 127.0.0.1:{port} {nginx} backlog=8192;
        ssl_certificate {dir}/pair.pem; ssl_certificate_key {dir}/pair.pem; ssl_protocols TLSv1.2 TLSv1.3;
        location / {{
            proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header Host $host;
        }}
    }}
}}
"""

HAPROXY = """
global
    nbthread 1
    tune.ssl.default-dh-param 2048
    maxconn 9500
defaults
    mode http
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    option http-keep-alive
    http-reuse always
    option forwardfor
frontend front
    bind 127.0.0.1:{port} backlog 8192 {haproxy}
    default_backend back
backend back
    server origin 127.0.0.1:{origin} pool-max-conn 2048 pool-purge-delay 300s
"""

WEIR = """
workers {workers}
admin {{ socket {dir}/weir.sock }}
error_log {dir}/weir.err
limits {{ connections_per_client 100000; requests 4000000000; keep_alive 300s }}
log {log}
upstream origin {{ server 127.0.0.1:{origin}; keep_alive {{ max 2048; idle 300s }} }}
site {site}127.0.0.1:{port} {{
    {weir}
    proxy origin
}}
"""

H2O = """
user: {user}
num-threads: 1
max-connections: 30000
error-log: {dir}/h2o.err
pid-file: {dir}/h2o.pid
http1-request-timeout: 300
http2-idle-timeout: 300
proxy.timeout.keepalive: 300000
hosts:
  default:
    listen:
      host: 127.0.0.1
      port: {port}
{h2o}
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:{origin}/
"""
H2O_TLS = """      ssl:
        certificate-file: {dir}/pair.pem
        key-file: {dir}/pair.pem
        minimum-version: TLSv1.2
"""


class Face:
    """How a proxy meets its clients: in the clear, HTTP/2 in the clear, or TLS. What each configuration then says."""

    def __init__(self, scheme, nginx="", haproxy="", weir="", h2o="", varnish="-http2"):
        self.scheme = scheme
        self.words = {"nginx": nginx, "haproxy": haproxy, "weir": weir, "h2o": h2o, "varnish": varnish, "site": scheme + "://"}


PLAIN = Face("http")
H2C = Face("http", nginx="http2", haproxy="proto h2", varnish="+http2")
TLS = Face(
    "https",
    nginx="ssl http2",
    haproxy="ssl crt {dir}/pair.pem alpn h2,http/1.1",
    weir="tls {dir}/pair.pem {dir}/pair.pem",
    h2o=H2O_TLS,
)


def make_pair(folder):
    """A self-signed certificate of the kind that is usual now, ECDSA P-256, and its key, in one file."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    words += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    words += ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"]
    subprocess.run(words, check=True, capture_output=True)
    Path(folder, "pair.pem").write_text(Path(folder, "certificate.pem").read_text() + Path(folder, "key.pem").read_text())


class Spot:
    """Where programs and files are, and which processors belong to whom."""

    def __init__(self, build, folder):
        self.weir = Path(build, "weir")
        self.tools = Path(build, "bench")
        self.dir = folder
        self.cores = sorted(os.sched_getaffinity(0))
        self.proxy_core = self.cores[0]
        self.load_core = self.cores[1] if len(self.cores) > 1 else self.cores[0]

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Process:
    """A program that listens, on one processor, until it is ended."""

    def __init__(self, words, port, core=None, seconds=START_SECONDS, keeps_errors=False, has_worker=False):
        self.port, self.has_worker = port, has_worker
        pin = ["taskset", "-c", str(core)] if core is not None else []
        errors = subprocess.PIPE if keeps_errors else subprocess.DEVNULL
        self.process = subprocess.Popen([*pin, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
        end = time.monotonic() + seconds
        while not is_open(port):
            if self.process.poll() is not None or time.monotonic() > end:
                self.end()
                raise RuntimeError(f"does not start: {' '.join(map(str, words))}")
            threading.Event().wait(0.01)

    @property
    def pid(self):
        """Of the program itself, below taskset's exec and valgrind's; of the worker that it has made when it leaves all work to one."""
        if not self.has_worker:
            return self.process.pid
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])

    def cpu_us(self):
        """User and system time so far, of all the threads that it has: to the nanosecond, where `stat` counts hundredths of a second."""
        return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{self.pid}/task").glob("*/schedstat")) / 1000

    def resident_kib(self):
        return next(int(line.split()[1]) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Peer:
    """One of the proxies: how it is started, and how it may write a log."""

    def __init__(self, name, program, words, config=None, log_off="off", log_on=None, has_worker=False):
        self.name, self.program, self.words, self.config = name, program, words, config
        self.log_off, self.log_on, self.has_worker = log_off, log_on, has_worker

    def is_there(self):
        return shutil.which(str(self.program)) is not None

    def start(self, spot, origin_port, is_logging=False, below=(), workers=1, core="proxy", seconds=START_SECONDS, face=PLAIN):
        port = spot.free_port()
        file = f"{spot.dir}/{Path(self.program).name}-{port}.conf"
        places = {"dir": spot.dir, "port": port, "origin": origin_port, "workers": workers, "user": getpass.getuser(), "file": file}
        places["log"] = (self.log_on if is_logging else self.log_off).format(**places)
        places |= {name: words.format(**places) for name, words in face.words.items()}
        self.write_config(places)
        words = [*below, self.program, *(word.format(**places) for word in self.words)]
        return Process(words, port, spot.proxy_core if core == "proxy" else core, seconds, has_worker=self.has_worker)

    def write_config(self, places):
        if self.config:
            Path(places["file"]).write_text(self.config.format(**places))


def found(program):
    return shutil.which(program) or f"/usr/sbin/{program}"


def versions():
    """Of the peers that are there, each in its own words."""
    told = []
    for program, word in (("nginx", "-v"), ("haproxy", "-v"), ("h2o", "-v"), ("varnishd", "-V"), ("traffic_server", "--version")):
        if shutil.which(found(program)):
            said = subprocess.run([found(program), word], capture_output=True, text=True, check=False)
            version = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr)
            told.append(f"{program} {version.group() if version else '?'}")
    return told


def peers_of(spot):
    return {
        "relay": Peer("relay", spot.tools / "relay", ["{port}", "{origin}"]),
        "weir": Peer("Weir", spot.weir, ["run", "{file}"], WEIR, "off", "combined {dir}/weir.log"),
        "nginx": Peer("nginx", found("nginx"), ["-p", "{dir}", "-c", "{file}"], NGINX, "off", "{dir}/nginx.log"),
        "haproxy": Peer("HAProxy", found("haproxy"), ["-db", "-q", "-f", "{file}"], HAPROXY),
        "h2o": Peer("h2o", found("h2o"), ["-m", "worker", "-c", "{file}"], H2O),
    }


def start_origin(spot, body_octets):
    port = spot.free_port()
    return Process([spot.tools / "origin", port, body_octets], port, spot.load_core)


def served(origin):
    """How many requests the origin has answered."""
    with socket.create_connection(("127.0.0.1", origin.port), timeout=10) as connection:
        connection.sendall(b"served")
        return int(connection.makefile().read())
