"""Weir itself: the real program, with a configuration of the play's, watched until it ends."""

import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from .client import Client
from .http1 import read_body, read_response_head
from .http2 import Http2Client
from .wire import SECONDS, Failed, Wire, trace, until

PLACE = re.compile(r"@([a-z][a-z0-9_]*)(\.port)?")
BROKEN_SIGNS = ("AddressSanitizer", "runtime error:", "ThreadSanitizer", "LeakSanitizer", "Assertion")
STOP_SECONDS = 10.0


class Ports:
    """Free ports of a range that belongs to this play alone, so that plays side by side don't meet."""

    def __init__(self):
        self.next, self.end = 20000, 21000

    def claim_range(self, first, count):
        self.next, self.end = first, first + count

    def take(self):
        while self.next < self.end:
            port = self.next
            self.next += 1
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise Failed("no free port is left in the range of this play")


ports = Ports()


def program():
    return os.environ["WEIR"]


@functools.cache
def is_sanitized():
    """Is the program built with a sanitizer? It takes more memory then, and more time."""
    octets = Path(program()).read_bytes()
    return b"__asan_init" in octets or b"__tsan_init" in octets


def room_kib(kib):
    """How much memory may be used more than before."""
    return 1 << 20 if is_sanitized() else kib


def more_than_kernel_holds():
    """So many octets that half of them fill every buffer the kernel may grow on the way from one end, through Weir, to
    the other."""
    most = [int(Path(f"/proc/sys/net/ipv4/tcp_{way}mem").read_text().split()[2]) for way in "rw"]
    return 2 * (2 * sum(most) + (8 << 20))


def folder():
    """A directory that goes when the play ends."""
    path = tempfile.mkdtemp(prefix="weir-play-")
    os.chmod(path, 0o755)
    cast.folders.append(path)
    return path


class Cast:
    """Everyone who takes part in the play, to be sent home at its end."""

    def __init__(self):
        self.weirs, self.origins, self.clients, self.folders, self.processes = [], [], [], [], []

    def go_home(self):
        """Returns the faults that show only at the end."""
        for wire in self.clients:
            try:
                wire.sock.close()
            except OSError:
                pass
        for origin in self.origins:
            origin.stop()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        faults = [fault for weir in self.weirs for fault in weir.finish()]
        faults += [fault for origin in self.origins if origin.is_strict for fault in origin.faults]
        return faults

    def sweep(self):
        for path in self.folders:
            shutil.rmtree(path, ignore_errors=True)


cast = Cast()


