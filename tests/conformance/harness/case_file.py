# SPDX-License-Identifier: Apache-2.0
"""Reads case files: CSL programs that state in comments what is expected of them.

`read(path)` gives the programs of a file. A line `//// program: NAME` begins another one, a line
`//// file: NAME.csl` another module for all of them; what stands before the first such line belongs
to every program. Lines keep their numbers: what belongs to other programs is blank.
"""
import dataclasses
import pathlib
import re

ARCHITECTURES = ("wse2", "wse3")
DIRECTIVES = ("options", "arch", "tile", "output", "fault", "compiles", "allow",
              "refused", "warned")
LISTS = ("output", "allow")  # of these each line adds one
MESSAGES = ("error", "warning")
TYPES = ("i16", "u16", "i32", "u32", "f16", "f32", "bool", "u8")

_SEPARATOR = re.compile(r"//// (program|file): (\S+)$")
_KINDS = "|".join(("expect", *DIRECTIVES, *MESSAGES))
_EXPECTATION = re.compile(rf"// ({_KINDS})\b([^:]*): ?(.*)$")
_EXPORT = re.compile(r"\s*export (?:var|const) (\w+)")
_TYPE = re.compile(r"(?:: ?|\]|@(?:zeros|constants)\((?:\[[^\]]*\])?)(%s)\b" % "|".join(TYPES))
_CALL = re.compile(r"(\w+)\((.*)\)$")


class BadCase(Exception):
    """A case file that cannot be understood."""


@dataclasses.dataclass
class Expectation:
    """`subject` is a call (name, argument texts) or a symbol (name, None)."""
    line: int
    name: str
    arguments: list
    value: str
    within: float
    words: list  # run, comptime, wse2, wse3, a type, X,Y


@dataclasses.dataclass
class Message:
    line: int
    severity: str
    text: str
    words: list


@dataclasses.dataclass
class Program:
    """One program of a case file. `files` are its modules; the first is the program itself."""
    name: str
    files: dict
    expectations: list = dataclasses.field(default_factory=list)
    messages: list = dataclasses.field(default_factory=list)
    directives: dict = dataclasses.field(default_factory=dict)

    @property
    def source(self):
        return next(iter(self.files.values()))

    def architectures(self):
        return self.directives.get("arch", " ".join(ARCHITECTURES)).split()

    def is_refused(self, arch):
        return "refused" in self.directives or any(
            m.severity == "error" for m in self.messages if applies(m.words, arch))

    def is_asserting(self):
        return bool(self.expectations or self.messages
                    or set(self.directives) & {"output", "fault", "compiles", "refused"})


def applies(words, arch):
    wanted = [word for word in words if word in ARCHITECTURES]
    return not wanted or arch in wanted


def split_top(text, separator):
    """Splits at separators outside brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        if quoted:
            continue
        depth += (char in "([{") - (char in ")]}")
        if char == separator and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return [part for part in [*parts, text[start:].strip()] if part]


def read(path):
    path = pathlib.Path(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    owners, owner = [], None
    for line in lines:
        found = _SEPARATOR.match(line)
        owner = found.groups() if found else owner
        owners.append(None if found else owner or "all")
    programs = [o for o in dict.fromkeys(owners) if o not in (None, "all") and o[0] == "program"]
    modules = [o for o in dict.fromkeys(owners) if o not in (None, "all") and o[0] == "file"]
    result = []
    for program in programs or [("program", "")]:
        wanted = ("all", program)
        files = {path.name: _kept(lines, owners, wanted)}
        files.update((name, _kept(lines, owners, (("file", name),))) for _, name in modules)
        name = f"{path.parent.name}/{path.stem}" + (":" + program[1] if program[1] else "")
        result.append(_understand(name, files))
    return result


def _kept(lines, owners, wanted):
    return "".join((line if owner in wanted else "") + "\n" for line, owner in zip(lines, owners))


def _understand(name, files):
    program = Program(name, files)
    for file, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            found = _EXPECTATION.search(line)
            if found:
                _add(program, f"{name}, {file}:{number}", number, line[:found.start()],
                     *found.groups())
    if not program.is_asserting():
        raise BadCase(f"{name}: asserts nothing")
    return program


def _add(program, where, number, code, kind, words, text):
    words = words.split()
    if kind in MESSAGES:
        program.messages.append(Message(number, kind, text.strip(), words))
    elif kind in LISTS:
        program.directives.setdefault(kind, []).append(text)
    elif kind in DIRECTIVES:
        program.directives[kind] = text.strip()
    else:
        for part in split_top(text, ";"):
            program.expectations.append(_expectation(where, number, code, words, part))


def _expectation(where, number, code, words, text):
    left, equals, value = text.rpartition(" = ")
    value, _, within = (value if equals else text).partition(" within ")
    within = float(within or 0)
    call = _CALL.match(left)
    if call:
        return Expectation(number, call.group(1), split_top(call.group(2), ","), value, within,
                           words)
    exported = _EXPORT.match(code)
    symbol = left or (exported.group(1) if exported else "")
    if not re.fullmatch(r"\w+", symbol):
        raise BadCase(f"{where}: '{text}' names neither a call nor a symbol")
    if not set(words) & set(TYPES):
        found = _TYPE.search(code)
        if not found:
            raise BadCase(f"{where}: the type of '{symbol}' must be given: expect TYPE: ...")
        words = [*words, found.group(1)]
    return Expectation(number, symbol, None, value, within, words)
