# SPDX-License-Identifier: Apache-2.0
"""What the client does around a job: receipts, progress, greetings, waiting, proxies' pages."""
import contextlib
import hashlib
import http.server
import json
import logging
import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from tests.e2e import appliance

user_fixture = appliance.user_fixture


@pytest.fixture(name="app", scope="module")
def app_fixture(user):
    return appliance.matvec(user.root / "app")


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def compiled(app):
    from cerebras.sdk.client import SdkCompiler
    return SdkCompiler().compile(app, "layout.csl", appliance.MATVEC_OPTIONS, ".")


def launcher(artifact, **kwargs):
    from cerebras.sdk.client import SdkLauncher
    return SdkLauncher(artifact, **kwargs)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


# Receipts.

def test_receipts_tell_what_was_run(app, tmp_path):  # compat 52
    from cerebras.appliance import errors
    artifact = compiled(app)
    with launcher(artifact, simulator=True) as session:
        session.run("echo x > made")
        with pytest.raises(errors.CommandFailed):
            session.run("exit 7")
        session.download_artifact("made", "got")
    receipt = read(tmp_path / f"{session.job_id}.json")
    assert receipt["state"] == "SUCCEEDED" and receipt["kind"] == "launch"
    assert [(one["command"], one["exit_code"]) for one in receipt["commands"]] == [
        ("echo x > made", 0), ("exit 7", 7)]
    assert receipt["outputs"]["made"]["sha256"] == hashlib.sha256(b"x\n").hexdigest()
    assert receipt["client_version"] and receipt["server_version"]
    every = read(tmp_path / "run_meta.json")["jobs"]
    assert [job["kind"] for job in every[-2:]] == ["compile", "launch"] and every[-1] == receipt
    made = every[-2]["outputs"]["artifact"]
    assert made["sha256"] == hashlib.sha256((tmp_path / artifact).read_bytes()).hexdigest()
    assert receipt["inputs"]["artifact"] == made["sha256"]
    assert not list(tmp_path.glob("*.part"))


def test_receipt_of_a_session_that_failed(app, tmp_path):  # compat 52
    with pytest.raises(ZeroDivisionError):
        with launcher(compiled(app), simulator=True) as session:
            raise ZeroDivisionError("by design")
    receipt = read(tmp_path / f"{session.job_id}.json")
    assert receipt["state"] == "FAILED" and "by design" in receipt["message"]


def test_no_receipts_when_switched_off(app, tmp_path, monkeypatch):  # compat 52
    monkeypatch.setenv("CS_APPLIANCE_RECEIPTS", "0")
    artifact = compiled(app)
    assert [path.name for path in tmp_path.iterdir()] == [os.path.basename(artifact)]


def test_folder_that_takes_no_receipts_stops_nothing(user, app):
    artifact = compiled(app)
    done = user.script(
        "import sys, os\n"
        "from cerebras.sdk.client import SdkLauncher\n"
        "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
        "with SdkLauncher(sys.argv[1], simulator=True) as session:\n"
        "    print(session.run('echo on'), end='')\n", os.path.abspath(artifact))
    assert done.stdout == "on\n"
    assert done.stderr.count("No receipt of the job is written") == 1


# Progress.

TRANSFERS = """
import sys, time
from cerebras.sdk.client import _progress
_progress._FIRST_S = 0.0
from cerebras.sdk.client import SdkLauncher
with open("large", "wb") as file:
    file.truncate(400 << 20)
with SdkLauncher(sys.argv[1], simulator=True) as session:
    session.stage("large")
print("done")
"""


def on_a_terminal(user, text, *args, **variables):
    """Standard output and what a terminal got, with standard error on it."""
    main, side = pty.openpty()
    pieces = []

    def collect():
        with contextlib.suppress(OSError):  # the other side is closed
            while True:
                pieces.append(os.read(main, 65536))
    reader = threading.Thread(target=collect)
    reader.start()
    tools = user.tools
    done = subprocess.run(
        ["cs_python", "-c", text, *args], cwd=user.work, stdout=subprocess.PIPE, stderr=side,
        text=True, check=False, timeout=300,
        env=tools.environment(**{**user.variables(), "TERM": "xterm", **variables}))
    os.close(side)
    reader.join(30)
    os.close(main)
    assert done.returncode == 0, b"".join(pieces)
    return done.stdout, b"".join(pieces).decode("utf-8", "replace")


