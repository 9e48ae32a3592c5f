# SPDX-License-Identifier: Apache-2.0
"""SdkLauncher: a session on an appliance in which an artifact is run."""
import logging
import os
import posixpath
import secrets
import shutil
import signal
import tempfile
import threading
from typing import Any, Callable, Dict, List, Optional, Union

from cerebras.appliance import _native, errors
from cerebras.appliance._words import END_STATES, Code, Reason

from ._jobs import LOG, Job, is_strict, parsed, take_options, translated
from ._output import LineLogger, RunOutput, decode

_OUTPUT = logging.getLogger("cerebras.sdk.client.sdk_appliance_client")
_CMADDR = "%CMADDR%"
_TAIL_CHARACTERS = 4000
# A command is lost a moment before its job is.
_LOST_PATIENCE_S = 30.0

PathLike = Union[str, "os.PathLike[str]"]


class SdkLauncher:
    """Runs commands in an artifact's folder; used in a `with` block.

    artifact_path: the result of SdkCompiler.compile, any .tar.gz, .tgz or .tar, a folder, or the
        SHA-256 digest of an artifact that the appliance has.
    Keywords, all optional:
        simulator: True: uses no CS system; the runtime simulates within the host script.
        disable_version_check, mgmt_namespace, resource_cpu, resource_mem, job_time_sec: as for
            SdkCompiler; job_time_sec limits the whole session.
        client_timeout_sec: how long the session continues without its client, up to a day; 60 by
            default, 20 if both are on one machine. Until then, attach() can reconnect to it, for
            example after a laptop slept or a client died.
    Several threads may call run, stage and download_artifact at the same time.
    """

    def __init__(self, artifact_path: PathLike, **kwargs: Any) -> None:
        options = take_options("SdkLauncher", kwargs)
        self._artifact = os.fspath(artifact_path)
        self._job = Job(options)
        self._attach_to: Optional[str] = None
        self._is_open = False
        self._lock = threading.Lock()

    @classmethod
    def attach(cls, job_id: str, **kwargs: Any) -> "SdkLauncher":
        """A launcher for the session of another client, by its job id; used in a `with` block.

        The session still has its folder, files and commands; `commands` lists the commands, and
        `follow` waits for a running one. Keywords as for SdkLauncher; those about resources have no
        effect. Raises the reason if the session has ended, ApplianceNotFoundError if it does not
        exist.
        """
        if not isinstance(job_id, str) or not job_id:
            raise TypeError("job_id = {!r}: the id of a session's job must be a str".format(job_id))
        launcher = cls("", **kwargs)
        launcher._attach_to = job_id
        return launcher

    def detach(self) -> None:
        """Leaves the session running: it continues for client_timeout_sec, or until a client
        attaches to it. The rest of the `with` block cannot use it."""
        with self._lock:
            if not self._is_open:
                raise RuntimeError("the session is not open")
            self._is_open = False
        self._job.stop_heartbeat()
        if self._job.receipt is not None:
            self._job.receipt.end("DETACHED")

    @property
    def job_id(self) -> Optional[str]:
        """The session's job, once it is submitted."""
        return self._job.id

    def __enter__(self) -> "SdkLauncher":
        if self._attach_to is not None and self._job.id is None:
            return self._enter_other(self._attach_to)
        if self._job.id is not None:
            raise RuntimeError("a launcher opens one session; make another for another")
        job = self._job
        if not _native.is_digest(self._artifact) and not os.path.exists(self._artifact):
            raise errors.ApplianceNotFoundError(
                "the artifact {!r} does not exist".format(self._artifact))
        job.service  # pylint: disable=pointless-statement
        LOG.info("Initiating a new SDK execute job against the cluster server")
        try:
            digest = self._upload()
            job.submit("launch", {"artifact": digest, "simulator": job.simulator})
            job.wait_until_running()
            view = job.view()
            if view["state"] != "RUNNING":
                raise errors.from_job(view)
        except KeyboardInterrupt:
            job.end("cancel", "the client, interrupted")
            raise
        except BaseException as failure:
            job.end("failed", str(failure))
            raise
        self._is_open = True
        return self

    def _enter_other(self, job_id: str) -> "SdkLauncher":
        view = self._job.attach(job_id)
        problem: Optional[BaseException] = None
        if view["kind"] != "launch":
            problem = errors.ApplianceRequestError(
                "job {} is a {} job; only sessions can be attached to".format(
                    job_id, view["kind"]))
        elif view["state"] in END_STATES or view["reason"]:
            problem = errors.from_job(self._job.wait_until_ended(_LOST_PATIENCE_S))
        if problem is not None:
            self._job.stop_heartbeat()
            raise problem
        self._job.simulator = bool(view.get("simulator"))
        self._job.wait_until_running()
        self._is_open = True
        return self

    def __exit__(self, kind: Any = None, failure: Any = None, trace: Any = None) -> None:
        with self._lock:
            if not self._is_open:
                return
            self._is_open = False
        if kind is None:
            self._job.end("succeeded")
        elif issubclass(kind, KeyboardInterrupt):
            self._job.end("cancel", "the client, interrupted")
        else:
            self._job.end("failed", "{}: {}".format(kind.__name__, failure))

    def _upload(self) -> str:
        job = self._job
        with translated():
            if os.path.isdir(self._artifact):
                with tempfile.TemporaryDirectory(prefix="csl-artifact-") as scratch:
                    archive = os.path.join(scratch, "artifact.tar.gz")
                    name = os.path.basename(os.path.abspath(self._artifact)) or "artifact"
                    _native.pack_folder(self._artifact, name, archive)
                    return job.service.upload(archive, job.namespace)
            if os.path.exists(self._artifact):
                return job.service.upload(self._artifact, job.namespace)
            return self._artifact

    def _open_job(self) -> Job:
        if not self._is_open:
            raise RuntimeError("the session is not open: use SdkLauncher in a `with` block")
        return self._job

    # Files.

    def stage(self, path: PathLike, extract: bool = False) -> None:
        """Copies a local file or folder into the session's working folder.

        A folder arrives as NAME.tar.gz, for `tar -xf` there; a copy of that archive stays in the
        local current folder. With extract=True it arrives as a folder instead.
        """
        job = self._open_job()
        path = os.fspath(path)
        name = os.path.basename(os.path.abspath(path))
        if not os.path.exists(path):
            raise errors.ApplianceNotFoundError("{!r} to stage does not exist".format(path))
        with self._in_session():
            if not os.path.isdir(path):
                job.service.put_file(job.id, path, name)
            elif extract:
                self._stage_each_file(path, name)
            else:
                self._stage_archive(path, name)

    def _stage_archive(self, folder: str, name: str) -> None:
        local = name + ".tar.gz"
        with tempfile.TemporaryDirectory(prefix="csl-stage-") as scratch:
            archive = os.path.join(scratch, local)
            _native.pack_folder(folder, name, archive)
            self._job.service.put_file(self._job.id, archive, local)
            shutil.copyfile(archive, local)

    def _stage_each_file(self, folder: str, name: str) -> None:
        for parent, _, files in os.walk(folder):
            for file in files:
                path = os.path.join(parent, file)
                remote = posixpath.join(name, os.path.relpath(path, folder))
                self._job.service.put_file(self._job.id, path, remote)

    def download_artifact(self, artifact_path: PathLike, out_path: PathLike) -> str:
        """Fetches a file or folder of the session; returns its local name.

        A file is written into `out_path` if that is a folder, else to that name. A folder becomes
        a .tar.gz: `out_path` if it ends in that, inside it if it is a folder, else with .tar.gz
        added. An existing file is replaced atomically.
        """
        job = self._open_job()
        remote = _remote_name(os.fspath(artifact_path))
        out = os.fspath(out_path)
        into = os.path.isdir(out) or out.endswith("/")
        folder = out if into else os.path.dirname(out)
        if folder:
            os.makedirs(folder, exist_ok=True)
        partial = os.path.join(folder, ".download-" + secrets.token_hex(8))
        try:
            with self._in_session():
                is_folder = job.service.get_file(job.id, remote, partial)
            target = os.path.join(out, posixpath.basename(remote)) if into else out
            if is_folder and not target.endswith(".tar.gz"):
                target += ".tar.gz"
            os.replace(partial, target)
        finally:
            if os.path.exists(partial):
                os.unlink(partial)
        if job.receipt is not None:
            job.receipt.add_output(remote, target)
        return target

    # Commands.

    def run(self, *commands: str, on_stdout: Optional[Callable[[str], None]] = None,
            on_stderr: Optional[Callable[[str], None]] = None) -> RunOutput:
        """Runs shell commands one after the other; returns their standard output.

        %CMADDR% in a command is replaced by the CS system's address. on_stdout and on_stderr are
        called with each line as it arrives. A command that exits with a code other than 0 raises
        CommandFailed; the following commands do not run, and the session continues.
        """
        for command in commands:
            if not isinstance(command, str):
                raise TypeError(
                    "All positional arguments must be strings, got {!r}".format(command))
        job = self._open_job()
        results: List[Dict[str, Any]] = []
        for command in commands:
            self._check_cmaddr(command)
            result = self._run_one(job, command, on_stdout, on_stderr)
            results.append(result)
            if result["exit_code"] != 0:
                raise _command_failed(command, result)
        return RunOutput("".join(decode(result["stdout"]) for result in results), results)

    def _run_one(self, job: Job, command: str, on_stdout: Any, on_stderr: Any) -> Dict[str, Any]:
        return self._watched(
            job, command, on_stdout, on_stderr,
            lambda out, err: job.service.run(job.id, command, out, err))

    def _watched(self, job: Job, command: str, on_stdout: Any, on_stderr: Any,
                 call: Callable[[Any, Any], Dict[str, Any]]) -> Dict[str, Any]:
        out = LineLogger(_OUTPUT, logging.DEBUG, "stdout", on_stdout)
        err = LineLogger(_OUTPUT, logging.INFO, "stderr", on_stderr)
        try:
            with self._in_session():
                result = call(out, err)
        except BaseException as ended:
            if job.receipt is not None:
                job.receipt.add_command(command, None, repr(ended))
            raise
        out.close()
        err.close()
        failure = result["failure"]
        if job.receipt is not None:
            job.receipt.add_command(command, result,
                                    failure or ("lost" if result["is_lost"] else ""))
        if failure in (Reason.OUT_OF_MEMORY, Reason.DISK_FULL):
            raise _limit_reached(command, result)
        if failure or result["is_lost"] or (result["signal"] == signal.SIGKILL and job.is_ending()):
            raise self._why_lost(job, command)
        return result

    def commands(self) -> List[Dict[str, Any]]:
        """The commands of the session so far, in order: "index", "state" ("started", "exited" or
        "lost") and, for those that have ended, "exit_code"."""
        job = self._open_job()
        known: List[Dict[str, Any]] = []
        while True:
            try:
                with self._in_session():
                    answer = job.service.get("/v1/jobs/{}/commands/{}".format(job.id, len(known)))
            except errors.ApplianceNotFoundError:
                return known
            known.append(parsed(answer))

    def follow(self, index: int, *, on_stdout: Optional[Callable[[str], None]] = None,
               on_stderr: Optional[Callable[[str], None]] = None) -> RunOutput:
        """Waits for the end of a command that another client started; returns and raises the same
        as run. Ctrl-C kills the command."""
        job = self._open_job()
        name = "command {} of {}".format(index, job.id)
        result = self._watched(
            job, name, on_stdout, on_stderr,
            lambda out, err: job.service.follow(job.id, index, out, err))
        if result["exit_code"] != 0:
            raise _command_failed(name, result)
        return RunOutput(decode(result["stdout"]), [result])

    @staticmethod
    def _why_lost(job: Job, command: str) -> errors.ApplianceClientException:
        view = job.wait_until_ended(_LOST_PATIENCE_S)
        if view["state"] in END_STATES:
            return errors.from_job(view)
        return errors.NodeLost(
            "the outcome of {!r} in job {} is unknown; it is not run again".format(
                command, job.id))

    def _check_cmaddr(self, command: str) -> None:
        if not self._job.simulator or _CMADDR not in command:
            return
        if is_strict():
            raise RuntimeError(_CMADDR + " needs simulator=False: {!r}".format(command))
        LOG.warning("simulator=True: %s stands for the simulator within the host script", _CMADDR)

    def _in_session(self) -> Any:
        return _SessionCalls(self._job)


