"""Every example of examples/ is checked, is in normal form, survives JSON, and does what its comments say.

`# $ curl …` (or weir, or tail) is a command, `# > TEXT` what its output must hold, `# ! TEXT` what it must not. An example without
one fails.
"""

import functools
import json
import os
import re
import shlex
import shutil
import signal
from pathlib import Path

from http2_origins import application
from scene import Authority, Failed, command, folder, origin, play, ports, programs, rows, until, weir

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
ORIGIN_PORTS = (3000, 3001, 3002, 3003)
HTTP2_PORT = 3004
TLS_PORT = 3005
FRONT_PORTS = (8080, 8081, 9090)
FOLDERS = {
    "/var/log/weir": "log",
    "/run/weir": "run",
    "/run/app": "app",
    "/var/lib/weir": "lib",
    "/var/cache/weir": "cache",
    "/etc/weir": "etc",
    "/tmp": "tmp",
}
FOLDER = re.compile("|".join(rf"(?<![\w/]){path}(?=[/\s]|$)" for path in FOLDERS))
PROGRAMS = {"curl": ("curl", "-sS", "--noproxy", "*", "-m", "5"), "tail": ("tail",), "weir": (os.environ.get("WEIR", "weir"),)}


def steps_of(text):
    """(words of the command, what its output must hold, what it must not) of the comments."""
    steps = []
    for line in text.splitlines():
        if line.startswith("# $ "):
            steps.append((shlex.split(line[4:]), [], []))
        elif line.startswith(("# > ", "# ! ")):
            steps[-1][1 if line[2] == ">" else 2].append(line[4:])
    return steps


def tell(name):
    """An origin that says its name and shows the request; it accepts WebSockets, begins a stream of events, and is well."""

    def reply(visit):
        request = visit.request
        if request.has("Upgrade"):
            visit.goes_on = False
            return visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        if request.header("Accept") == "text/event-stream":
            visit.say("HTTP/1.1 200 OK", "Content-Type: text/event-stream").send("data: first\n\n")
            return visit.is_gone()
        head = request.raw_head.decode("latin-1").replace("\r\n", "\n")
        tenant = request.header("X-Tenant")
        return visit.answer(200, f"{name}\n{head}", "Content-Type: text/plain", "Server: old", *([f"X-Tenant: {tenant}"] if tenant else []))

    return reply


@functools.cache
def front_ports():
    """The same ones for every example: they run one after the other."""
    return {port: ports.take() for port in FRONT_PORTS}


@functools.cache
def http2_port():
    """An application that speaks HTTP/2 in the clear; it shows the request."""
    return application()[1]


@functools.cache
def papers():
    """What /etc/weir holds for the examples of TLS: an authority, a shop's certificate, clients and which of them is revoked."""
    ca = Authority()
    ca.leaf("shop.example.com", at=f"{ca.dir}/shop")
    _, bob = (ca.client(name, at=f"{ca.dir}/{name}")[0] for name in ("ann", "bob"))
    shutil.move(ca.revoked(bob), f"{ca.dir}/revoked.pem")
    pairs = (f"{who}.{what}" for who in ("shop", "ann", "bob") for what in ("pem", "key"))
    return [Path(ca.dir, name) for name in ("ca.pem", "revoked.pem", *pairs)]


@functools.cache
def tls_port():
    """The application behind TLS, as shop.example.com."""
    shop = {path.name: str(path) for path in papers()}
    return application(shop["shop.key"], shop["shop.pem"])[1]


