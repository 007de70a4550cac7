"""A C++ reader just good enough for tidy: text without comments and strings, and the extents of functions.

It knows braces, not the language: a `{` opens a namespace, a type, a function, a control block, a lambda or an initialiser, told
apart by the words before it. What it can't tell apart counts as a plain block, which no rule measures.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
    (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*.*?\*/)
  | (?P<raw>(?:u8|u|U|L)?R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<number>\b\d[\w.']*)
  | (?P<char>'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)


def _blank(text):
    return "\n" * text.count("\n") or " "


def code_of(source):
    """The source with comments blanked and strings emptied; line numbers stay."""

    def replace(found):
        kind = found.lastgroup
        if found["raw"] is not None:
            return '""' + "\n" * found[0].count("\n")
        if kind == "number":
            return found[0].replace("'", "")
        if kind == "string":
            return '""'
        if kind == "char":
            return "' '"
        return _blank(found[0])

    return TOKEN.sub(replace, source)


@dataclass
class Function:
    name: str
    line: int
    lines: int = 0
    parameters: int = 0
    nesting: int = 0  # the deepest control block inside
    nesting_line: int = 0


@dataclass
class _Scope:
    kind: str  # namespace, type, function, control, lambda, block, init
    head: str = ""
    parens: int = 0
    function: Function | None = None
    depth: int = 0  # control blocks around, inside the nearest function or lambda
    line: int = 0


NAMESPACE = re.compile(r"^\s*(?:inline\s+)?(?:namespace\b|extern\s*\"\")")
TYPE = re.compile(r"(?:^|[\s>])(?:class|struct|union|enum)\b(?![^<]*>\s*[\w:]+\s*\()[^()=]*$")
CONTROL = re.compile(r"^\s*(?:else\b|do\b|try\b|(?:\}\s*)?(?:if|for|while|switch|catch)\b)")
LABEL = re.compile(r"^\s*(?:(?:public|private|protected)\s*:|(?:case\b[^:;{}]*(?:::[^:;{}]*)*|default\s*):(?!:))+")
LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:<[^{}]*>\s*)?(?:\([^{}]*\))?\s*(?:mutable|noexcept|constexpr|static|\s)*(?:->\s*[\w:<>,*&\s]+)?$")
CONSTRUCTOR_TAIL = re.compile(r"\)[^()]*\s:(?!:)")
NAME = re.compile(r"((?:[\w~]+\s*(?:<[^()]*>)?\s*::\s*)*(?:operator\s*\S+|[~\w]+))\s*\(")


def _matching(head, opening):
    depth = 0
    for index in range(opening, len(head)):
        depth += {"(": 1, ")": -1}.get(head[index], 0)
        if depth == 0:
            return index
    return -1


def _parameters(head):
    """How many parameters the head declares: commas at the top level of the parentheses after the name."""
    found = NAME.search(head)
    if not found:
        return 0
    closing = _matching(head, found.end() - 1)
    inside = head[found.end() : closing]
    if not inside.strip() or inside.strip() == "void":
        return 0
    depth = count = 0
    for letter in inside:
        depth += {"(": 1, "<": 1, "[": 1, "{": 1, ")": -1, ">": -1, "]": -1, "}": -1}.get(letter, 0)
        count += letter == "," and depth == 0
    return count + 1


def _without_attributes(head):
    head = re.sub(r"\[\[[^\]]*\]\]|\balignas\s*\([^()]*\)", " ", head)
    while True:  # template<…> and requires-clauses in front say nothing about the kind
        found = re.match(r"\s*template\s*<", head)
        if not found:
            return head
        depth, index = 1, found.end()
        while index < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[index], 0)
            index += 1
        head = head[index:]


def _kind_at_outer_level(head):
    if NAMESPACE.match(head):
        return "namespace"
    if TYPE.search(head):
        return "type"
    if LAMBDA.search(head):
        return "lambda"
    assigned = re.search(r"(?<![=!<>])=(?!=)", re.sub(r"operator\s*\S+?(?=\()", "operator", head))
    opening = head.find("(")
    if opening < 0 or (assigned and assigned.start() < opening):
        return "init"
    if CONSTRUCTOR_TAIL.search(head) and not head.rstrip().endswith(")") and not head.rstrip().endswith("}"):
        return "init"  # a member initialised with braces
    return "function"


def _kind(head, outer, parens):
    head = _without_attributes(LABEL.sub("", head))
    if parens:
        return "lambda" if LAMBDA.search(head) else "init"
    if outer in ("namespace", "type"):
        return _kind_at_outer_level(head)
    if LAMBDA.search(head):
        return "lambda"
    if CONTROL.match(head):
        return "control"
    if TYPE.search(head):
        return "type"
    if not head.strip():
        return "block"
    return "init"


def functions_of(code):
    """Every function with a body, in order, of code without comments, strings and preprocessor lines."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", code, flags=re.MULTILINE)
    stack = [_Scope("namespace")]
    found = []
    line, head_line = 1, 0
    for letter in code:
        scope = stack[-1]
        if letter == "{":
            _open(stack, found, line, head_line)
            head_line = 0
        elif letter == "}":
            if len(stack) > 1:
                _close(stack, line)
            head_line = 0 if not stack[-1].head.strip() else head_line
        elif letter == ";" and scope.parens == 0:
            scope.head = ""
            head_line = 0
        else:
            scope.parens += {"(": 1, ")": -1}.get(letter, 0)
            if not scope.head and letter.isspace():
                line += letter == "\n"
                continue
            if not scope.head:
                head_line = line
            scope.head += letter
        line += letter == "\n"
    return found


def _open(stack, found, line, head_line):
    scope = stack[-1]
    kind = _kind(scope.head, scope.kind, scope.parens)
    inner = _Scope(kind, line=line, function=scope.function, depth=scope.depth)
    if kind == "function":
        name = NAME.search(_without_attributes(LABEL.sub("", scope.head)))
        inner.function = Function(name[1].strip() if name else "?", head_line or line, parameters=_parameters(scope.head))
        inner.depth = 0
        found.append(inner.function)
    elif kind == "lambda":
        inner.depth = 0
    elif kind == "control":
        inner.depth += 1
        owner = inner.function
        if owner and inner.depth > owner.nesting:
            owner.nesting, owner.nesting_line = inner.depth, line
    stack.append(inner)


def _close(stack, line):
    inner = stack.pop()
    scope = stack[-1]
    if inner.kind == "function":
        inner.function.lines = line - inner.line + 1
    if inner.kind in ("init", "lambda"):
        scope.head += "{}"  # the statement goes on
    else:
        scope.head = ""
