"""A strict reader of Prometheus' text format (0.0.4) and of its rules for names. What a lenient scraper would let pass fails."""

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\]|\\\\|\\n)+)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)")
ENDINGS = {"histogram": ("_bucket", "_sum", "_count")}


@dataclass
class Family:
    """A figure: its kind, what it is, and its samples as (name, labels) → value."""

    kind: str = ""
    help: str = ""
    samples: dict = field(default_factory=dict)

    def labels(self):
        """The names of the labels of its samples."""
        return {name for _, labels in self.samples for name, _ in labels} - ({"le"} if self.kind == "histogram" else set())


def read_metrics(text):
    """Name → Family."""
    assert text.endswith("\n"), "the last line does not end"
    families, at = {}, ""
    for line in text.splitlines():
        if found := HELP.fullmatch(line):
            at = found[1]
            assert at not in families, f"{at} is described twice, or its samples stand apart"
            families[at] = Family(help=found[2])
        elif found := TYPE.fullmatch(line):
            assert found[1] == at and not families[at].kind, f"not behind the HELP of its own: {line}"
            families[at].kind = found[2]
        else:
            add_sample(line, at, families.get(at))
    for name, family in families.items():
        judge(name, family)
    return families


def add_sample(line, at, family):
    found = SAMPLE.fullmatch(line)
    assert found, f"no sample: {line}"
    name, text, value = found[1], found[2] or "", float(found[found.re.groups])
    assert family and family.kind, f"not declared before it: {line}"
    assert name in [at + ending for ending in ENDINGS.get(family.kind, ("",))], f"stands among the samples of {at}: {line}"
    labels = [(one[0], one[1]) for one in re.findall(LABEL, text)]
    names = [name for name, _ in labels]
    assert len(names) == len(set(names)) and not any(one.startswith("__") for one in names), f"labels: {line}"
    key = (name, frozenset(labels))
    assert key not in family.samples, f"twice: {line}"
    family.samples[key] = value


def judge(name, family):
    assert family.kind, f"{name} has no TYPE"
    assert name.endswith("_total") == (family.kind == "counter"), f"{name} is a {family.kind}"
    if family.kind == "counter":
        assert all(value >= 0 for value in family.samples.values()), f"{name} is below zero"
    if family.kind == "histogram":
        judge_histogram(name, family)


def judge_histogram(name, family):
    """Each has buckets that rise to +Inf, which is its count, and a sum."""
    rows = {}
    for (sample, labels), value in family.samples.items():
        rest = frozenset(label for label in labels if label[0] != "le")
        row = rows.setdefault(rest, {"_bucket": [], "_sum": None, "_count": None})
        if sample.endswith("_bucket"):
            row["_bucket"].append((float(dict(labels)["le"]), value))
        else:
            row[sample.removeprefix(name)] = value
    for labels, row in rows.items():
        ends, counts = zip(*row["_bucket"], strict=True)
        assert list(ends) == sorted(set(ends)) and ends[-1] == float("inf"), f"{name} {set(labels)}: buckets {ends}"
        assert list(counts) == sorted(counts) and counts[-1] == row["_count"], f"{name} {set(labels)}: {counts}, {row['_count']}"
        assert row["_sum"] is not None, f"{name} {set(labels)} has no sum"
