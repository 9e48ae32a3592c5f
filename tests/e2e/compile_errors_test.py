# SPDX-License-Identifier: Apache-2.0
"""What cslc says when something is wrong: the place, the cause, and the right exit code."""
import re
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
OPTIONS = ["--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy", "--channels=1", "-o", "out"]
PROGRAM_AT_FAULT, BAD_USAGE = 1, 2


@pytest.fixture(name="folder")
def folder_fixture():
    return toolchain.copy_program("tests/conformance/polynomial")


def replace(folder, name, old, new):
    """Edits one file of the program; returns the number of the line that changed."""
    text = (folder / name).read_text()
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new))
    return text[:text.index(old)].count("\n") + 1


def fails(folder, exit_code, *args):
    """Compiles, which must fail; returns what was said on standard error."""
    done = TOOLS.cslc(folder, "layout.csl", "--arch=wse3", *(args or OPTIONS))
    assert done.returncode == exit_code, toolchain.describe(done)
    assert not (folder / "out").exists(), "a failed compilation leaves no artifact"
    return done.stderr


def errors(text):
    """(file name, line, column, message) of each error."""
    found = re.findall(r"^(\S*?)([\w.]+):(\d+):(\d+): error: (.*)$", text, re.MULTILINE)
    return [(name, int(line), int(column), message) for _, name, line, column, message in found]


def test_the_unchanged_program_compiles(folder):
    done = toolchain.succeed(TOOLS.cslc(folder, "layout.csl", "--arch=wse3", *OPTIONS))
    assert done.stdout == "" and done.stderr == ""
    assert (folder / "out/out.json").is_file()


def test_an_unknown_name_is_shown_with_line_and_caret(folder):
    line = replace(folder, "pe.csl", "var sum: f32 = 0.0;", "var sum: f32 = nowhere;")
    text = fails(folder, PROGRAM_AT_FAULT)
    [(name, at_line, column, message)] = errors(text)
    source = (folder / "pe.csl").read_text().splitlines()[line - 1]
    assert (name, at_line, column) == ("pe.csl", line, source.index("nowhere") + 1)
    assert "nowhere" in message
    lines = text.splitlines()
    shown = next(i for i, shown_line in enumerate(lines) if source.strip() in shown_line)
    assert lines[shown + 1].index("^") == lines[shown].index("nowhere")


def test_two_errors_are_found_in_one_run(folder):
    first = replace(folder, "pe.csl", "var sum: f32 = 0.0;", "var sum: f32 = nowhere;")
    second = replace(folder, "pe.csl", "at[i] = @as(f32, i) / 4.0 - 1.0;", "at[i] = elsewhere;")
    assert sorted(e[1] for e in errors(fails(folder, PROGRAM_AT_FAULT))) == sorted([first, second])


def test_a_syntax_error(folder):
    line = replace(folder, "pe.csl", "return sum;", "return sum")
    assert [e[:2] for e in errors(fails(folder, PROGRAM_AT_FAULT))] in (
        [("pe.csl", line)], [("pe.csl", line + 1)])


def test_a_wrong_type_names_both_types(folder):
    line = replace(folder, "pe.csl", "values[i] = horner(at[i]);", "values[i] = degree;")
    [(name, at_line, _, message)] = errors(fails(folder, PROGRAM_AT_FAULT))
    assert (name, at_line) == ("pe.csl", line) and "i16" in message and "f32" in message


def test_a_missing_pe_program_is_named_at_its_use(folder):
    (folder / "pe.csl").unlink()
    [(name, line, _, message)] = errors(fails(folder, PROGRAM_AT_FAULT))
    assert (name, line) == ("layout.csl", 7) and "pe.csl" in message


def test_a_missing_module_is_named_at_its_use(folder):
    line = replace(folder, "pe.csl", "<memcpy/memcpy>", "<memcpy/memcopy>")
    [(name, at_line, _, message)] = errors(fails(folder, PROGRAM_AT_FAULT))
    assert (name, at_line) == ("pe.csl", line) and "memcpy/memcopy" in message


def test_an_export_of_another_type_than_declared(folder):
    replace(folder, "layout.csl", '"values", [*]f32', '"values", [*]u32')
    [(_, _, _, message)] = errors(fails(folder, PROGRAM_AT_FAULT))
    assert "values" in message and "u32" in message and "f32" in message


def test_an_export_that_the_layout_does_not_know(folder):
    replace(folder, "pe.csl", '@export_symbol(values_ptr, "values");',
            '@export_symbol(values_ptr, "valuse");')
    assert any("valuse" in message for *_, message in errors(fails(folder, PROGRAM_AT_FAULT)))


def test_a_false_assertion_at_compile_time(folder):
    line = replace(folder, "pe.csl", "comptime {", "comptime {\n  @comptime_assert(degree > 9);")
    [(name, at_line, _, message)] = errors(fails(folder, PROGRAM_AT_FAULT))
    assert (name, at_line) == ("pe.csl", line + 1) and "assert" in message


def test_a_parameter_without_value_is_named(folder):
    replace(folder, "pe.csl", "const degree: i16 = 4;", "param degree: i16;")
    assert any("degree" in message for *_, message in errors(fails(folder, PROGRAM_AT_FAULT)))


def test_more_data_than_a_pe_has_memory(folder):
    replace(folder, "pe.csl", "const points: i16 = 9;", "const points: i16 = 9000;")
    text = fails(folder, PROGRAM_AT_FAULT)
    assert "48" in text and re.search(r"7\d{4}|36000", text), "says the limit and what was used"


def test_a_fabric_too_small_for_the_program(folder):
    text = fails(folder, PROGRAM_AT_FAULT, "--fabric-dims=7,3", "--fabric-offsets=4,1", "--memcpy",
                 "--channels=1", "-o", "out")
    assert "fabric-dims" in text and "8" in text


@pytest.mark.parametrize("option, expected", [
    ("--no-such-flag", "no-such-flag"),
    ("--fabric-dims=8", "fabric-dims"),
    ("--fabric-offsets=4;1", "fabric-offsets"),
    ("--channels=0", "channels"),
    ("--channels=17", "channels"),
    ("--params=degree", "degree"),
    ("--fp16-format=f8", "f8"),
])
def test_a_wrong_option_is_named(folder, option, expected):
    assert expected in fails(folder, BAD_USAGE, *OPTIONS, option)


def test_a_wrong_architecture_names_what_is_allowed(folder):
    done = TOOLS.cslc(folder, "layout.csl", "--arch=wse9", *OPTIONS)
    assert done.returncode == BAD_USAGE
    assert all(word in done.stderr for word in ("wse9", "wse2", "wse3"))


def test_a_missing_root_file_is_bad_usage(folder):
    done = TOOLS.cslc(folder, "nowhere.csl", *OPTIONS)
    assert done.returncode == BAD_USAGE and "nowhere.csl" in done.stderr


def test_no_file_at_all_is_bad_usage(folder):
    assert TOOLS.cslc(folder).returncode == BAD_USAGE


def test_an_unknown_parameter_only_warns(folder):
    done = toolchain.succeed(TOOLS.cslc(folder, "layout.csl", *OPTIONS, "--params=height:3"))
    assert "warning" in done.stderr and "height" in done.stderr


def test_warnings_as_errors(folder):
    text = fails(folder, PROGRAM_AT_FAULT, *OPTIONS, "--params=height:3", "--warnings-as-errors")
    assert "height" in text


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
