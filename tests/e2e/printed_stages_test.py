# SPDX-License-Identifier: Apache-2.0
"""Every stage's value can be printed, by the compiler or from the finished artifact."""
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
OPTIONS = ["layout.csl", "--arch=wse3", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy",
           "--channels=1"]
# A word of the program that each stage still knows, or makes.
STAGES = {
    "tokens": "layout",
    "ast": "layout",
    "untyped": "@set_rectangle",
    "layout": "pe.csl",
    "ir": "evaluate",
    "asm": "mul.f32",
}


@pytest.fixture(name="folder", scope="module")
def folder_fixture():
    return toolchain.copy_program("tests/conformance/polynomial")


def printed(folder, stage):
    return toolchain.succeed(TOOLS.cslc(folder, *OPTIONS, f"--dump={stage}")).stdout


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_printed_instead_of_compiling_on(folder, stage):
    text = printed(folder, stage)
    assert STAGES[stage] in text, text[:2000]
    assert printed(folder, stage) == text
    assert str(folder) not in text
    assert not (folder / "out").exists()


def test_an_unknown_stage_names_those_that_are(folder):
    done = TOOLS.cslc(folder, *OPTIONS, "--dump=soup")
    assert done.returncode == 2
    assert "soup" in done.stderr and all(stage in done.stderr for stage in STAGES)


def test_an_image_is_shown_with_its_code_and_symbols():
    folder = toolchain.copy_program("tests/conformance/polynomial")
    TOOLS.compile(folder, *OPTIONS)
    image = sorted((folder / "out/bin").glob("out_[0-9]*.elf"))[0]
    text = toolchain.succeed(TOOLS.run(["cs_readelf", image], folder)).stdout
    assert all(word in text for word in ("wse3", "evaluate", "coefficients", "mul.f32")), text


def test_a_file_that_is_not_an_image_is_refused_by_name(folder):
    done = TOOLS.run(["cs_readelf", "pe.csl"], folder)
    assert done.returncode != 0 and "pe.csl" in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
