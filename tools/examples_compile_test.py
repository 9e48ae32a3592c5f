# SPDX-License-Identifier: Apache-2.0
"""The compilations that tools/examples_compile.py finds in a suite, and what it says of them."""
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

from tools import examples_compile


class CslcLinesTest(unittest.TestCase):
    """cslc_lines: the commands of a shell script."""

    def test_continued_lines_are_one_command(self):
        text = "set -e\n\ncslc ./l.csl --params=a:1 \\\n-o out \\\n--memcpy\ncs_python run.py\n"
        self.assertEqual(examples_compile.cslc_lines(text),
                         [(3, ["./l.csl", "--params=a:1", "-o", "out", "--memcpy"])])

    def test_every_command_is_found_and_no_other(self):
        text = "cslc a.csl\necho cslc\n# cslc c.csl\ncslc b.csl -o=x\n"
        self.assertEqual([line for line, _ in examples_compile.cslc_lines(text)], [1, 4])


class OutputTest(unittest.TestCase):
    """with_output: both spellings of -o give way."""

    def test_both_spellings(self):
        for args in (["l.csl", "-o", "out", "--memcpy"], ["l.csl", "-o=out", "--memcpy"]):
            self.assertEqual(examples_compile.with_output(args, "/tmp/x"),
                             ["l.csl", "--memcpy", "-o", "/tmp/x"])


class SuiteTest(unittest.TestCase):
    """The whole script on a small suite with a compiler of its own."""

    def run_on_suite(self, *options):
        """(exit code, output) of the script; its compiler fails on files named bad.csl."""
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            compiler = root / "compiler"
            compiler.write_text("#!/bin/sh\ncase \"$*\" in *bad.csl*)\n"
                                "  echo 'bad.csl:1:2: error: wrong' >&2; exit 1;;\n*good.csl*)\n"
                                "  echo 'good.csl:1:2: warning: PE(0,0), color 4: lost' >&2;; "
                                "esac\n")
            compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
            folder = root / "suite" / "benchmarks" / "row-col-broadcast"
            folder.mkdir(parents=True)
            (folder / "commands_wse2.sh").write_text("cslc good.csl -o out\ncslc bad.csl\n")
            (folder / "compile.py").write_text(
                "import subprocess, sys\n"
                "subprocess.check_call(['cslc', 'good.csl', sys.argv[-1]])\n")
            placed = root / "suite" / "tutorials" / "sdklayout-01-introduction"
            placed.mkdir(parents=True)
            (placed / "gv.csl").write_text("param value: i16;\n", encoding="utf-8")
            done = subprocess.run(
                [sys.executable, examples_compile.__file__, str(root / "suite"),
                 f"--cslc={compiler}", *options], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def test_passed_and_failed_are_counted_and_the_first_error_shown(self):
        code, text = self.run_on_suite()
        self.assertEqual(code, 1)
        # Two commands, the compile script for two architectures, a placed program for two.
        self.assertIn("5 passed, 1 failed", text)
        self.assertIn("benchmarks/row-col-broadcast/commands_wse2.sh:2\n", text)
        self.assertIn("bad.csl:1:2: error: wrong", text)

    def test_warnings_about_routes_fail_where_that_is_asked_for(self):
        code, text = self.run_on_suite("--no-route-warnings", "--only=compile.py")
        self.assertEqual(code, 1)
        self.assertIn("0 passed, 2 failed", text)
        self.assertIn("warning: PE(0,0), color 4: lost", text)
        self.assertIn("2 passed, 0 failed", self.run_on_suite("--only=compile.py")[1])

    def test_a_number_is_given_as_a_color_where_the_program_wants_one(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            (folder / "a.csl").write_text("param size: u16;\nparam rx: color;\nparam tx: u16;\n",
                                          encoding="utf-8")
            text = examples_compile.layout_document(
                folder, [("a.csl", {"size": 4, "rx": 1, "tx": 2})])
        self.assertIn("\n  size = 4\n  rx: color = 1\n  tx = 2\n", text)

    def test_only_selects_by_origin(self):
        code, text = self.run_on_suite("--only=sdklayout-01")
        self.assertEqual(code, 0)
        self.assertIn("2 passed, 0 failed", text)


if __name__ == "__main__":
    unittest.main()
