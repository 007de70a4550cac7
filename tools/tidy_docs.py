"""What tidy holds of the pages: a room's README names its sources, and links lead somewhere."""

import re
from fnmatch import fnmatchcase

FOLDERS = ("docs", "examples", "src", "tests", "fuzz", "bench", "tools", "packaging", "web")
FOREIGN = ("node_modules", "corpus")
FOR_TESTS = re.compile(r"^test_|_test$|_for_test$")

FENCE = re.compile(r"^\s*(?:```|~~~)")
CODE_SPAN = re.compile(r"`([^`]*)`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\s*\[[^\]]+\]:\s+<?([^\s>]+)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def unnamed_sources(folder):
    """The sources of a room, `uri` or `h1/parser`, that its README names in no code span: by name, or by a pattern as `build_*`."""
    words = {word for span in CODE_SPAN.findall((folder / "README.md").read_text("utf-8")) for word in re.split(r"[\s,]+", span)}
    named = {re.sub(r"\.(?:h|cpp)$", "", word) for word in words if word and word != "*"}
    sources = (path for path in folder.rglob("*") if path.suffix in (".h", ".cpp") and not FOR_TESTS.search(path.stem))
    for stem in sorted({path.relative_to(folder).with_suffix("").as_posix() for path in sources}):
        if not any(fnmatchcase(stem, pattern) or fnmatchcase(stem.rpartition("/")[2], pattern) for pattern in named):
            yield stem


def prose_of(path):
    """(line number, line) of a page, without blocks of code."""
    is_code = False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if FENCE.match(line):
            is_code = not is_code
        elif not is_code:
            yield number, line


def anchors_of(path):
    """What a `#…` may name in a page: its headings as GitHub writes them, and anchors written by hand."""
    anchors, seen = set(), {}
    for _, line in prose_of(path):
        anchors.update(ANCHOR.findall(line))
        heading = HEADING.match(line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            count = seen[slug] = seen.get(slug, -1) + 1
            anchors.add(f"{slug}-{count}" if count else slug)
    return anchors


def pages_of(root):
    pages = list(root.glob("*.md"))
    for folder in FOLDERS:
        pages += (path for path in (root / folder).rglob("*.md") if not set(path.parts) & set(FOREIGN))
    return sorted(pages)


def fault_of_link(root, page, target):
    """Why a link leads nowhere, or None."""
    name, _, anchor = target.partition("#")
    place = (page.parent / name).resolve() if name else page
    if not place.is_relative_to(root.resolve()) or not place.exists():
        return f"'{name}' is no file of the tree"
    if anchor and place.suffix == ".md" and anchor not in anchors_of(place):
        return f"there is no heading '#{anchor}' in {place.name}"
    return None


def dead_links(root):
    """(page, line, what is wrong, the link) of every link inside the tree that leads nowhere."""
    for page in pages_of(root):
        for number, line in prose_of(page):
            for found in LINK.finditer(CODE_SPAN.sub("``", line)):
                target = found[1] or found[2]
                fault = None if ELSEWHERE.match(target) else fault_of_link(root, page, target)
                if fault:
                    yield page.relative_to(root).as_posix(), number, fault, target