class _SessionCalls:
    """Translates failures; one that comes from the session's end tells why it ended."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, failure: Any, trace: Any) -> None:
        if kind is None or not issubclass(kind, _native.NativeError):
            return
        code, message = failure.args
        if code in (Code.FAILED_PRECONDITION, Code.NOT_FOUND, Code.UNAVAILABLE, Code.ABORTED):
            view = self._view()
            if view.get("state") in END_STATES:
                raise errors.from_job(view) from None
        if code == Code.RESOURCE_EXHAUSTED and "No space left" in message:
            raise errors.DiskFull(message) from None
        raise errors.from_code(code, message) from None

    def _view(self) -> Dict[str, Any]:
        try:
            return self._job.view()
        except errors.ApplianceClientException:
            return {}


def _limit_reached(command: str, result: Dict[str, Any]) -> errors.ApplianceClientException:
    text = "SdkLauncher.run() command error: {!r} exited with code {}: {}".format(
        command, result["exit_code"], result["message"])
    return errors.from_failure(result["failure"], text)


def _remote_name(name: str) -> str:
    """A name inside the session's working folder."""
    plain = posixpath.normpath(name)
    if posixpath.isabs(name) or plain.split("/")[0] == ".." or not name:
        raise ValueError("{!r}: expected a path inside the session's folder".format(name))
    return plain


def _command_failed(command: str, result: Dict[str, Any]) -> errors.CommandFailed:
    out, err = decode(result["stdout"]), decode(result["stderr"])
    text = "SdkLauncher.run() command error: {!r} exited with code {}".format(
        command, result["exit_code"])
    if result["signal"]:
        text += " (signal {})".format(result["signal"])
    text += "\n--- stdout\n{}\n--- stderr\n{}".format(out[-_TAIL_CHARACTERS:],
                                                     err[-_TAIL_CHARACTERS:])
    failure = errors.CommandFailed(text)
    failure.command, failure.exit_code = command, result["exit_code"]
    failure.stdout, failure.stderr = out, err
    return failure