def test_long_transfers_are_shown_on_a_terminal_and_nowhere_else(user, app):
    artifact = os.path.abspath(compiled(app))
    stdout, seen = on_a_terminal(user, TRANSFERS, artifact)
    assert stdout == "done\n"
    assert re.search(r"\rupload of large \[#* *\] +\d+ % of 419\.4 MB\x1b\[K", seen), seen
    assert "\r\x1b[K" in seen
    _, silent = on_a_terminal(user, TRANSFERS, artifact, CS_APPLIANCE_PROGRESS="0")
    assert "upload of" not in silent
    plain = user.script(TRANSFERS, artifact)
    assert plain.stdout == "done\n" and "upload of" not in plain.stderr


# What is at the address.

class Answers(http.server.BaseHTTPRequestHandler):
    """A server at which something other than this version's appliance answers."""

    def do_GET(self):
        status, kind, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def answering(monkeypatch, answer, kind="application/json", status=200):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    server.answer = (status, kind, body)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("CS_APPLIANCE_URL", f"http://127.0.0.1:{server.server_address[1]}")
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def greeting(**changes):
    from cerebras.sdk.client import __version__
    return {"api_version": "v1", "service_version": __version__, "job_operator_version": "1.0.0",
            "features": [], **changes}


def enter(**kwargs):
    from cerebras.sdk.client import SdkCompiler
    with SdkCompiler(**kwargs):
        pass


def test_equal_versions_are_silent(monkeypatch, caplog):  # compat 51
    caplog.set_level(logging.INFO, "cerebras")
    with answering(monkeypatch, greeting()):
        enter()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def test_another_major_version_is_a_warning(monkeypatch, caplog):  # compat 51 lenient
    with answering(monkeypatch, greeting(service_version="999.0.0")):
        enter()
    assert "reason=InconsistentVersion" in caplog.text and "999.0.0" in caplog.text


def test_another_api_is_an_error_unless_switched_off(monkeypatch):  # compat 51 strict
    from cerebras.appliance import errors
    with answering(monkeypatch, greeting(api_version="v9")):
        with pytest.raises(errors.ApplianceVersionError, match="'v9'.*disable_version_check"):
            enter()
        enter(disable_version_check=True)


PAGE = b"<html><head><title>Please log in</title></head><body>Welcome</body></html>"


@pytest.mark.parametrize("status", [200, 403, 404, 407, 500])
def test_page_of_a_proxy_is_an_exception_of_the_tree(monkeypatch, status):
    from cerebras.appliance import errors
    with answering(monkeypatch, PAGE, "text/html; charset=utf-8", status):
        with pytest.raises(errors.ApplianceClientException, match="Please log in") as failure:
            enter()
    assert "not from an appliance" in str(failure.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_answer_that_is_not_an_object_is_an_exception_of_the_tree(monkeypatch, body):
    from cerebras.appliance import errors
    with answering(monkeypatch, body):
        with pytest.raises(errors.ApplianceConnectionError, match="not that of an appliance"):
            enter()


# Waiting.

def test_waiting_says_where_the_job_stands_and_for_what_it_waits(user, app, caplog):  # compat 50
    from cerebras.sdk.client import SdkLauncher
    caplog.set_level(logging.INFO, "cerebras.cluster.client")
    artifact = compiled(app)
    cluster = json.loads(user.csctl("get", "workers", "-o", "json").stdout)["workers"]
    every = max(worker["cpu_milli"] for worker in cluster)
    with launcher(artifact, simulator=True, resource_cpu=every) as first:
        queued = threading.Thread(target=lambda: SdkLauncher(
            artifact, simulator=True, resource_cpu=every).__enter__().__exit__(None))
        queued.start()
        appliance.wait_until(lambda: "Queueing, msg: position 1" in caplog.text, "it waits",
                             lambda: caplog.text)
        first.run("true")
    queued.join(60)
    lines = [record.getMessage() for record in caplog.records]
    wait = next(line for line in lines if "current job status: Queueing, msg: position" in line)
    assert re.search(r"position 1 in the queue: .*cpu", wait), wait
    after = lines[lines.index(wait):]
    assert "Recording the timestamp when jobs is scheduled." in after


# What the simulator leaves.

def test_traces_log_and_core_can_be_downloaded(app, tmp_path):  # compat 43
    with launcher(compiled(app), simulator=True) as session:
        session.run("CS_SIMFAB_TRACE=1 cs_python run.py --name out && ls")
        session.download_artifact("sim.log", "sim.log")
        traces = session.download_artifact("simfab_traces", "traces")
        session.download_artifact("sim_stats.json", "stats.json")
        names = session.run("ls").split()
        core = next(name for name in names if name.endswith(".core"))
        session.download_artifact(core, "core")
    assert (tmp_path / "sim.log").stat().st_size > 0 and (tmp_path / "core").stat().st_size > 0
    assert traces.endswith(".tar.gz") and read(tmp_path / "stats.json")["cycle_count"] > 0


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
