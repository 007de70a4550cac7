"""What README, CONTRIBUTING and docs/ show is so: every block of configuration is taken by `weir check`, every command and option
exists, every figure is exposed.

The blocks of docs/configuration.md come from the schema; its unit test checks them.
"""

import re
import shlex
from pathlib import Path

from examples import FOLDER, FOLDERS, papers
from scene import command, folder, play, read_metrics, rows, until, weir

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
REFERENCE = ROOT / "docs/configuration.md"
SEVERAL = 30  # fewer found than that, and it is the reading of pages that is broken

SHELL = re.compile(r"(\$ )?(make|weir|git|cmake|curl|openssl|systemd-sysusers|systemctl) ")
OTHER_BLOCKS = {
    "what Weir says": re.compile(r"\d{4}-\d\d-\d\dT\S+Z \w+ |(debug|info|warn|error) \w+ | *weir\.conf:\d+:\d+: |[\d.]+:\d+: \d+ stored"),
    "a line of the access log": re.compile(r"[\d.]+ - - \["),
    "a field of HTTP": re.compile(r"Cache-Status: "),
    "a file of logrotate": re.compile(r"/var/log/weir/\*\.log \{"),
    "paths": re.compile(r"acme/<CA>/"),
    "questions to Prometheus": re.compile(r"sum\(rate\("),
}
GROUP = re.compile(r"(?:proxy|parent upstream|purges to upstream) ([a-z]\w*)\b(?![.:])")
CACHE = re.compile(r"\bcache (?!on\b|off\b)([a-z]\w*)(?= *[{};\n])")
KINDS = (("", "{}"), ("site", "site :8080 {{\n{}\n}}"), ("route", "site :8080 {{ route /* {{\n{}\n}} }}"))


def blocks_of(page):
    """(line, text) of each fenced block."""
    start, body = 0, None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            if body is None:
                start, body = number + 1, []
            else:
                yield start, "\n".join(body)
                body = None
        elif body is not None:
            body.append(line)
    assert body is None, f"{page.name}: a block that never ends"


def all_blocks():
    return [(f"{page.name}:{line}", text) for page in PAGES if page != REFERENCE for line, text in blocks_of(page)]


def directives():
    """Directive → where it may stand."""
    places = {}
    for line in command("completion", "words")[1].splitlines():
        place, name, *_ = line.split("\t")
        places.setdefault(name, set()).add({"the top level": "", "site": "site", "route": "route"}.get(place, place))
    for name in ("policy", "upstream", "import"):
        places.setdefault(name, set()).add("")
    return places


def outer_words(text):
    """The first word of each directive that stands in no block."""
    words, depth = [], 0
    for line in text.splitlines():
        line = re.sub(r"\s#.*|^#.*", "", line)
        if depth == 0 and line.strip():
            words.append(line.split()[0])
        depth += line.count("{") - line.count("}")
    return words


def is_configuration(text, places):
    words = outer_words(text)
    return bool(words) and all(word in places for word in words)


def whole(text, places):
    """The block as a configuration that can be checked: within a site or a route where it needs one, with the groups that it names."""
    words = outer_words(text)
    frame = next((frame for kind, frame in KINDS if all(kind in places[word] for word in words)), None)
    assert frame, f"{words} can't stand together anywhere"
    text = re.sub(r"(^|\s)#.*", "", frame.format(text + "\n"), flags=re.M)
    for name in sorted(set(GROUP.findall(text)) - set(re.findall(r"^upstream (\w+) \{", text, re.M))):
        text += f"\nupstream {name} {{ server 127.0.0.1:1 }}"
    for name in sorted(set(CACHE.findall(text)) - set(re.findall(r"^cache (\w+) \{", text, re.M))):
        text += f"\ncache {name} {{ memory 64MiB }}"
    return text + "\n"


class Machine:
    """The folders and files that pages speak of."""

    def __init__(self):
        self.dir = Path(folder())
        for name in FOLDERS.values():
            (self.dir / name).mkdir()
        for name, text in {"token": "Bearer s3cret\n", "eab.key": "c2VjcmV0\n"}.items():
            (self.dir / "etc" / name).write_text(text)
        authority = next(path for path in papers() if path.name == "ca.pem").read_text()
        for name in ("our-ca.pem", "root.pem", "ca.pem"):
            (self.dir / "etc" / name).write_text(authority)

    def check(self, text):
        """Do the names of a page resolve? That is not asked here."""
        file = self.dir / "weir.conf"
        file.write_text(FOLDER.sub(lambda found: str(self.dir / FOLDERS[found[0]]), text))
        status, out, err = command("check", str(file), seconds=20)
        assert status == 0, f"{out}{err}\n{file.read_text()}"


