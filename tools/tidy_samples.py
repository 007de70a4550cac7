"""The self test of tools/tidy: a small clean tree, then one offence at a time. Every rule must be able to fail, and only it."""

import tempfile
from pathlib import Path

import tidy_rules

CLEAN = {
    "src/base/text.h": "// Text.\n#pragma once\n\nnamespace weir {\n\nint width(int a);\n\n}  // namespace weir\n",
    "src/base/text.cpp": '#include "base/text.h"\n\n#include <spdlog/spdlog.h>\n\nnamespace weir {\nint width(int a) { return a; }\n}\n',
    "src/io/loop.h": "// Loop.\n#pragma once\n",
    "src/io/loop.cpp": """#include "io/loop.h"

#include "base/text.h"

namespace weir::io {

// Once, `TO""" + """ DO` list; a comment on std::shared_ptr and std::mutex; sleep_for is for others.
struct Loop final : Turn<int, 3> {
    explicit Loop(int a) : a_{a}, table_{{1, 2}, {3, 4}} {}
    operator bool() const { return a_ != 0; }
    bool operator==(const Loop& other) const = default;
    Promise get_return_object() { return {}; }
    int turn(int b);
    int a_ = 1'000;
    std::map<int, int> table_;
};

constexpr auto kText = R"(if (x) { std::mutex TODO_not })";
const char kBrace = '{';

template <class T>
    requires(sizeof(T) > 1)
int Loop::turn(T b) {
    for (int i = 0; i < b; ++i) {
        if (i > 2) {
            auto f = [&](int x) { if (x) { while (x--) { width({x}); } } };
            switch (i) {
                case 3: { f(i); break; }
                default: break;
            }
        } else if (i == 1) {
            f(0);
        }
    }
    auto got = co_await next(b);
    if (b) co_await next(width(b));
    for (int i = 0; i < b; ++i) got = co_await next(i);
    std::get<0>(got) = std::get_if<1>(&got);
    return width(got);
}

}  // namespace weir::io
""",
    "src/http/uri.cpp": '#include "base/text.h"\n#include "io/loop.h"\n',
    "src/net/address.h": "#pragma once\n",
    "src/net/address.cpp": '#include "net/address.h"\n',
    "src/net/address_test.cpp": '#include "net/address.h"\n\nTEST(Address, parses) {\n' + "    EXPECT_TRUE(true);\n" * 90 + "}\n",
    "src/route/path.h": "#pragma once\n",
    "src/route/path.cpp": '#include "route/path.h"\n',
    "src/main.cpp": '#include "base/text.h"\n\nint main(int argc, char** argv) { return weir::width(argc); }\n',
    "tests/plays/proxy.py": "import time\n",
    "README.md": """# House

[A room](src/io/README.md), [the same](src/io/), [how it is used](docs/use.md#1-start-weir-run), [elsewhere](https://example.com/a#b).
`[no link](gone.md)`
```
[nor this](gone.md)
```
[below]: docs/use.md
""",
    "docs/use.md": "# Use\n## 1. Start: `weir run`\n[up](../README.md#house), [here](#twice-1)\n## Twice\n## Twice\n",
}


def body(lines):
    return "int long_one() {\n" + "    turn();\n" * lines + "}\n"


