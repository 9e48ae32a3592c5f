# SPDX-License-Identifier: Apache-2.0
"""Each check finds what it is there for, and stays silent on what is allowed."""
import os
import pathlib
import sys
import tempfile

import pytest

from tools.checks import layering, pages, shape, tree


def file_of(path, text):
    root = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return tree.SourceFile(root, path)


def texts(findings):
    return [f.text for f in findings]


def test_a_line_of_101_columns_is_found_and_one_of_100_is_not():
    file = file_of("a.cc", "x" * 100 + "\n" + "y" * 101 + "\n")
    assert [f.line for f in shape.columns(file)] == [2]


def test_tables_and_links_of_pages_may_be_wide():
    assert not list(shape.columns(file_of("a.md", "| " + "x" * 120 + "\n")))


def test_a_golden_file_may_be_long_and_wide():
    file = file_of("a/testdata/out.csl", "x" * 200 + "\n" * 600)
    assert not list(shape.columns(file)) and not list(shape.length(file))


def test_501_lines_are_too_many():
    assert not list(shape.length(file_of("a.py", "\n" * 500)))
    assert list(shape.length(file_of("a.py", "\n" * 501)))


@pytest.mark.parametrize("name", ["string_util.h", "helpers.py", "wafer_manager.cc", "misc.csl"])
def test_names_that_say_nothing(name):
    assert list(shape.name(file_of(name, "")))


def test_names_that_users_import_are_kept():
    assert not list(shape.name(file_of("cerebras/sdk/sdk_utils.py", "")))


def test_a_source_without_licence_line():
    assert "SPDX" in texts(shape.header(file_of("a.py", "import os\n")))[0]


def test_a_header_says_what_it_is_for_and_guards_itself():
    good = ("// SPDX-License-Identifier: Apache-2.0\n// Wavelets.\n"
            "#ifndef FABRIC_W_H_\n#define FABRIC_W_H_\n#endif\n")
    assert not list(shape.header(file_of("fabric/w.h", good)))
    silent = good.replace("// Wavelets.\n", "")
    assert "no comment" in texts(shape.header(file_of("fabric/w.h", silent)))[0]
    assert "include guard" in texts(shape.header(file_of("fabric/v.h", good)))[0]


def test_a_path_of_one_machine():
    assert list(shape.machine_paths(file_of("a.md", "see /" + "home/jo/notes\n")))
    assert not list(shape.machine_paths(file_of("a.md", "see /proc/1/" + "root/etc\n")))


def function_of(lines, opening="int F(int a) {"):
    return opening + "\n" + "  a += '{' + 1;\n" * (lines - 2) + "}\n"


def test_a_function_of_71_lines_inside_namespace_and_class():
    body = "namespace a {\nclass B {\n public:\n%s};\n}  // namespace a\n"
    assert [f.line for f in shape.functions(file_of("a.cc", body % function_of(71)))] == [4]
    assert not list(shape.functions(file_of("a.cc", body % function_of(70))))


def test_a_table_of_100_rows_is_no_function():
    table = "constexpr Row kRows[] = {\n" + "    {F(1), \"}\"},\n" * 100 + "};\n"
    assert not list(shape.functions(file_of("a.cc", table)))


def test_a_python_function_of_71_lines():
    assert list(shape.functions(file_of("a.py", "def f():\n" + "  x = 1\n" * 70)))
    assert not list(shape.functions(file_of("a.py", "def f():\n" + "  x = 1\n" * 69)))


def test_dead_links_and_dead_headings():
    page = file_of("docs/a.md", "[b](b.md) [c](b.md#two-words) [d](b.md#three) [e](../x)\n")
    (page.root / "docs/b.md").write_text("# One\n## Two words\n")
    found = texts(pages.dead_links([page, tree.SourceFile(page.root, "docs/b.md")]))
    assert found == ["link to 'b.md#three': no such heading", "link to '../x': no such file"]


def test_a_folder_that_builds_needs_a_short_readme():
    build = file_of("fabric/isa/BUILD", "")
    assert list(pages.readmes([build]))
    (build.root / "fabric/isa/README.md").write_text("x\n" * 61)
    readme = tree.SourceFile(build.root, "fabric/isa/README.md")
    assert texts(pages.readmes([build, readme])) == ["61 lines, at most 60"]


TABLE = """base:
fabric/isa: base
fabric: base fabric
runtime: fabric/sim fabric/pe:state fabric/pe/state.h"""


def edges(path, text, *others):
    files = [file_of(path, text)] + [file_of(other, "") for other in others]
    return texts(layering.violations(files, layering.Arrows(layering.read_table(TABLE))))


def test_a_forbidden_dep_is_found_and_the_door_is_open():
    build = 'cc_library(name = "a", deps = ["//fabric/pe", "//fabric/sim:simulator", "@sys//:fmt"])'
    assert edges("runtime/memcpy/BUILD", build) == [
        "runtime/memcpy must not use fabric/pe (row 'runtime' of arrows.txt)"]


def test_of_the_root_only_the_version_is_for_all():
    assert not edges("fabric/isa/BUILD", 'genrule(name = "a", srcs = ["//:VERSION"])')
    assert edges("fabric/isa/BUILD", 'genrule(name = "a", srcs = ["//:installed_tree"])') == [
        "fabric/isa must not use :installed_tree (row 'fabric/isa' of arrows.txt)"]


def test_the_longest_row_decides():
    assert edges("fabric/isa/BUILD", 'cc_library(name = "a", deps = ["//fabric/pe"])')
    assert not edges("fabric/router/BUILD", 'cc_library(name = "a", deps = ["//fabric/pe"])')


def test_one_value_of_a_folder_may_be_allowed_alone():
    assert not edges("runtime/core/BUILD", 'cc_library(name = "a", deps = ["//fabric/pe:state"])')
    assert edges("runtime/core/BUILD", 'cc_library(name = "a", deps = ["//fabric/pe"])')
    headers = ["fabric/pe/state.h", "fabric/pe/pe.h"]
    assert not edges("runtime/core/a.cc", '#include "fabric/pe/state.h"\n', *headers)
    assert edges("runtime/core/a.cc", '#include "fabric/pe/pe.h"\n', *headers)


def test_a_forbidden_include_is_found():
    assert edges("fabric/isa/a.cc", '#include "fabric/pe/pe.h"\n', "fabric/pe/pe.h")
    assert not edges("fabric/isa/a.cc", '#include "fabric/isa/b.h"\n', "fabric/isa/b.h")


def test_tests_may_use_testing_folders():
    dep = '(name = "a", deps = ["//fabric/testing"])'
    assert edges("fabric/isa/BUILD", "cc_library" + dep)
    assert not edges("fabric/isa/BUILD", "cc_test" + dep)
    assert not edges("fabric/isa/BUILD", "py_test(name = 'a', data = ['//docs:isa.md'])")


def test_a_room_without_a_row():
    assert edges("kitchen/BUILD", "") == ["no row for this folder in tools/checks/arrows.txt"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
