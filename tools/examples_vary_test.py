# SPDX-License-Identifier: Apache-2.0
"""The table of tools/examples_vary.py, how it changes commands files, and what it says of runs."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tools import examples_vary

SCRIPT = "cslc ./l.csl --fabric-dims=9,3 \\\n--params=M:4,N:6 --params=M_ID:1 -o out\n" \
         "cs_python run.py -n 4 --name out --run-only\n"


class TableTest(unittest.TestCase):
    """read_table and the table that stands beside the script."""

    def test_both_is_a_row_for_each_architecture(self):
        rows = examples_vary.read_table("# head\n\na/b | both | M:5 -n=5 | stops: too | wide\n")
        self.assertEqual([(r.example, r.arch, r.changes, r.stops) for r in rows],
                         [("a/b", arch, ["M:5", "-n=5"], "too | wide")
                          for arch in ("wse2", "wse3")])

    def test_malformed_rows_are_named(self):
        for text, said in (("a | wse2 | M:5", "3 cells"), ("a | wse4 | M:5 | passes", "'wse4'"),
                           ("a | wse2 | M:5 | passed", "'passed'"),
                           ("a | wse2 | M:5 | stops:", "'stops:'")):
            with self.assertRaisesRegex(ValueError, f"line 2: .*{said}"):
                examples_vary.read_table("# head\n" + text)

    def test_every_example_of_the_table_has_three_rows(self):
        rows = examples_vary.read_table(examples_vary.TABLE.read_text(encoding="utf-8"))
        counts = {}
        for row in rows:
            counts[row.example, row.arch] = counts.get((row.example, row.arch), 0) + 1
        # This example holds a literal of five elements, so that there is one size that fits.
        few = {example for (example, _), count in counts.items() if count < 3}
        self.assertEqual(few, {"tutorials/topic-10-map-builtin"})
        self.assertEqual(len(set(map(str, rows))), len(rows))


class ChangedTest(unittest.TestCase):
    """changed: each form of a change, and one that changes nothing."""

    def test_forms(self):
        for change, old, new in (
                ("M:17", "M:4,", "M:17,"), ("N:7", "N:6", "N:7"), ("M_ID:2", "M_ID:1", "M_ID:2"),
                ("-n=7", "-n 4", "-n 7"), ("--fabric-dims=11,4", "=9,3", "=11,4"),
                ("+--arch=wse3", "run.py", "run.py --arch=wse3"),
                ("!--run-only", "--run-only", "")):
            self.assertEqual(examples_vary.changed(SCRIPT, [change]), SCRIPT.replace(old, new))

    def test_what_changes_nothing_is_named(self):
        for change in ("K:1", "ID:3", "--dims=1", "!--only"):
            with self.assertRaisesRegex(ValueError, f"'{change}' changes nothing"):
                examples_vary.changed(SCRIPT, [change])


class SuiteTest(unittest.TestCase):
    """The whole script on a suite of one example, whose host script does as it is told."""

    def run_table(self, host, row):
        """(exit code, output) of a table of one row."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            example = folder / "suite/a"
            example.mkdir(parents=True)
            (example / "commands_wse2.sh").write_text("set -e\ncs_python run.py -n=4\n",
                                                      encoding="utf-8")
            (example / "run.py").write_text(host, encoding="utf-8")
            (folder / "bin").mkdir()
            python = folder / "bin/cs_python"
            python.write_text(f'#!/bin/bash\nexec {sys.executable} "$@"\n', encoding="utf-8")
            python.chmod(0o755)
            (folder / "table").write_text(row, encoding="utf-8")
            done = subprocess.run(
                [sys.executable, examples_vary.__file__, str(folder / "suite"),
                 f"--toolchain={folder / 'bin'}", f"--table={folder / 'table'}", "--seconds=5"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            return done.returncode, done.stdout

    def test_a_run_comes_out_as_its_row_says_or_fails(self):
        good = "import sys\nassert sys.argv[1] == '-n=7'\nprint('SUCCESS!')\n"
        silent = "if False:\n    print('SUCCESS!')\n"
        asserts = "assert False, 'n is too large'\n"
        hangs = "import time\ntime.sleep(60)\n"
        for host, outcome, code, said in (
                (good, "passes", 0, "passed "), (asserts, "stops: n is too large", 0, "stopped "),
                (silent, "passes", 1, "SUCCESS printed 0 times, wanted 1"),
                (asserts, "passes", 1, "exit code 1: AssertionError: n is too large"),
                (asserts, "stops: n is too small", 1, "stopped with another error: Assertion"),
                (good, "stops: n is", 1, "passed, the table says that it stops"),
                (hangs, "passes", 1, "still running"), (hangs, "stops: n", 1, "still running")):
            with self.subTest(said=said, outcome=outcome):
                got, output = self.run_table(host, f"a | wse2 | -n=7 | {outcome}\n")
                self.assertEqual(got, code, output)
                self.assertIn(said, output)

    def test_a_table_without_rows_fails(self):
        self.assertEqual(self.run_table("", "# nothing\n")[0], 1)


if __name__ == "__main__":
    unittest.main()
