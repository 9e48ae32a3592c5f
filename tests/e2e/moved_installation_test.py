# SPDX-License-Identifier: Apache-2.0
"""The installed tree runs from wherever it is copied to, and through links."""
import pathlib
import shutil
import sys

import pytest

from tests.harness import toolchain

OPTIONS = ["layout.csl", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy", "--channels=1"]


def copy_of_the_tree(name):
    target = toolchain.scratch_folder("moved") / name
    shutil.copytree(toolchain.installed().prefix, target)
    return toolchain.Toolchain(target)


@pytest.mark.parametrize("name", ["second", "with space"])
def test_a_copy_compiles_and_runs_without_the_original(name):
    tools = copy_of_the_tree(name)
    folder = toolchain.copy_program("tests/conformance/polynomial")
    tools.compile(folder, *OPTIONS)
    done = toolchain.succeed(tools.cs_python(folder, "run.py", "--name", "out"))
    assert "SUCCESS" in done.stdout
    with tools.system(folder) as address:
        command = ["run.py", "--name", "out", "--cmaddr", address]
        assert "SUCCESS" in toolchain.succeed(tools.cs_python(folder, *command)).stdout


def test_programs_find_the_rest_through_a_link(tmp_path):
    tools = copy_of_the_tree("behind")
    for name in ("cslc", "cs_python"):
        (tmp_path / name).symlink_to(tools.prefix / "bin" / name)
    folder = toolchain.copy_program("tests/conformance/polynomial")
    toolchain.succeed(tools.run([tmp_path / "cslc", *OPTIONS], folder))
    command = [tmp_path / "cs_python", "run.py", "--name", "out"]
    assert "SUCCESS" in toolchain.succeed(tools.run(command, folder)).stdout


def test_modules_come_from_the_copy_that_runs():
    tools = copy_of_the_tree("own")
    code = "import cerebras.sdk.sdk_utils as m; print(m.__file__)"
    done = toolchain.succeed(tools.cs_python(tools.prefix, "-c", code))
    assert pathlib.Path(done.stdout.strip()).is_relative_to(tools.prefix)


def test_cs_python_passes_arguments_input_and_exit_code_on():
    tools = toolchain.installed()
    code = "import sys; print(sys.argv[1:]); sys.exit(7)"
    done = tools.cs_python(toolchain.scratch_folder("cwd"), "-c", code, "a b", "", "--c=$d")
    assert (done.stdout, done.returncode) == ("['a b', '', '--c=$d']\n", 7)


def test_libraries_that_host_scripts_import():
    code = "import numpy, scipy, pandas, matplotlib, PIL"
    folder = toolchain.scratch_folder("cwd")
    toolchain.succeed(toolchain.installed().cs_python(folder, "-c", code))


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