class Place:
    """A copy of the examples with ports and folders of this play."""

    def __init__(self):
        self.dir = Path(folder())
        self.at = Path(shutil.copytree(EXAMPLES, self.dir / "examples"))
        for name in FOLDERS.values():
            (self.dir / name).mkdir()
        (self.dir / "etc/token").write_text("Bearer s3cret\n")
        (self.dir / "tmp/film.mp4").write_bytes(b"film" * 524288)
        self.origins = {port: origin(tell(f"origin {port}")) for port in ORIGIN_PORTS}
        origin(tell("origin app.sock"), at=str(self.dir / "app/app.sock"))
        self.front = front_ports()
        for path in papers():
            shutil.copy(path, self.dir / "etc")
        for path in self.at.rglob("*.conf"):
            path.write_text(self.adapted(path.read_text()))

    def adapted(self, text):
        """With the ports and folders of this play; the comments stay for people."""
        new = {**self.front, **{port: there.port for port, there in self.origins.items()}}
        if str(HTTP2_PORT) in text:
            new[HTTP2_PORT] = http2_port()
        if str(TLS_PORT) in text:
            new[TLS_PORT] = tls_port()
        text = re.sub(rf"\b({'|'.join(map(str, new))})\b", lambda found: str(new[int(found[1])]), text)
        return FOLDER.sub(lambda found: str(self.dir / FOLDERS[found[0]]), text)


def play_they_are_fine_and_in_normal_form():
    for path in sorted(EXAMPLES.rglob("*.conf")):
        status, out, err = command("fmt", "--check", str(path))
        assert status == 0, f"{path.name}: {out}{err}"
    place = Place()
    for path in sorted(place.at.glob("*.conf")):
        status, out, err = command("check", str(path), seconds=20)
        assert status == 0 and "warning" not in err, f"{path.name}: {out}{err}"


def play_they_survive_json():
    back = Path(folder(), "back.json")
    for path in sorted(EXAMPLES.rglob("*.conf")):
        status, out, err = command("config", "json", str(path))
        assert status == 0 and json.loads(out)["directives"], f"{path.name}: {err}"
        back.write_text(out)
        status, text, err = command("config", "from-json", str(back))
        assert status == 0, f"{path.name}: {err}"
        assert command("fmt", stdin=text)[1] == path.read_text(), f"{path.name} is not the same after JSON"


def play_they_use_the_loopback_only():
    """Whoever tries one opens nothing to the network, and the play reaches every address in it."""
    for path in sorted(EXAMPLES.rglob("*.conf")):
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        for line in text.splitlines():
            if re.match(r"\s*(site|listen|metrics)\s.*:", line):
                assert re.search(r"127\.0\.0\.1:|unix:", line), f"{path.name}: {line}"
        told = {int(port) for port in re.findall(r"(?:localhost|127\.0\.0\.1):(\d+)", text)}
        assert told <= {1, *FRONT_PORTS, *ORIGIN_PORTS, HTTP2_PORT, TLS_PORT}, f"{path.name}: {told}"


def play_the_readme_names_each():
    named = set(re.findall(r"^\| \[([^]]+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text(), re.M))
    assert named == {path.name for path in EXAMPLES.glob("*.conf")}


@play(seconds=90)
def play_they_do_what_they_say():
    rows([(path.name,) for path in sorted(EXAMPLES.glob("*.conf"))], perform)


def perform(name):
    steps = steps_of((EXAMPLES / name).read_text())
    assert steps and all(wanted for _, wanted, _ in steps), "shows nothing to try, or not what comes of it"
    place = Place()
    here = run(place, name)
    text = here.file.read_text()
    for port in place.front.values():
        if f"127.0.0.1:{port}" in text:
            until(lambda at=("127.0.0.1", port): here.takes_connections(at), f"{name} listens")
    try:
        for step in steps:
            try_out(place, *step)
    finally:  # else the next example would talk to this one
        here.signal(signal.SIGTERM)
        status = here.ended()
    assert status == 0, here.config_and_log()


def run(place, name):
    """A Weir with the example itself as its file, without the helpful lines that plays get otherwise."""
    here = weir("site @front { respond 200 x }")
    here.process.terminate()
    here.ended()
    here.file = place.at / name
    here.has_ended = False
    here.start()
    return here


def try_out(place, words, wanted, unwanted):
    program, *rest = (place.adapted(word).replace("localhost:", "127.0.0.1:") for word in words)

    def outcome():
        return programs.run(*PROGRAMS[program], *rest)

    def holds():
        status, text = outcome()
        return (program != "weir" or status == 0) and all(one in text for one in wanted) and not any(one in text for one in unwanted)

    try:
        until(holds, "", 5)
    except AssertionError as error:
        raise Failed(f"{shlex.join(words)}: not {wanted}, or one of {unwanted}, in\n{outcome()}") from error
