# SPDX-License-Identifier: Apache-2.0
"""docs/rest.md says what the service does: every route, and an example that runs."""
import json
import re
import subprocess
import sys

import pytest

from tests.harness import toolchain
from tests.harness.appliance import Appliance

ROOT = toolchain.runfiles_root()
PAGE = (ROOT / "docs/rest.md").read_text(encoding="utf-8")


def routes():
    """(method, path, roles) of each row of the table in the code."""
    text = (ROOT / "appliance/http/routes.def").read_text(encoding="utf-8")
    rows = re.findall(r'^ROUTE\(\w+, (\w+), "([^"]+)",\s*(\w+)', text, re.M)
    return [(method.upper(), path, roles) for method, path, roles in rows]


def test_every_route_is_described_for_those_who_may_use_it():
    names = {"kEveryRole": "all", "kClients": "admin, user", "kAdmins": "admin",
             "kWorkers": "worker", "kWatchers": "admin, monitor", "kAnyone": "anyone"}
    wanted = {(f"{method} {path}", names[roles]) for method, path, roles in routes()}
    found = set(re.findall(r"^\| `((?:GET|PUT|POST|DELETE) [^`]+)` \| ([a-z, ]+) \| \S", PAGE,
                           re.M))
    assert found == wanted


def test_the_openapi_document_has_every_route():
    tools = toolchain.installed()
    done = toolchain.succeed(tools.run(["cs-appliance", "openapi"], "/"))
    paths = json.loads(done.stdout)["paths"]
    found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert found == {(method, path.replace("*", "")) for method, path, _ in routes()}


def test_the_example_runs_as_written():
    example = re.search(r"^```sh\n(.*?)^```", PAGE, re.M | re.S).group(1)
    with Appliance() as it:
        it.start_worker()
        folder = toolchain.scratch_folder("example")
        program = toolchain.copy_program("tests/conformance/polynomial")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", example], cwd=folder, text=True,
                              env={"PATH": "/usr/bin:/bin", "STATE": str(it.state),
                                   "PROGRAM": str(program)},
                              capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS" in done.stdout, done.stdout + done.stderr
        assert json.loads((folder / "out.json").read_text(encoding="utf-8"))
        jobs = it.get("/v1/jobs?all=1")["jobs"]
        assert sorted(job["kind"] for job in jobs) == ["compile", "launch"]
        for job in jobs:
            assert it.await_end(job["id"])["state"] == "SUCCEEDED"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