class Weir:
    """`@name` in the text is the address of an origin given by that name, a text given by that name, `@dir` a folder of the play, and
    any other one a free address on 127.0.0.1 that is waited for; `@name.port` its port alone."""

    def __init__(self, text, given, arguments=(), environment=None, waits=True):
        self.dir = folder()
        self.given = dict(given)
        self.places = {}
        self.file = Path(self.dir, "weir.conf")
        self.admin = f"{self.dir}/admin.sock"
        self.log_file = Path(self.dir, "access.log")
        self.extras = extras_of(text)
        self.file.write_text(self.resolved(text))
        self.errors = Path(self.dir, "stderr")
        self.ends_well = True
        self.has_ended = False
        self.environment = {**os.environ, **(environment or {})}
        self.start(arguments)
        if waits:
            self.wait_ready()

    def resolved(self, text):
        text = self.extras + text
        return PLACE.sub(lambda found: self.place(found[1], found[2]), text)

    def place(self, name, wants_port):
        if name == "dir":
            return self.dir
        if name in self.given:
            value = self.given[name]
            address = getattr(value, "address", value)
            return address.rpartition(":")[2] if wants_port else str(address)
        if name not in self.places:
            self.places[name] = ("127.0.0.1", ports.take())
        host, port = self.places[name]
        return str(port) if wants_port else f"{host}:{port}"

    def start(self, arguments=()):
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                [program(), "run", str(self.file), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=self.environment,
                cwd=self.dir,
            )
        trace.note("weir", f"started, pid {self.process.pid}")

    def wait_ready(self):
        if self.admin in self.file.read_text():
            until(lambda: self.takes_connections(self.admin), f"the admin socket listens\n{self.config_and_log()}")
        for name, address in self.places.items():
            until(lambda at=address: self.takes_connections(at), f"weir listens at {name} {address}\n{self.config_and_log()}")

    def takes_connections(self, at):
        if self.process.poll() is not None:
            raise Failed(f"weir ended with {self.process.returncode} instead of starting\n{self.config_and_log()}")
        try:
            with socket.socket(socket.AF_UNIX if isinstance(at, str) else socket.AF_INET) as probe:
                probe.settimeout(1)
                probe.connect(at)
            return True
        except OSError:
            return False

    def config_and_log(self):
        return f"{self.file.read_text()}\n{self.stderr()}"

    @property
    def pid(self):
        return self.process.pid

    def at(self, name="front"):
        return self.places[name]

    def url(self, target="/", name="front"):
        return f"http://{self.at(name)[0]}:{self.at(name)[1]}{target}"

    def client(self, name="front", **options):
        wire = Client(self.at(name), **options)
        cast.clients.append(wire)
        return wire

    def http2(self, name="front", **options):
        """A client that speaks HTTP/2 by prior knowledge."""
        wire = Http2Client(self.at(name), **options)
        cast.clients.append(wire)
        return wire

    def get(self, target="/", *lines, host="shop.example", name="front"):
        """One request on a connection of its own."""
        wire = self.client(name)
        answer = wire.get(target, *lines, "Connection: close", host=host)
        wire.close()
        return answer

    def stderr(self):
        return self.errors.read_text("utf-8", "replace")

    def rewrite(self, text):
        self.file.write_text(self.resolved(text))

    def hang_up(self, text):
        """A new configuration by SIGHUP."""
        self.rewrite(text)
        self.signal(signal.SIGHUP)

    def command(self, *words, seconds=SECONDS, stdin=""):
        """Another run of the program: (exit status, stdout, stderr)."""
        return command(*words, seconds=seconds, stdin=stdin, cwd=self.dir)

    def reload(self, text=None, seconds=SECONDS):
        if text is not None:
            self.rewrite(text)
        return self.command("reload", "--socket", self.admin, seconds=seconds)

    def signal(self, number):
        trace.note("weir", f"gets {signal.Signals(number).name}")
        self.process.send_signal(number)

    def ended(self, seconds=STOP_SECONDS):
        """Waits until the process is gone; its exit status."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"weir is still there after {seconds:g} s") from error
        self.has_ended = True
        return status

    def finish(self):
        if self.has_ended:
            return self.signs()
        faults = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                faults.append(f"weir did not end within {STOP_SECONDS:g} s of SIGTERM, with every client and origin gone")
                self.process.kill()
                self.process.wait()
                return faults + self.signs()
        if self.ends_well and self.process.returncode != 0:
            status = self.process.returncode
            faults.append(f"weir ended by {signal.Signals(-status).name}" if status < 0 else f"weir ended with status {status}")
        return faults + self.signs()

    def signs(self):
        text = self.stderr()
        return [f"weir's error log holds '{sign}'" for sign in BROKEN_SIGNS if sign in text]

    def log(self, count=1, seconds=SECONDS):
        """The access log's JSON lines, once there are so many."""
        until(lambda: self.log_count() >= count, f"{count} lines in the access log, there are {self.log_count()}", seconds)
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def log_count(self):
        return self.log_file.read_text().count("\n") if self.log_file.exists() else 0

    def ask_admin(self, target, method="GET"):
        """One request to the admin socket."""
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(SECONDS)
        sock.connect(self.admin)
        wire = Wire(sock, "admin", is_traced=False)
        wire.say(f"{method} {target} HTTP/1.1", "Host: admin", "Connection: close")
        answer = read_body(wire, read_response_head(wire, method))
        sock.close()
        return answer

    def metrics(self):
        """Every sample of /metrics: {'weir_requests_total{site="…"}': 3.0}."""
        samples = {}
        for line in self.ask_admin("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def holds(self, count):
        """Waits until so many requests are being answered."""
        until(lambda: self.metrics()["weir_requests_in_flight"] >= count, f"{count} requests are under way")

    def memory_kib(self, field="VmRSS"):
        found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def extras_of(text):
    """What every configuration gets that does not speak of it."""
    extras = ""
    if not re.search(r"^\s*workers\b", text, re.M):
        extras += "workers 2\n"
    if not re.search(r"^\s*admin\b", text, re.M):
        extras += "admin { socket @dir/admin.sock }\n"
    if not re.search(r"\blog\s", text):
        extras += "log json @dir/access.log\n"
    return extras


def command(*words, seconds=SECONDS, stdin="", cwd=None, environment=None):
    """A run of the weir program: (exit status, stdout, stderr)."""
    environment = {**os.environ, **(environment or {})}
    try:
        how = {"capture_output": True, "text": True, "check": False}
        done = subprocess.run([program(), *words], input=stdin, timeout=seconds, cwd=cwd, env=environment, **how)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"weir {' '.join(words)} did not end within {seconds:g} s") from late
    trace.note("command", f"weir {' '.join(words)} → {done.returncode}", (done.stdout + done.stderr).encode())
    return done.returncode, done.stdout, done.stderr
