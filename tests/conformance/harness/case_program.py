# SPDX-License-Identifier: Apache-2.0
"""Makes what `cslc` compiles of a case: its own text, and after it a task that makes the calls.

Each call that a case expects something of is made twice: by the compiler, as the initialiser of a
global, and on the PE, with arguments that the compiler cannot know.
"""
import dataclasses
import re

from tests.conformance.harness import case_file

START_TASK_ID = 26
_FUNCTION = r"^(?:inline |noinline |export )?fn %s\((.*?)\) (\S+)(?: align\(\d+\))? \{"
# What is read of a result whose type has no symbol of its own: (type of the symbol, expression).
_WIDENED = {"i8": ("i16", "@as(i16, {})"), "u8": ("u16", "@as(u16, {})")}


@dataclasses.dataclass
class Reading:
    """A symbol to read after the run, and what it must hold."""
    symbol: str
    dtype: str
    place: tuple
    expectation: case_file.Expectation
    how: str


def read_type(text):
    """(type of the symbol, how a value becomes one) for a function's result."""
    if text in case_file.TYPES and text != "u8":
        return text, "{}"
    if text in _WIDENED:
        return _WIDENED[text]
    found = re.fullmatch(r"([iu])(\d+)", text)
    if found and int(found.group(2)) < 16:
        return found.group(1) + "16", f"@as({found.group(1)}16, {{}})"
    if found and int(found.group(2)) < 32:
        return found.group(1) + "32", f"@as({found.group(1)}32, {{}})"
    raise case_file.BadCase(f"a result of type {text} cannot be read; return a simpler one")


def signature(source, name):
    """(types of the parameters, type of the result) as they are written."""
    found = re.search(_FUNCTION % name, source, re.M | re.S)
    if not found:
        raise case_file.BadCase(f"there is no function '{name}'")
    parameters = case_file.split_top(found.group(1), ",")
    return [p.partition(":")[2].strip() if not p.startswith("comptime") else None
            for p in parameters], found.group(2)


def complete(program, arch):
    """(text of the program to compile, readings)."""
    source = program.source
    before, inside, readings = [], [], []
    for number, expected in enumerate(program.expectations):
        if not case_file.applies(expected.words, arch):
            continue
        if expected.arguments is None:
            readings.append(_read_symbol(expected))
            continue
        types, result = signature(source, expected.name)
        if len(types) != len(expected.arguments):
            raise case_file.BadCase(f"{program.name}:{expected.line}: wrong number of arguments")
        dtype, form = read_type(result)
        if "run" not in expected.words:
            symbol = f"conf_{number}_comptime"
            call = f"{expected.name}({', '.join(expected.arguments)})"
            before.append(f"export var {symbol}: {dtype} = {form.format(call)};")
            readings.append(Reading(symbol, dtype, (0, 0), expected, "at compile time"))
        if "comptime" not in expected.words:
            symbol = f"conf_{number}_run"
            before.append(f"export var {symbol}: {dtype};")
            arguments = []
            for k, (kind, text) in enumerate(zip(types, expected.arguments)):
                if kind is not None:
                    before.append(f"var conf_{number}_{k}: {kind} = {text};")
                arguments.append(text if kind is None else f"conf_{number}_{k}")
            call = f"{expected.name}({', '.join(arguments)})"
            inside.append(f"  {symbol} = {form.format(call)};")
            readings.append(Reading(symbol, dtype, (0, 0), expected, "on the PE"))
    if re.search(r"^fn main\(\) void", source, re.M):
        inside.append("  main();")
    if inside:
        start = f"@get_local_task_id({START_TASK_ID})"
        before += ["task conf_start() void {", *inside, "}", "comptime {",
                   f"  @bind_local_task(conf_start, {start});", f"  @activate({start});", "}"]
    return source + "\n".join([*before, ""]), readings


def _read_symbol(expected):
    dtype = next(word for word in expected.words if word in case_file.TYPES)
    at = next((word for word in expected.words if "," in word), "0,0")
    return Reading(expected.name, dtype, tuple(map(int, at.split(","))), expected, "after the run")


def layout(program, main):
    """The text of a layout that runs `main` on one PE, or None if the program is its own."""
    if re.search(r"^layout \{", program.source, re.M):
        return None
    tile = program.directives.get("tile")
    parameters = f", {tile}" if tile else ""
    return ("layout {\n  @set_rectangle(1, 1);\n"
            f'  @set_tile_code(0, 0, "{main}"{parameters});\n}}\n')
