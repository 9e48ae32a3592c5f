# SPDX-License-Identifier: Apache-2.0
"""compare_engines.py on a suite of one program and a cs_python that stands for the simulator."""
import pathlib
import subprocess
import sys

import pytest

from tools import compare_engines

CS_PYTHON = """\
#!/bin/sh
echo ran $1
echo "Walltime: $$"
echo "Run done in 0.00$$1234s, compiled in 3.1$$12345e-06s"
echo '{"cycle_count": 12, "sim_time": '$$'}' > sim_stats.json
if [ "$1" = odd ]; then echo "$CS_SIMFAB_ENGINE" > sim.log; fi
if [ "$1" = slow ] && [ "$CS_SIMFAB_ENGINE" = reference ]; then exec sleep 60; fi
if [ "$1" = wrong ]; then exit 3; fi
"""


@pytest.fixture(name="run")
def run_fixture(tmp_path):
    tools = tmp_path / "bin"
    program = tmp_path / "suite/a/program"
    tools.mkdir()
    program.mkdir(parents=True)
    (tools / "cs_python").write_text(CS_PYTHON, encoding="utf-8")
    (tools / "cs_python").chmod(0o755)

    def run(script, *options):
        (program / "commands_wse2.sh").write_text(script, encoding="utf-8")
        return subprocess.run(
            [sys.executable, pathlib.Path(compare_engines.__file__), tmp_path / "suite",
             f"--toolchain={tools}", "--arch=wse2", *options],
            capture_output=True, text=True, check=False)
    return run


@pytest.mark.parametrize("script, line, code", [
    ("cs_python even\ncs_python even\n", "a/program: same (2 runs)", 0),
    ("cs_python even\ncs_python odd\n", "differ: log: 'sharded' and 'reference'", 1),
    ("cs_python wrong\n", "a/program: same (1 runs)", 0),
    ("exit 4\n", "a/program: no run: exit code 4", 0),
])
def test_verdicts(run, script, line, code):
    done = run(script)
    assert line in done.stdout and done.returncode == code, done.stdout + done.stderr


def test_reference_that_takes_too_long_is_not_a_run(run):
    assert "no run: more than 1 seconds" in run("cs_python slow\n", "--seconds=1").stdout


def test_statistics_differ_by_name():
    left = [("statistics", {"a": 1, "b": 2})]
    right = [("statistics", {"a": 1, "b": 3})]
    assert compare_engines.first_difference(left, right) == "statistics: b 2 and 3"
    assert compare_engines.first_difference(left, left) == ""


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
