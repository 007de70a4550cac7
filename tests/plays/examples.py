"""Every example of examples/ is checked, is in normal form, and does what its comments say."""

import re
import shlex
import shutil
from pathlib import Path

from scene import Failed, command, folder, origin, play, programs, until, weir

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
ORIGIN_PORTS = (3000, 3001, 3002, 3003)
FRONT_PORTS = (8080, 8081)


def steps_of(text):
    """(curl's words, what its output must hold) of the comments."""
    steps = []
    for line in text.splitlines():
        if line.startswith("# $ curl "):
            steps.append((shlex.split(line[len("# $ curl ") :]), []))
        elif line.startswith("# > "):
            steps[-1][1].append(line[4:])
    return steps


def tell(name):
    """An origin that says its name and shows the request; it accepts WebSockets and is well."""

    def reply(visit):
        request = visit.request
        if request.has("Upgrade"):
            visit.goes_on = False
            return visit.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        head = request.raw_head.decode("latin-1").replace("\r\n", "\n")
        tenant = request.header("X-Tenant")
        return visit.answer(200, f"{name}\n{head}", "Server: old", *([f"X-Tenant: {tenant}"] if tenant else []))

    return reply


class Place:
    """A copy of the examples with ports and folders of this play."""

    def __init__(self):
        self.dir = Path(folder())
        self.at = Path(shutil.copytree(EXAMPLES, self.dir / "examples"))
        (self.dir / "token").write_text("Bearer s3cret\n")
        (self.dir / "log").mkdir()
        self.origins = {port: origin(tell(f"origin {port}")) for port in ORIGIN_PORTS}

    def adapt(self, front):
        for path in self.at.rglob("*.conf"):
            text = path.read_text()
            for port, there in self.origins.items():
                text = re.sub(rf"\b{port}\b", str(there.port), text)
            for port, new in zip(FRONT_PORTS, front):
                text = re.sub(rf"\b{port}\b", str(new), text)
            path.write_text(text.replace("/var/log/weir", str(self.dir / "log")).replace("/etc/weir", str(self.dir)))


def play_they_are_fine_and_in_normal_form():
    for path in sorted(EXAMPLES.rglob("*.conf")):
        status, out, err = command("fmt", "--check", str(path))
        assert status == 0, f"{path.name}: {out}{err}"
    place = Place()
    place.adapt(FRONT_PORTS)
    for path in sorted(place.at.glob("*.conf")):
        status, out, err = command("check", str(path), seconds=20)
        assert status == 0 and "warning" not in err, f"{path.name}: {out}{err}"


@play(seconds=90)
def play_they_do_what_they_say():
    for path in sorted(EXAMPLES.glob("*.conf")):
        perform(path)


def perform(path):
    steps = steps_of(path.read_text())
    assert steps, f"{path.name} shows nothing to try"
    place = Place()
    here = weir("site @front { respond 200 x }\nsite @other { respond 200 x }")
    front = [here.at("front")[1], here.at("other")[1]]
    here.process.terminate()
    here.ended()
    place.adapt(front)
    here.file = place.at / path.name
    here.has_ended = False
    here.start()
    text = here.file.read_text()
    for port in [front[0], *(port for port in front[1:] if f":{port}" in text)]:
        until(lambda at=("127.0.0.1", port): here.takes_connections(at), f"{path.name} listens")
    for words, wanted in steps:
        try_out(path.name, words, wanted, front)


def try_out(name, words, wanted, front):
    for port, new in zip(FRONT_PORTS, front):
        words = [word.replace(f"localhost:{port}", f"127.0.0.1:{new}") for word in words]

    def output():
        return programs.run("curl", "-sS", "--noproxy", "*", "-m", "5", *words)[1]

    def holds():
        text = output()
        return all(line in text for line in wanted)

    try:
        until(holds, "", 5)
    except AssertionError as error:
        raise Failed(f"{name}: curl {' '.join(words)} lacks one of {wanted} in\n{output()}") from error
