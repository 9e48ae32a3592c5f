# SPDX-License-Identifier: Apache-2.0
"""Sessions that outlive their clients, and other clients that attach to them."""
import json
import signal
import sys

import pytest

from tests.e2e import appliance

STARTS = """
import sys
from cerebras.sdk.client import SdkLauncher
with SdkLauncher(sys.argv[1], simulator=True, client_timeout_sec=300) as session:
    session.run("echo made > file")
    print(session.job_id, flush=True)
    session.run("echo early; while [ ! -e go ]; do sleep 0.1; done; echo late; exit $(cat go)",
                on_stdout=lambda line: print(line, end="", flush=True))
"""

user_fixture = appliance.user_fixture
artifact_fixture = appliance.artifact_fixture


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def launcher():
    from cerebras.sdk.client import SdkLauncher
    return SdkLauncher


def left_behind(user, artifact):
    """The job of a client that was killed while a command ran."""
    client = user.start_script(STARTS, artifact)
    try:
        job = client.stdout.readline().strip()
        assert client.stdout.readline() == "early\n", client.stderr.read()
        client.send_signal(signal.SIGKILL)
    finally:
        client.kill()
        client.communicate()
    return job


def test_another_client_finds_files_and_the_running_command(user, artifact):  # compat 46
    job = left_behind(user, artifact)
    with launcher().attach(job) as session:
        assert session.job_id == job
        first, second = session.commands()
        assert (first["state"], first["exit_code"]) == ("exited", 0)
        assert second["state"] == "started"
        assert session.run("cat file") == "made\n"
        session.run("echo 0 > go")
        lines = []
        output = session.follow(1, on_stdout=lines.append)
        assert output == "early\nlate\n" and "".join(lines) == output
        assert output.exit_codes == [0]
    assert state_at_the_end(user, job) == "SUCCEEDED"


def test_followed_command_that_fails_raises_as_run_does(user, artifact):
    from cerebras.appliance import errors
    job = left_behind(user, artifact)
    with launcher().attach(job) as session:
        session.run("echo 3 > go")
        with pytest.raises(errors.CommandFailed) as failure:
            session.follow(1)
        assert failure.value.exit_code == 3 and "late" in failure.value.stdout
        assert session.run("echo on") == "on\n"


def test_detached_session_continues_without_a_client(artifact):
    with launcher()(artifact, simulator=True, client_timeout_sec=300) as session:
        session.run("echo kept > file")
        session.detach()
        with pytest.raises(RuntimeError, match="not open"):
            session.run("true")
    with launcher().attach(session.job_id, client_timeout_sec=300) as again:
        assert again.run("cat file") == "kept\n"
    with pytest.raises(RuntimeError, match="not open"):
        again.detach()


def test_attaching_to_what_is_not_a_running_session(user, artifact):
    from cerebras.appliance import errors
    with launcher()(artifact, simulator=True) as session:
        pass
    assert state_at_the_end(user, session.job_id) == "SUCCEEDED"
    with pytest.raises(errors.ApplianceJobError, match=session.job_id + " is SUCCEEDED"):
        launcher().attach(session.job_id).__enter__()
    compiled = next(job for job in jobs(user) if job["kind"] == "compile")
    with pytest.raises(errors.ApplianceRequestError, match="only sessions can be attached to"):
        launcher().attach(compiled["id"]).__enter__()
    with pytest.raises(errors.ApplianceNotFoundError, match="wsjob-none"):
        launcher().attach("wsjob-none").__enter__()
    for wrong in ("", None, 7):
        with pytest.raises(TypeError, match="job_id"):
            launcher().attach(wrong)


def state_at_the_end(user, job):
    return appliance.wait_until(
        lambda: next((one["state"] for one in jobs(user) if one["id"] == job and
                      one["finished_ms"]), None), f"{job} has ended")


def jobs(user):
    return json.loads(user.csctl("get", "jobs", "-a", "-o", "json").stdout)["jobs"]


@pytest.mark.parametrize("value", [0, -1, 86401, 1.5, "60", True])
def test_client_timeout_that_makes_no_sense(artifact, value):
    with pytest.raises(ValueError, match="client_timeout_sec"):
        launcher()(artifact, client_timeout_sec=value)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
