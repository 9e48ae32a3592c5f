# SPDX-License-Identifier: Apache-2.0
"""A site from its first command to its last: what docs/operators.md says to type, as it stands
there; and what `init`, `invite`, `join`, configuration files and logs do with what is wrong."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

from tests.docs import page
from tests.harness import toolchain
from tests.harness.appliance import descendants, wait_until

PAGE = toolchain.runfiles_root() / "docs/operators.md"


class Site:
    """A home with an installation in the path. Its processes end with it."""

    def __init__(self):
        self.tools = toolchain.installed()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="csite-", dir="/tmp"))
        self.processes = []

    def run(self, *command, **env):
        return self.tools.run(command, self.home, **{"HOME": str(self.home), **env})

    def start(self, *command):
        """Leaves it running; standard error goes to `log`."""
        with open(self.home / "log", "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, cwd=self.home,
                                       env=self.tools.environment(HOME=str(self.home)))
        self.processes.append(process)
        return process

    def log(self):
        return (self.home / "log").read_text(encoding="utf-8")

    def close(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)
        left = {pid: line for pid, line in descendants(os.getpid()).items()
                if str(self.home) in line}
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.home)
        assert not left


@pytest.fixture(name="site")
def one_site():
    site = Site()
    yield site
    site.close()


def test_what_the_page_says_works_as_typed(site):
    blocks = [block.text for block in page.blocks(PAGE.read_text(encoding="utf-8"))
              if block.mark == "run"]
    assert len(blocks) > 8
    # The shell ends at the first command that fails, and ends what it started too.
    script = ("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n"
              + "".join(f"echo '== block {number}'\n{block}" for number, block in
                        enumerate(blocks)))
    done = site.run("bash", "-c", script, SOURCE=str(toolchain.runfiles_root()))
    said = "".join(path.read_text() for path in site.home.glob("*.log"))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{said}"
    assert done.stdout.count("SUCCESS") >= 2


# init, invite, join

def init(site, *options):
    done = site.run("cs-appliance", "init", "--state-dir", site.home / "state", *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cs-worker join ") and done.stdout.count("\n") == 1
    return done.stdout.split()[2]


def test_what_init_makes_is_its_owners_alone(site):
    line = init(site)
    state = site.home / "state"
    assert state.stat().st_mode & 0o777 == 0o700
    for name in ("token", "worker-token"):
        assert (state / name).stat().st_mode & 0o777 == 0o600
    assert line.startswith(f"unix:{state}/api.sock#worker-1#cslt_")
    again = site.run("cs-appliance", "init", "--state-dir", state)
    assert again.returncode != 0 and "invite" in again.stderr


@pytest.mark.parametrize("listen, url", [
    ("127.0.0.1:8080", "http://127.0.0.1:8080"), ("[::1]:8080", "http://[::1]:8080"),
    ("10.0.0.1:8080", "https://10.0.0.1:8080"), ("0.0.0.0:8080", "https://csl.site:8080")])
def test_the_line_has_the_address_that_others_use(site, listen, url):
    line = init(site, "--listen", listen, "--host-name", "csl.site", "--worker", "rack-1")
    assert line.startswith(f"{url}#rack-1#cslt_")
    assert (site.home / "state/tls/ca.key").exists() == url.startswith("https")


@pytest.mark.parametrize("options, why", [
    (["--listen", "8080"], "HOST:PORT with a port from 1 to 65535"),
    (["--listen", "host:0"], "HOST:PORT with a port from 1 to 65535"),
    (["--listen", "host:port"], "HOST:PORT with a port from 1 to 65535"),
    (["--worker", "a b"], "a worker's name is 'a b'")])
def test_init_names_what_is_wrong_and_makes_nothing(site, options, why):
    done = site.run("cs-appliance", "init", "--state-dir", site.home / "state", *options)
    assert done.returncode != 0 and why in done.stderr, done.stderr
    assert not (site.home / "state").exists()


def serve(site):
    site.start("cs-appliance", "serve", "--config", site.home / "state/appliance.json")
    wait_until(lambda: "listening on" in site.log(), "it listens")


def test_a_worker_joins_by_its_line_and_another_by_an_invitation(site):
    line = init(site)
    serve(site)
    done = site.run("cs-appliance", "invite", "--state-dir", site.home / "state", "--worker", "two")
    assert done.returncode == 0, done.stderr
    for name, text in (("one", line), ("two", done.stdout.split()[2])):
        folder = site.home / name
        done = site.run("cs-worker", "join", text, "--config-dir", folder, "--work-dir",
                        folder / "work")
        assert done.returncode == 0 and "cslt_" not in done.stdout + done.stderr, done
        assert (folder / "worker.token").stat().st_mode & 0o777 == 0o600
        again = site.run("cs-worker", "join", text, "--config-dir", folder)
        assert again.returncode != 0 and "--replace" in again.stderr
        site.start("cs-worker", "--config", folder / "worker.json")
    client = {"CS_APPLIANCE_URL": f"unix:{site.home}/state/api.sock",
              "CS_APPLIANCE_TOKEN_FILE": str(site.home / "state/token")}
    wait_until(lambda: site.run("csctl", "get", "workers", **client).stdout.count("READY") == 2,
               "both join")


@pytest.mark.parametrize("change, why", [
    (lambda line: "", "URL#NAME#TOKEN"),
    (lambda line: line.rpartition("#")[0], "URL#NAME#TOKEN"),
    (lambda line: line[:-1], "401"),
    (lambda line: line.replace("/api.sock", "/no.sock"), "no answer from unix:"),
    (lambda line: line.replace("unix:", "ftp://"), "http://HOST:PORT")])
def test_join_names_what_is_wrong_and_makes_nothing(site, change, why):
    line = init(site)
    serve(site)
    done = site.run("cs-worker", "join", change(line), "--config-dir", site.home / "worker")
    if why == "401":
        why = "not known"
    assert done.returncode != 0 and why in done.stderr, done.stderr
    assert "cslt_" not in done.stderr
    assert not (site.home / "worker").exists()


# Configuration files and logs

@pytest.mark.parametrize("program, text, why", [
    ("cs-worker", '{"cpus": 4}', "unknown key 'cpus'; must be one of service, token_file"),
    ("cs-worker", '{"cpu": "4"}', "key 'cpu' is \"4\"; must be a whole number"),
    ("cs-worker", '{"retention_s": 604801}', "; must be a whole number from 0 to 604800"),
    ("cs-worker", '{"log_format": "xml"}', "key 'log_format' is \"xml\"; must be text or json"),
    ("cs-worker", '{"allow_no_sandbox": 1}', "is 1; must be true or false"),
    ("cs-appliance", '{"host_name": "a"}', "is \"a\"; must be a list of strings"),
    ("cs-appliance", '{"worker_lease_ms": 1}', "key 'worker_lease_ms' is 1; must be a whole"),
    ("cs-appliance", '{"listen": "x", }', "is not JSON: parse error at line 1")])
def test_a_wrong_configuration_is_named_and_nothing_starts(site, program, text, why):
    config = site.home / "config.json"
    config.write_text(text)
    words = [program, *(["serve"] if program == "cs-appliance" else []), "--config", config]
    done = site.run(*words)
    assert done.returncode == 2, done
    assert why in done.stderr and str(config) in done.stderr, done.stderr
    assert [path.name for path in site.home.iterdir()] == ["config.json"]


def test_logs_are_one_object_a_line(site):
    init(site)
    site.start("cs-appliance", "serve", "--config", site.home / "state/appliance.json",
               "--log-format", "json")
    wait_until(lambda: "listening on" in site.log(), "it listens")
    site.start("cs-worker", "--service", "unix:/nonexistent", "--token-file",
               site.home / "state/worker-token", "--work-dir", site.home / "work", "--listen",
               f"unix:{site.home}/w.sock", "--log-format", "json")
    wait_until(lambda: "waiting for the service" in site.log(), "it complains")
    lines = [json.loads(line) for line in site.log().splitlines()]
    assert {line["program"] for line in lines} == {"cs-appliance", "cs-worker"}
    for line in lines:
        assert set(line) == {"time", "level", "program", "message"}
        assert line["level"] in ("info", "warning", "error")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
