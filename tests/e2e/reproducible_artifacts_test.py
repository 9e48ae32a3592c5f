# SPDX-License-Identifier: Apache-2.0
"""An artifact is the same bytes whenever, wherever and with how many threads it was compiled."""
import json
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
OPTIONS = ["layout.csl", "--params=width:5,height:3", "--fabric-dims=12,5", "--fabric-offsets=4,1",
           "--memcpy", "--channels=1"]


def files_of(out):
    """{path: bytes} of an artifact."""
    return {p.relative_to(out).as_posix(): p.read_bytes()
            for p in sorted(out.rglob("*")) if p.is_file()}


def artifact_of(*options):
    """The folder of a new compilation, and the artifact's files."""
    folder = toolchain.copy_program("tests/conformance/rectangle_of_tiles")
    TOOLS.compile(folder, *OPTIONS, *options)
    return folder, files_of(folder / "out")


def test_the_same_bytes_in_another_folder_and_for_any_parallelism():
    _, first = artifact_of()
    for options in ([], ["--max-parallelism=1"], ["--max-parallelism=4"], ["-o", "out"]):
        assert artifact_of(*options)[1] == first


@pytest.mark.parametrize("spelled", [
    ["layout.csl", "--params", "width:5,height:3", "--fabric-dims", "12,5", "--fabric-offsets",
     "4,1", "--memcpy", "--channels", "1", "-o=out"],
    ["--params=width:5", "--params", "height:3", "--fabric-dims=12,5", "--fabric-offsets=4,1",
     "--memcpy", "--channels=1", "-oout", "--arch", "wse2", "layout.csl"],
    ["-o", "out", "--width-west-buf", "0", "--width-east-buf=0", *OPTIONS[1:], "./layout.csl"],
])
def test_options_may_be_spelled_and_ordered_freely(spelled):
    folder = toolchain.copy_program("tests/conformance/rectangle_of_tiles")
    TOOLS.compile(folder, *spelled)
    assert files_of(folder / "out") == artifact_of()[1]


def test_no_path_of_the_compilation_is_in_it():
    folder, files = artifact_of()
    assert not [name for name, data in files.items() if str(folder).encode() in data]


def test_another_architecture_is_another_artifact():
    assert artifact_of("--arch=wse3")[1] != artifact_of("--arch=wse2")[1]


def test_the_files_that_users_look_for():
    folder, files = artifact_of()
    assert {"out.json", "bin/out_rpc.json"} <= set(files)
    assert all((folder / "out" / name).is_dir() for name in ("bin", "east", "west", "generated"))
    images = [name for name in files if name.startswith("bin/out_") and name.endswith(".elf")]
    assert images, "at least one program image matches bin/out_[0-9]*.elf"
    manifest = json.loads(files["out.json"])
    assert manifest["params"] == {"width": "5", "height": "3"} and manifest["colors"] == {}
    symbols = {s["name"]: s for s in json.loads(files["bin/out_rpc.json"])["rpc_symbols"]}
    assert symbols["block"]["kind"] == "Var" and symbols["work"]["kind"] == "Func"
    assert symbols["block"]["immutable"] is False and symbols["work"]["inputs"] == []
    assert len({s["id"] for s in symbols.values()}) == len(symbols)


def test_readelf_shows_sections_and_symbols():
    folder, files = artifact_of()
    image = next(n for n in files if n.startswith("bin/out_") and n.endswith(".elf"))
    done = toolchain.succeed(TOOLS.run(["readelf", "-S", "-s", "-W", f"out/{image}"], folder))
    assert "block" in done.stdout and ".text" in done.stdout, done.stdout


def test_a_second_compilation_replaces_the_first():
    folder, first = artifact_of("--arch=wse2")
    TOOLS.compile(folder, *OPTIONS, "--arch=wse3")
    assert files_of(folder / "out") != first
    TOOLS.compile(folder, *OPTIONS, "--arch=wse2")
    assert files_of(folder / "out") == first


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
