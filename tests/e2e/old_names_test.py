# SPDX-License-Identifier: Apache-2.0
"""Names that scripts of SDK 1.0 import or call, and cslc as a job of an appliance."""
import pathlib
import re
import sys

import pytest

from tests.e2e import appliance
from tests.harness import toolchain

TOOLS = toolchain.installed()


def test_imports_of_sdk_1_0_resolve_to_todays():
    done = toolchain.succeed(TOOLS.run(["cs_python", "-c", (
        "import cerebras.sdk.client as new, cerebras_appliance.sdk as old\n"
        "from cerebras_appliance import logger\n"
        "from cerebras_appliance.sdk import SdkCompiler, SdkRuntime\n"
        "from cerebras_appliance.pb.sdk.sdk_common_pb2 import MemcpyDataType, MemcpyOrder\n"
        "from cerebras.appliance.pb.sdk import sdk_common_pb2 as common\n"
        "logger.info('said')\n"
        "print(SdkCompiler is new.SdkCompiler, SdkRuntime is new.SdkRuntime,\n"
        "      old.SdkLauncher is new.SdkLauncher,\n"
        "      MemcpyDataType.MEMCPY_32BIT == common.MemcpyDataType.MEMCPY_32BIT,\n"
        "      MemcpyOrder.ROW_MAJOR == common.MemcpyOrder.ROW_MAJOR)")], "/"))
    assert done.stdout.split() == ["True"] * 5


def test_the_smoke_test_passes_on_both_architectures(tmp_path):
    done = toolchain.succeed(TOOLS.run(["sdk_debug_shell", "smoke"], tmp_path))
    assert done.stdout.splitlines() == ["smoke test passed for wse2", "smoke test passed for wse3"]


def test_sdk_debug_shell_compiles_and_shows(tmp_path):
    program = "layout { @set_rectangle(2, 1); @set_tile_code(0, 0); @set_tile_code(1, 0); }\n"
    (tmp_path / "layout.csl").write_text(program, encoding="utf-8")
    toolchain.succeed(TOOLS.run(
        ["sdk_debug_shell", "compile", "layout.csl", "--fabric-dims=9,3", "-o=out"], tmp_path))
    shown = toolchain.succeed(TOOLS.run(["sdk_debug_shell", "visualize", "out"], tmp_path))
    assert "cs_readelf" in shown.stderr and "rectangle=2x1" in shown.stdout


@pytest.mark.parametrize("words, said", [
    (["visualize", "nowhere"], "there is no 'nowhere'"),
    (["smoke", "--loud"], "unrecognized arguments: --loud"),
    (["smoke", "--arch=wse9"], "invalid choice: 'wse9'"),
    (["compile", "nowhere.csl", "--fabric-dims=8,3"], "nowhere.csl"),
])
def test_sdk_debug_shell_says_what_is_wrong(tmp_path, words, said):
    done = TOOLS.run(["sdk_debug_shell", *words], tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("words", [[], ["dance"]])
def test_another_command_is_wrong_usage(tmp_path, words):
    done = TOOLS.run(["sdk_debug_shell", *words], tmp_path)
    assert done.returncode == 2
    assert "usage: sdk_debug_shell compile" in done.stderr


def test_cslc_on_an_appliance_knows_which_options_take_a_value(tmp_path):
    shown = toolchain.succeed(TOOLS.run(["cslc", "--help"], tmp_path)).stdout
    takes = set(re.findall(r"^ +(--?[a-z0-9-]+) [A-Z]+\b", shown, re.M))
    known = toolchain.succeed(TOOLS.run(
        ["cs_python", "-c", "from cerebras.sdk.client import _cslc; print(*_cslc.WITH_VALUE)"],
        tmp_path)).stdout.split()
    # Three have their value in the same word; --explain compiles nothing, here or on an appliance.
    assert takes - {"-g", "--fix", "--output-json", "--explain"} == set(known)


@pytest.mark.parametrize("words, said", [
    (["--fix"], "it rewrites the sources of this machine"),
    (["--dump=ast"], "it prints what the compiler of this machine does"),
    (["--import-path=../lib"], "--import-path '../lib' is not in the working folder"),
    (["--output-json=/elsewhere"], "--output-json '/elsewhere' is not in the working folder"),
    (["-o", "."], "-o '.': expected the name of a folder"),
])
def test_cslc_on_an_appliance_refuses_what_is_about_this_machine(tmp_path, words, said):
    done = TOOLS.run(["cslc", "--appliance", "a.csl", *words], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def test_cslc_on_an_appliance_is_cslc(tmp_path):
    with appliance.open_here() as user:
        folder = appliance.matvec(tmp_path / "app")
        options = appliance.MATVEC_OPTIONS.split()

        def cslc(*words):
            return user.tools.run(["cslc", *words], folder, **user.variables())

        toolchain.succeed(cslc("layout.csl", *options[:-1], "here"))
        there = toolchain.succeed(cslc("--appliance", "layout.csl", *options[:-1], "there"))
        assert there.stderr == ""
        toolchain.succeed(cslc("--appliance", "layout.csl", "--output-json",
                               *options[:-1], "there"))
        written = (folder / "there" / "out.json").read_bytes()
        assert (folder / "there.json").read_bytes() == written
        assert files_of(folder / "here") == files_of(folder / "there")

        (folder / "broken.csl").write_text("layout { @set_rectangle(1, 1) }\n", encoding="utf-8")
        broken = ["broken.csl", "--fabric-dims=8,3"]
        local, remote = cslc(*broken), cslc("--appliance", *broken)
        assert (local.returncode, remote.returncode) == (1, 1)
        assert local.stderr == remote.stderr

        wrong = ["layout.csl", "--fabric-dims=wide"]
        local, remote = cslc(*wrong), cslc("--appliance", *wrong)
        assert (local.returncode, remote.returncode) == (2, 2)
        assert local.stderr == remote.stderr

        (folder / "there" / "mine").write_text("kept", encoding="utf-8")
        toolchain.succeed(cslc("--appliance", "layout.csl", *options[:-1], "there"))
        assert (folder / "there" / "mine").read_text(encoding="utf-8") == "kept"

        assert cslc("--appliance").returncode == 2
        assert cslc("--appliance", "nowhere.csl", "--fabric-dims=8,3").returncode == 2


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