# (rule, file, its text, exactly the details expected or None). The file is added to the clean tree, or takes a file's place there.
OFFENCES = (
    ("readme", "src/base/README.md", None),
    ("readme", "src/base/README.md", "`text`\n" * 31),
    ("readme-file", "src/base/README.md", "the text of `text_of`\n"),
    ("readme-file", "src/base/README.md", "`t?xt_*`\n"),
    ("link", "docs/more.md", "See [that](gone.md).\n"),
    ("link", "docs/more.md", "![picture](gone.png)\n"),
    ("link", "docs/more.md", "[that]: gone.md\n"),
    ("link", "docs/more.md", "[that](use.md#gone)\n"),
    ("link", "docs/more.md", "# More\n[that](#less)\n"),
    ("link", "docs/more.md", "[that](../../etc/passwd)\n"),
    ("link", "src/io/README.md", "`loop`, [that](../base)\n[this](../bass)\n"),
    ("wall", "src/base/up.cpp", '#include "io/loop.h"\n'),
    ("wall", "src/observe/side.cpp", '#include "route/path.h"\n'),
    ("wall", "src/attic/thing.cpp", "int a;\n"),
    ("include", "src/http/here.cpp", '#include "uri.h"\n'),
    ("include", "src/http/gone.cpp", '#include "base/gone.h"\n'),
    ("dead-header", "src/io/unused.h", "#pragma once\n"),
    ("one-includer", "src/io/log.cpp", "#include <spdlog/logger.h>\n"),
    ("banned", "src/io/lock.cpp", "#include <mutex>\n"),
    ("banned", "src/io/lock.cpp", "#include <shared_mutex>\n"),
    ("banned", "src/io/out.cpp", "#include <iostream>\n"),
    ("banned", "src/io/match.cpp", "#include <regex>\n"),
    ("banned", "src/io/json.cpp", "#include <rapidjson/document.h>\n"),
    ("banned", "src/io/share.cpp", "std::shared_ptr<int> shared;\n"),
    ("banned", "src/io/share.cpp", "auto shared = std::make_shared<int>(1);\n"),
    ("banned", "src/io/lock.cpp", "std::mutex lock;\n"),
    ("banned", "src/io/thread.cpp", "void f() { std::thread(g).detach(); }\n"),
    ("sleep", "src/io/doze_test.cpp", "void f() { std::this_thread::sleep_for(1s); }\n"),
    ("sleep", "src/io/doze.cpp", "void f() { usleep(3); }\n"),
    ("sleep", "src/io/doze.cpp", "void f() { ::sleep(3); }\n"),
    ("sleep", "tests/plays/doze.py", "import time\n\ntime.sleep(1)\n"),
    ("await", "src/io/hurry.cpp", "Task<> f() {\n    if (co_await g()) return;\n}\n"),
    ("await", "src/io/hurry.cpp", "Task<> f() {\n    h(1, co_await g());\n}\n"),
    ("unfinished", "src/io/later.cpp", "// TO" + "DO: more\n"),
    ("unfinished", "src/io/later.cpp", "// FIX" + "ME\n"),
    ("dead-code", "src/io/old.cpp", "// width(3);\n"),
    ("dead-code", "src/io/old.cpp", "// int a = width(3);\n"),
    ("banner", "src/io/loud.cpp", "// ----------------\n"),
    ("file-lines", "src/io/long.cpp", "int a;\n" * 601),
    ("function-lines", "src/io/long.cpp", body(69)),
    ("function-lines", "src/io/long.cpp", "struct A {\n    A() : a_{1} {\n" + "        turn();\n" * 69 + "    }\n    int a_;\n};\n"),
    ("nesting", "src/io/deep.cpp", "int f() {\nif (a) {\nfor (;;) {\nwhile (b) {\nif (c) {\n}\n}\n}\n}\n}\n"),
    ("line-length", "src/io/wide.cpp", "// " + "a" * 138 + "\n"),
    ("whitespace", "src/io/space.cpp", "int a; \n"),
    ("whitespace", "src/io/space.cpp", "\tint a;\n"),
    ("whitespace", "src/io/space.cpp", "int a;"),
    ("pragma-once", "src/io/loop.h", "// Loop.\n"),
    ("file-name", "src/io/FileName.cpp", "int a;\n"),
    ("type-name", "src/io/vague.cpp", "class Manager {};\n"),
    ("type-name", "src/io/vague.cpp", "using Data = int;\n"),
    ("getter", "src/io/vague.cpp", "int get_width();\n"),
)
QUESTIONS = (
    ("file-lines", "src/io/long.cpp", "int a;\n" * 401),
    ("function-lines", "src/io/long.cpp", body(30)),
    ("parameters", "src/io/many.cpp", "int f(int a, std::map<int, int> b, int c, int d, int e, int g) { return a; }\n"),
)


def write(root, files):
    for path, text in files.items():
        if text is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


def readmes(tree):
    """A README for each room, which names its sources."""
    pages = {}
    for path in map(Path, tree):
        if path.parts[0] == "src" and len(path.parts) > 2:
            page = f"src/{path.parts[1]}/README.md"
            pages[page] = pages.get(page, "# room\n") + (f"`{path.stem}` " if path.suffix in (".h", ".cpp") else "")
    return pages


def rules_found(changes, exceptions="", exceptions_max=0):
    """The rules that a clean tree with these changes offends: (errors, questions)."""
    with tempfile.TemporaryDirectory(prefix="weir-tidy-") as folder:
        root = Path(folder)
        tree = readmes(CLEAN | changes) | CLEAN | changes
        write(root, tree | {tidy_rules.EXCEPTIONS_FILE: exceptions})
        findings = tidy_rules.examine(root, exceptions_max)
    errors = sorted({finding.rule for finding in findings if not finding.is_question})
    return errors, sorted({finding.rule for finding in findings if finding.is_question})


def self_test():
    """Prints what does not hold; the last line is 'N passed, N failed'."""
    results = [("the clean tree is clean", rules_found({}), ([], []))]
    for rule, path, text in OFFENCES:
        results.append((f"{rule}: {path}: {text!r:.60}", rules_found({path: text}), ([rule], [])))
    for rule, path, text in QUESTIONS:
        results.append((f"question {rule}", rules_found({path: text}), ([], [rule])))
    long_table = {"src/io/sine_table.cpp": "int a;\n" * 900}
    results.append(("a table may be long", rules_found(long_table), ([], [])))
    patterns = {"src/base/README.md": "`te*`, `h1/t*.cpp`\n", "src/base/h1/tail.cpp": "int a;\n", "src/base/feed_for_test.cpp": "int a;\n"}
    results.append(("a README names sources by patterns, and no tests", rules_found(patterns), ([], [])))
    lock = {"src/io/lock.cpp": "#include <mutex>\n"}
    excuse = "banned src/io/lock.cpp::mutex the reason\n"
    results.append(("an exception excuses", rules_found(lock, excuse, 1), ([], [])))
    results.append(("an exception for nothing", rules_found({}, excuse, 1), (["exception"], [])))
    results.append(("one exception more than agreed", rules_found(lock, excuse, 0), (["exception"], [])))
    results.append(("one exception less than agreed", rules_found({}, "", 1), (["exception"], [])))
    results.append(("an exception without a reason", rules_found({}, "banned src/io/lock.cpp\n", 0), (["exception"], [])))

    untested = set(tidy_rules.RULES) - {rule for rule, _, _ in OFFENCES + QUESTIONS} - {"exception"}
    results += [(f"no sample for rule {rule}", 0, 1) for rule in sorted(untested)]
    failed = [(name, got, wanted) for name, got, wanted in results if got != wanted]
    for name, got, wanted in failed:
        print(f"{name}: got {got}, expected {wanted}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
