# SPDX-License-Identifier: Apache-2.0
"""Turns of phrase that puzzle readers, with what to write instead."""
import re

from tools.checks.tree import Finding

# Of a whole line: code, comments, messages and pages.
TURNS = tuple((re.compile(pattern), instead) for pattern, instead in (
    (r"(?<![Tt]here )\b(?:is|are) no (?!longer|more|less|\w+er\b)(?=['\"`{\w])",
     "'must be a' or 'is not a'"),
    (r"\b(?:is|are) not there\b", "'does not exist'"),
    (r"[,;:] allowed (?:are|is)\b", "'must be'"),
    (r"\bmay all\b", "what may be done"),
    (r"\b(?:goes|go) on\b(?! with)", "'continues'"),
    (r"\bsays? so\b", "what is reported"),
    (r"\b(?:takes?|took)(?: [\w']+){1,5} along\b", "'ends too' or 'is sent too'"),
    (r"\bha(?:s|ve) (?:its|their) place\b", "where it is"),
    (r"\b(?:is|are) whole\b", "'is complete'"),
    (r"\blies? nowhere\b", "'has no address'"),
))
# Of messages and pages alone.
MESSAGE_TURNS = TURNS + tuple((re.compile(pattern), instead) for pattern, instead in (
    (r"\b(?:is|are) wanted\b", "'expected'"),
    (r", it must be\b", "'; must be'"),
))
LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'")
SUFFIXES = {".cc", ".h", ".def", ".py", ".csl", ".proto", ".md", ".txt"}


def _is_quoted(line, match):
    return any(literal.start() < match.start() and match.end() <= literal.end()
               for literal in LITERAL.finditer(line))


def turns(file):
    """A line that has one of these; golden files and generated pages follow their sources."""
    if (file.suffix not in SUFFIXES and not file.is_script()) or file.is_generated():
        return
    if file.path.startswith("tools/checks/"):  # this table, and the test of it
        return
    for number, line in enumerate(file.lines, 1):
        for pattern, instead in MESSAGE_TURNS:
            match = pattern.search(line)
            if not match:
                continue
            anywhere = file.suffix == ".md" or any(pattern is turn for turn, _ in TURNS)
            if anywhere or _is_quoted(line, match):
                yield Finding(file.path, number, f"'{match[0].strip(' ,;:')}': write {instead}")
