# SPDX-License-Identifier: Apache-2.0
"""Every program has the version of the file VERSION, and reports it."""
import json
import sys

import pytest

from tests.e2e.appliance import PrivateAppliance
from tests.harness import toolchain

VERSION = (toolchain.runfiles_root() / "VERSION").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("program", ["cs-appliance", "cs-system", "cs-worker", "cs_readelf",
                                     "csctl", "cslc"])
def test_a_program_prints_its_name_and_version(program):
    done = toolchain.succeed(toolchain.installed().run([program, "--version"], "/"))
    assert done.stdout == f"{program} {VERSION}\n"


def test_the_manifest_and_the_client_have_it():
    tools = toolchain.installed()
    manifest = json.loads((tools.prefix / "share/manifest.json").read_text(encoding="utf-8"))
    assert manifest["version"] == VERSION
    done = toolchain.succeed(tools.cs_python(
        "/", "-c", "from cerebras.sdk.client._version import __version__; print(__version__)"))
    assert done.stdout == f"{VERSION}\n"


def test_a_service_and_its_worker_report_it():
    user = PrivateAppliance()
    try:
        script = "from cerebras.sdk.client import SdkCompiler\nwith SdkCompiler(): pass"
        toolchain.succeed(user.script(script))
        done = toolchain.succeed(user.csctl("version"))
        assert f"client {VERSION}\nserver {VERSION} (API v1)" in done.stdout
        done = toolchain.succeed(user.csctl("get", "workers", "-o", "json"))
        assert [worker["version"] for worker in json.loads(done.stdout)["workers"]] == [VERSION]
    finally:
        user.close()


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
