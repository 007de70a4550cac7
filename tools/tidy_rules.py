"""The rules of tools/tidy. Each is a function over one file or over all files that yields findings."""

import re
from dataclasses import dataclass
from pathlib import Path

import tidy_cpp
import tidy_docs

EXCEPTIONS_MAX = 1
EXCEPTIONS_FILE = "tools/tidy_exceptions.txt"

LEVELS = (
    ("base",),
    ("io",),
    ("net",),
    ("tls",),
    ("http",),
    ("route", "upstream", "cache", "guard", "observe", "acme"),
    ("filter",),
    ("proxy",),
    ("config",),
    ("server",),
    ("cli",),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

FILE_LINES_MAX = 600
FILE_LINES_QUESTION = 400
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_QUESTION = 25
NESTING_MAX = 3
PARAMETERS_QUESTION = 5
LINE_OCTETS_MAX = 140
README_LINES_MAX = 30

RULES = {
    "readme": "every room has a README.md of at most 30 lines",
    "readme-file": "a room's README names each of its sources",
    "link": "a link in a page leads to a file or a heading that is there",
    "wall": "includes go to rooms of lower levels only",
    "include": "an include names a file of src/, from src/",
    "dead-header": "every header is included by someone",
    "one-includer": "spdlog and CLI11, slow to compile, are each included by one .cpp",
    "banned": "no locks, shared_ptr, detached threads, regex, iostream",
    "sleep": "nothing sleeps: it waits for the thing, with a deadline",
    "await": "what is awaited has a line of its own, not a condition or an argument list",
    "unfinished": "no marks of unfinished work",
    "dead-code": "no commented-out code",
    "banner": "no banners",
    "file-lines": "a file has at most 600 lines, tables and tests aside",
    "function-lines": "a function has at most 70 lines",
    "nesting": "control blocks nest at most 3 deep",
    "parameters": "a function has at most 5 parameters",
    "line-length": "a line has at most 140 characters",
    "whitespace": "no tabs, no trailing spaces, no carriage returns, a newline at the end",
    "pragma-once": "a header begins with #pragma once after its comment",
    "file-name": "files are named in snake_case",
    "type-name": "no Manager, Handler, Context, Helper, Util, Impl, Base, Data, Info as a whole name",
    "getter": "no get_ in names of our own",
    "exception": "the list of exceptions may only shrink",
}

CPP = (".cpp", ".h")
TEXT = CPP + (".py", ".sh", ".cmake", ".js", ".css", ".html")
TEXT_FOLDERS = ("src", "tests", "fuzz", "bench", "tools", "cmake", "web", "packaging", ".ci")
BANNED_INCLUDES = {
    "mutex": "a lock on the data path",
    "shared_mutex": "a lock on the data path",
    "condition_variable": "a lock on the data path",
    "regex": "use base/regex.h",
    "iostream": "static initialisers and slow streams",
    "rapidjson/document.h": "does not compile on Debian 12; use the SAX reader and writer",
}
BANNED_CODE = (
    (re.compile(r"\bstd::(?:shared_ptr|make_shared|weak_ptr|enable_shared_from_this)\b"), "shared ownership has no owner: use Ref"),
    (re.compile(r"\bstd::(?:recursive_|timed_|shared_)?mutex\b|\bpthread_mutex_\w+"), "a lock on the data path"),
    (re.compile(r"(?:\.|->)detach\s*\(\s*\)"), "a detached thread outlives what it uses"),
    (re.compile(r"\bstd::(?:cout|cerr|clog|endl|basic_regex|regex)\b"), "iostream and std::regex are banned"),
)
SLEEP = re.compile(r"\bthis_thread::sleep_\w+|\b(?:usleep|nanosleep|clock_nanosleep)\b|(?<![\w>])::sleep\s*\(")
SLEEP_PYTHON = re.compile(r"\btime\.sleep\b|\basyncio\.sleep\b|\bfrom time import\b.*\bsleep\b")
AWAIT_INSIDE = re.compile(r"(?:\b(?:if|while|for|switch)|[\w>\]])\s*$")  # before the parenthesis: a condition or an argument list
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
DEAD_CODE = re.compile(r"^\s*//\s*(?:[\w:.>*&<\-]+\s+)*[\w:.>\-]+(?:\([^()]*\)|\s*=\s*[\w.:]+(?:\(.*\))?);\s*$")
BANNER = re.compile(r"^\s*(?://|#|\*|/\*)\s*[-=*#~/_]{5,}")
TYPE_NAME = re.compile(
    r"\b(?:class|struct|enum(?:\s+class)?|using|concept|typedef\s.*)\s+"
    r"(Manager|Handler|Context|Helper|Helpers|Util|Utils|Impl|Base|Data|Info)\b(?!::)"
)
GETTER = re.compile(r"(?<![\w:.>])get_\w+(?=\s*\()")
GETTERS_OF_THE_LANGUAGE = {"get_return_object", "get_return_object_on_allocation_failure"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
SNAKE_CASE = re.compile(r"^[a-z0-9_]+(?:\.[a-z0-9_]+)*$")


@dataclass(frozen=True)
class Finding:
    rule: str
    path: str
    line: int
    text: str
    detail: str = ""
    is_question: bool = False

    def key(self):
        return (self.rule, f"{self.path}::{self.detail}" if self.detail else self.path)


class File:
    """One file of the tree: its text, its code without comments and strings, where it stands."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text("utf-8", "replace")
        self.lines = self.text.split("\n")
        self.suffix = path.suffix
        self.is_cpp = path.suffix in CPP
        self.is_header = path.suffix == ".h"
        self.is_script = not path.suffix and self.text.startswith("#!")
        self.code = tidy_cpp.code_of(self.text) if self.is_cpp else ""
        self.code_lines = self.code.split("\n")
        parts = path.relative_to(root).parts
        self.room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        self.is_test = path.stem.endswith(("_test", "_fuzz")) or parts[0] in ("tests", "fuzz", "bench")
        self.is_table = path.stem.endswith("_table")
        self.is_python = path.suffix == ".py" or (self.is_script and "python" in self.lines[0])

    def includes(self):
        """(line, quoted name or None, angled name or None)"""
        for found in INCLUDE.finditer(self.text):
            yield self.text.count("\n", 0, found.start()) + 1, found[1], found[2]


def files_of(root):
    files = []
    for folder in TEXT_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "node_modules" not in path.parts and "corpus" not in path.parts:
                if path.suffix in TEXT or (not path.suffix and folder in ("tests", "tools", "bench", ".ci")):
                    files.append(File(root, path))
    return files


def walls(file, root):
    if not file.is_cpp:
        return
    own_level = LEVEL_OF.get(file.room)
    for line, quoted, _ in file.includes():
        if quoted is None:
            continue
        room = quoted.split("/")[0]
        known = (root / "src" / quoted).is_file()
        if file.path.startswith(("tests/", "bench/", "fuzz/")):
            known |= any((root / folder / quoted).is_file() for folder in ("tests", "fuzz"))
        if not known:
            yield Finding("include", file.path, line, f'no file src/{quoted}', quoted)
        elif file.room and room != file.room:
            if own_level is None:
                yield Finding("wall", file.path, line, f"'{file.room}' is no room of the plan")
            elif LEVEL_OF.get(room, 99) > own_level:
                yield Finding("wall", file.path, line, f"{file.room} may not know {room}, a level above it", quoted)
            elif LEVEL_OF[room] == own_level:
                yield Finding("wall", file.path, line, f"{file.room} and {room} are on one level", quoted)


def banned(file, _):
    if not file.is_cpp:
        return
    for line, _, angled in file.includes():
        if angled in BANNED_INCLUDES:
            yield Finding("banned", file.path, line, f"<{angled}>: {BANNED_INCLUDES[angled]}", angled)
    for number, line in enumerate(file.code_lines, 1):
        for pattern, reason in BANNED_CODE:
            found = pattern.search(line)
            if found:
                yield Finding("banned", file.path, number, f"{found[0]}: {reason}", found[0])


def sleeping(file, _):
    pattern = SLEEP if file.is_cpp else SLEEP_PYTHON if file.is_python and file.path.startswith("tests/") else None
    if pattern:
        for number, line in enumerate(file.code_lines if file.is_cpp else file.lines, 1):
            if pattern.search(line):
                yield Finding("sleep", file.path, number, RULES["sleep"])


def _encloses(code, at):
    """The text before the parenthesis that is open at `at` in its statement, or None."""
    depth = 0
    for index in range(at - 1, -1, -1):
        letter = code[index]
        if letter in ";{}" and depth == 0:
            return None
        depth += {")": 1, "(": -1}.get(letter, 0)
        if depth < 0:
            return code[max(0, index - 40) : index]
    return None


def awaiting(file, _):
    if not file.is_cpp or file.is_test:
        return
    for found in re.finditer(r"\bco_await\b", file.code):
        before = _encloses(file.code, found.start())
        if before is not None and AWAIT_INSIDE.search(before) and not re.search(r"\boperator\s*$", before):
            yield Finding("await", file.path, file.code.count("\n", 0, found.start()) + 1, RULES["await"])


def comments(file, _):
    for number, line in enumerate(file.lines, 1):
        found = UNFINISHED.search(line)
        if found:
            yield Finding("unfinished", file.path, number, f"'{found[0]}': finish it or leave it out")
        if BANNER.match(line):
            yield Finding("banner", file.path, number, RULES["banner"])
        if file.suffix == ".cpp" and DEAD_CODE.match(line):
            yield Finding("dead-code", file.path, number, RULES["dead-code"])


def sizes(file, _):
    count = len(file.lines) - 1
    if file.is_test or file.is_table or not (file.is_cpp or file.is_python):
        return
    if count > FILE_LINES_MAX:
        yield Finding("file-lines", file.path, 0, f"{count} lines, {FILE_LINES_MAX} is the end")
    elif count > FILE_LINES_QUESTION:
        yield Finding("file-lines", file.path, 0, f"{count} lines: are these two things?", is_question=True)


def functions(file, _):
    if not file.is_cpp or file.is_test:
        return
    for function in tidy_cpp.functions_of(file.code):
        name, line = function.name, function.line
        if function.lines > FUNCTION_LINES_MAX and not file.is_table:
            yield Finding("function-lines", file.path, line, f"{name} has {function.lines} lines, {FUNCTION_LINES_MAX} is the end", name)
        elif function.lines > FUNCTION_LINES_QUESTION:
            yield Finding("function-lines", file.path, line, f"{name} has {function.lines} lines", name, is_question=True)
        if function.nesting > NESTING_MAX:
            yield Finding("nesting", file.path, function.nesting_line, f"{function.nesting} deep in {name}, {NESTING_MAX} is the end", name)
        if function.parameters > PARAMETERS_QUESTION:
            yield Finding("parameters", file.path, line, f"{name} takes {function.parameters}", name, is_question=True)


def lines(file, _):
    for number, line in enumerate(file.lines, 1):
        if len(line) > LINE_OCTETS_MAX:
            yield Finding("line-length", file.path, number, f"{len(line)} characters, {LINE_OCTETS_MAX} is the end")
        if line != line.rstrip():
            yield Finding("whitespace", file.path, number, "space or carriage return at the end of the line")
        elif "\t" in line:
            yield Finding("whitespace", file.path, number, "a tab")
    if file.text and not file.text.endswith("\n"):
        yield Finding("whitespace", file.path, len(file.lines), "no newline at the end of the file")


def headers(file, _):
    if file.is_header and not re.match(r"(?:[ \t]*(?://[^\n]*)?\n)*#pragma once\n", file.text):
        yield Finding("pragma-once", file.path, 1, RULES["pragma-once"])


def names(file, _):
    name = Path(file.path).name
    if not SNAKE_CASE.match(name) and name not in ("CMakeLists.txt", "Makefile", "README.md"):
        yield Finding("file-name", file.path, 0, f"'{name}' is not snake_case")
    if not file.is_cpp:
        return
    for number, line in enumerate(file.code_lines, 1):
        found = TYPE_NAME.search(line)
        if found:
            yield Finding("type-name", file.path, number, f"'{found[1]}' says nothing by itself", found[1])
        for found in GETTER.finditer(line):
            if found[0] not in GETTERS_OF_THE_LANGUAGE:
                yield Finding("getter", file.path, number, f"'{found[0]}': name what it is", found[0])


def rooms(files, root):
    for room in sorted({file.room for file in files if file.room and file.is_cpp}):
        readme = root / "src" / room / "README.md"
        path = f"src/{room}/README.md"
        if room not in LEVEL_OF:
            yield Finding("wall", f"src/{room}", 0, f"'{room}' is no room of the plan")
        if not readme.is_file():
            yield Finding("readme", path, 0, "is missing")
            continue
        if len(readme.read_text("utf-8").splitlines()) > README_LINES_MAX:
            yield Finding("readme", path, 0, f"more than {README_LINES_MAX} lines")
        for stem in tidy_docs.unnamed_sources(readme.parent):
            yield Finding("readme-file", path, 0, f"does not name `{stem}`", stem)


def links(_, root):
    for path, line, text, target in tidy_docs.dead_links(root):
        yield Finding("link", path, line, text, target)


def dead_headers(files, _):
    included = {quoted for file in files for _, quoted, _ in file.includes() if quoted}
    for file in files:
        if file.is_header and file.path.startswith("src/") and file.path.removeprefix("src/") not in included:
            yield Finding("dead-header", file.path, 0, "nobody includes it")


def one_includer(files, _):
    for library in ("spdlog/", "CLI/"):
        includers = sorted({file.path for file in files for _, _, angled in file.includes() if angled and angled.startswith(library)})
        for path in includers:
            if path.endswith(".h"):
                yield Finding("one-includer", path, 0, f"<{library}…> in a header")
        for path in includers[1:]:
            yield Finding("one-includer", path, 0, f"<{library}…> is included by {includers[0]} already")


FILE_RULES = (walls, banned, sleeping, awaiting, comments, sizes, functions, lines, headers, names)
TREE_RULES = (rooms, links, dead_headers, one_includer)


def exceptions_of(root):
    """(line, rule, place) of every exception."""
    path = root / EXCEPTIONS_FILE
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        words = line.split(maxsplit=2)
        if words and not words[0].startswith("#"):
            yield number, words


def excuse(findings, root, exceptions_max):
    used = set()
    excused = {}
    for number, words in exceptions_of(root):
        if len(words) < 3 or words[0] not in RULES:
            yield Finding("exception", EXCEPTIONS_FILE, number, "a line is RULE PATH[::DETAIL] reason")
        else:
            excused[(words[0], words[1])] = number
    for finding in findings:
        if not finding.is_question and finding.key() in excused:
            used.add(finding.key())
        else:
            yield finding
    for key, number in excused.items():
        if key not in used:
            yield Finding("exception", EXCEPTIONS_FILE, number, f"excuses nothing any more: {key[0]} {key[1]}")
    if len(excused) != exceptions_max:
        text = f"{len(excused)} exceptions, EXCEPTIONS_MAX in tools/tidy_rules.py says {exceptions_max}: it may only be lowered"
        yield Finding("exception", EXCEPTIONS_FILE, 0, text)


def examine(root, exceptions_max=EXCEPTIONS_MAX):
    """Every finding in the tree, less what is excused, in the order of the files."""
    files = files_of(root)
    findings = [finding for file in files for rule in FILE_RULES for finding in rule(file, root)]
    findings += [finding for rule in TREE_RULES for finding in rule(files, root)]
    return sorted(excuse(findings, root, exceptions_max), key=lambda finding: (finding.path, finding.line, finding.rule))
