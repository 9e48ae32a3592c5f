# SPDX-License-Identifier: Apache-2.0
"""A strict reader of Prometheus' text format, version 0.0.4."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|\+Inf|NaN")
TYPES = {"counter", "gauge", "histogram"}


def number(text):
    assert NUMBER.fullmatch(text), f"no number: {text!r}"
    return float(text.replace("Inf", "inf"))


def parse(text):
    """{family: (type, {(sample name, labels): value})}; fails on what Prometheus would refuse."""
    assert text.endswith("\n"), "the last line has no end"
    families, described, family = {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, about = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and about, line
            assert name not in described, f"described twice: {name}"
            described.add(name)
            family = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in TYPES and name == family and name not in families, line
            families[name] = (kind, {})
        else:
            match = SAMPLE.fullmatch(line)
            assert match, f"no sample: {line!r}"
            name, labels, value = match.groups()
            assert family in families, f"a sample before its type: {line}"
            kind, samples = families[family]
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [family + suffix for suffix in suffixes], f"of no family: {line}"
            pairs = tuple(sorted(re.findall(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"', labels or "")))
            assert len(dict(pairs)) == len(pairs), f"a label twice: {line}"
            assert (name, pairs) not in samples, f"a sample twice: {line}"
            samples[name, pairs] = number(value)
            assert kind == "gauge" or samples[name, pairs] >= 0, f"below zero: {line}"
    for name, (kind, samples) in families.items():
        assert kind == "gauge" or name.endswith("_total") or kind == "histogram", name
        if kind == "histogram":
            check_histogram(name, samples)
    return families


def check_histogram(name, samples):
    """Buckets grow, the last is +Inf and equals the count, and each has its sum."""
    series = {}
    for (sample, pairs), value in samples.items():
        if sample == name + "_bucket":
            bound = number(dict(pairs)["le"])
            rest = tuple(pair for pair in pairs if pair[0] != "le")
            series.setdefault(rest, []).append((bound, value))
    for rest, buckets in series.items():
        assert buckets == sorted(buckets), f"bounds out of order: {name}{rest}"
        counts = [count for _, count in buckets]
        assert counts == sorted(counts), f"buckets shrink: {name}{rest}"
        assert math.isinf(buckets[-1][0]), f"no +Inf: {name}{rest}"
        assert samples[name + "_count", rest] == counts[-1], f"count: {name}{rest}"
        assert (name + "_sum", rest) in samples, f"no sum: {name}{rest}"
