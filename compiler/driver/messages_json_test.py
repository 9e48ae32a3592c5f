# SPDX-License-Identifier: Apache-2.0
"""cslc --diagnostics=json against its schema: errors, warnings, notes and fixes."""
import json
import pathlib
import subprocess
import sys
import tempfile

import pytest

CSLC, SCHEMA, LIBRARY = (pathlib.Path(word).absolute() for word in sys.argv[1:4])

PROGRAM = """\
param p: comptime_struct = .{ .a = 1 };
color red; // e\u0301 \U0001f600 text
const s = @concat_structs(p, .{ .b = 2 });
export var x: u16 = "\U0001f600" + s.b;
fn f(n: u16) u16 { return n + nothing; }
export var y: u16 = f(1);
layout {
  @set_rectangle(1, 1);
  @set_tile_code(0, 0);
}
"""


def check(value, schema, root):
    """The part of JSON Schema that the schema uses."""
    if "$ref" in schema:
        return check(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "enum" in schema:
        assert value in schema["enum"]
    kind = schema.get("type")
    if kind == "object":
        assert isinstance(value, dict)
        assert set(schema.get("required", [])) <= set(value)
        assert set(value) <= set(schema["properties"])
        for name, others in schema.get("dependentRequired", {}).items():
            assert name not in value or set(others) <= set(value)
        for name, part in value.items():
            check(part, schema["properties"][name], root)
    elif kind == "array":
        assert isinstance(value, list)
        for part in value:
            check(part, schema["items"], root)
    elif kind == "integer":
        assert isinstance(value, int) and value >= schema.get("minimum", value)
    elif kind == "string":
        assert isinstance(value, str)
    return None


def messages(text, *options, program="a.csl"):
    """The objects of a compilation that standard error holds, all of them checked."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a.csl").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [str(CSLC), program, "--fabric-dims=8,3", "--diagnostics=json", *options], cwd=folder,
            env={"CSL_LIBRARY_DIR": str(LIBRARY)}, capture_output=True, text=True, check=False)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = [json.loads(line) for line in done.stderr.splitlines()]
    for message in found:
        check(message, schema, schema)
    return done.returncode, found


def test_every_line_is_an_object_of_the_schema():
    code, found = messages(PROGRAM)
    assert code == 1
    kinds = {message["kind"] for message in found}
    assert {"OldForm", "Undeclared"} <= kinds
    assert any(message["notes"] for message in found)


def test_ranges_count_utf16_code_units_from_zero():
    _, found = messages("const a = \"\U0001f600\" + nothing;\nexport var x: u16 = a;\n"
                        "layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n")
    [error] = [m for m in found if m["kind"] == "Undeclared"]
    assert error["range"]["start"] == {"line": 0, "character": 17}
    assert error["range"]["end"] == {"line": 0, "character": 24}


def test_fixes_are_the_edits_of_fix():
    program = PROGRAM.replace('"\U0001f600" + ', "").replace(" + nothing", "")
    code, found = messages(program, "--colors=red:4")
    assert code == 0
    texts = {message["form"]: [edit["newText"] for edit in message["fix"]] for message in found}
    assert texts["color NAME;"] == ["param red: color"]
    assert texts["comptime_struct"] == [""]
    assert texts["@concat_structs"] == [".{ .a = p.a, .b = 2 }"]


def test_the_tool_speaks_json_too():
    good = "layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n"
    code, [usage] = messages(good, "--fabric-offsets=here")
    assert (code, usage["kind"], usage["severity"]) == (2, "WrongUsage", "error")
    code, [unknown] = messages(good, "--no-such-option")
    assert (code, unknown["kind"]) == (2, "WrongUsage")
    code, [missing] = messages(good, "--import-path", "x", program="nowhere.csl")
    assert (code, missing["kind"]) == (2, "ProgramUnreadable")
    assert messages(good, "--verbose") == (0, [])
    code, [notice] = messages(good, "--dump-dsr-alloc-graph")
    assert (code, notice["kind"], notice["severity"]) == (0, "OptionIgnored", "warning")
    code, [output] = messages(good, "-o", "a.csl/out")
    assert (code, output["kind"]) == (3, "ToolFailed")


def test_fix_says_in_json_what_stays():
    program = ("var x: u16 = 0;\ntask t() void { x += 1; }\nexport fn f() void { t(); }\n"
               "comptime { @bind_local_task(t, @get_local_task_id(9)); }\n"
               "layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n")
    code, found = messages(program, "--fix")
    assert code == 1
    [stays] = [message for message in found if message["kind"] == "FormStays"]
    assert stays["form"] == "a call of a task" and stays["range"]["start"]["line"] == 2


def test_a_program_without_mistakes_says_nothing():
    code, found = messages("layout { @set_rectangle(1, 1); @set_tile_code(0, 0); }\n")
    assert (code, found) == (0, [])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