def play_every_block_is_of_a_kind_that_is_known():
    places = directives()

    def kind(where, text):
        first = text.splitlines()[0]
        known = is_configuration(text, places) or SHELL.match(first) or any(form.match(first) for form in OTHER_BLOCKS.values())
        assert known, f"{where}: neither configuration nor command, nor {', nor '.join(OTHER_BLOCKS)}"

    rows(all_blocks(), kind)


@play(seconds=90)
def play_every_configuration_is_taken():
    places, machine = directives(), Machine()
    found = [(where, text) for where, text in all_blocks() if is_configuration(text, places)]
    assert len(found) > SEVERAL / 2, f"only {len(found)}"
    rows(found, lambda where, text: machine.check(whole(text, places)))


def shown_commands():
    """(where, words) of every `weir …` that a page shows, in a block or between backticks."""
    for page in PAGES:
        for number, line in enumerate(page.read_text().splitlines(), 1):
            shown = re.findall(r"`(weir [^`]+)`", line)
            shown += re.findall(r"^(?:\$ )?(weir (?:[a-z-]+)(?: .*)?)$", line.strip())
            for text in shown:
                for one in re.split(r"\s[|]\s|\s&&\s|[)>]", text.partition("  #")[0]):
                    if one.startswith("weir "):
                        yield f"{page.name}:{number}", shlex.split(one.replace("…", ""))[1:]


def play_every_command_and_option_exists():
    helped = {}

    def exists(where, words):
        del where
        known = []
        while words and re.fullmatch(r"[a-z][a-z-]*", words[0]) and re.search(rf"^  {words[0]}\s", help_of(tuple(known), helped), re.M):
            known.append(words[0])
            words = words[1:]
        assert known, "there is no such command"
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of(tuple(known), helped), re.I))
        unknown = [word for word in words if word.startswith("-") and word != "-" and word not in options]
        assert not unknown, f"{unknown} of {sorted(options)}"

    found = list(shown_commands())
    assert len(found) > SEVERAL, found
    rows(found, exists)


def help_of(words, known):
    if words not in known:
        known[words] = command(*words, "--help")[1]
    return known[words]


EVERYTHING = """
state @dir/state
http_port @http.port
https_port @https.port
admin { socket @dir/admin.sock }
acme { ca https://127.0.0.1:1/directory }
cache main { memory 64MiB; disk @dir/cache 64MiB; parent upstream shield; early_hints learn }
upstream shield { server 127.0.0.1:1 }
upstream app { server 127.0.0.1:1; check tcp }
site @front { cache main; compress; proxy app }
site https://localhost:@https.port { tls internal; proxy app }
site shop.example.com { proxy app }
"""


def documented_figures():
    """Name → labels, of the table in docs/observability.md. `_rest` stands for a name that begins as the first of its row does."""
    found = {}
    for line in (ROOT / "docs/observability.md").read_text().splitlines():
        cells = line.split("|")
        names = re.findall(r"`(\w+)`", cells[1]) if len(cells) == 5 else []
        if names and names[0].startswith("weir_"):
            stem = "_".join(names[0].split("_")[:3])
            labels = set(re.findall(r"`(\w+)`", cells[2]))
            found.update({stem + name if name.startswith("_") else name: labels for name in names})
    return found


@play(seconds=60)
def play_every_figure_is_documented():
    here = weir(EVERYTHING)
    here.get("/")
    until(lambda: "weir_upstream_errors_total{" in here.ask_admin("/metrics").text, "the origin's failure is counted")
    told, exposed = documented_figures(), read_metrics(here.ask_admin("/metrics").text)
    assert not told.keys() - exposed.keys(), f"never exposed: {sorted(told.keys() - exposed.keys())}"
    unknown = {name for name in exposed if name.startswith("weir_")} - told.keys()
    assert not unknown, f"docs/observability.md says nothing of {sorted(unknown)}"
    for name, labels in told.items():
        assert exposed[name].labels() <= labels, f"{name} has the labels {exposed[name].labels()}, not {labels}"
