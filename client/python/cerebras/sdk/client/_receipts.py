# SPDX-License-Identifier: Apache-2.0
"""What was run, in files beside the script: wsjob-ID.json of each job, run_meta.json of all jobs of
this process. CS_APPLIANCE_RECEIPTS=0 switches them off.

A file is replaced whole. A folder that cannot be written to costs a log line, nothing else.
"""
import hashlib
import json
import os
import sys
import threading
import time
from typing import Any, Dict, List, Optional

from ._version import __version__

_MAX_JOBS = 1000  # in run_meta.json: the newest
_PAUSE_S = 1.0  # between two writings while a session runs
_MAX_HASHED_BYTES = 256 << 20

_lock = threading.Lock()
_jobs: List[Dict[str, Any]] = []
_warned = False


def is_wanted() -> bool:
    """Whether receipts are written."""
    return os.environ.get("CS_APPLIANCE_RECEIPTS") != "0"


class Receipt:
    """The receipt of one job, in the folder that is current when the job is submitted."""

    def __init__(self, log: Any, job: Dict[str, Any], inputs: Dict[str, Any],
                 server_version: str) -> None:
        self._log = log
        self._folder: Optional[str] = None
        if is_wanted():
            try:
                self._folder = os.getcwd()
            except OSError as failure:
                self._complain(failure)
        self._lock = threading.Lock()
        self._record: Dict[str, Any] = {
            "job_id": job["id"], "workflow_id": job["workflow"], "namespace": job["namespace"],
            "kind": job["kind"], "client_version": __version__, "server_version": server_version,
            "python_version": sys.version.split()[0], "submitted": _now(), "inputs": inputs,
            "outputs": {}, "commands": [], "state": job["state"],
        }
        self._next_write = 0.0
        with _lock:
            _jobs.append(self._record)
            del _jobs[:-_MAX_JOBS]
        self._write()

    def add_command(self, command: str, result: Optional[Dict[str, Any]],
                    failure: str = "") -> None:
        """A command of the session has ended; `result` as of the native core, None if unknown."""
        entry: Dict[str, Any] = {"command": command, "ended": _now()}
        if result is not None:
            entry.update(exit_code=result["exit_code"], signal=result["signal"],
                         duration_s=result["duration_ms"] / 1000,
                         max_rss_bytes=result["max_rss_bytes"])
        if failure:
            entry["failure"] = failure
        with self._lock:
            self._record["commands"].append(entry)
        if time.monotonic() >= self._next_write:
            self._write()

    def add_output(self, name: str, path: str) -> None:
        """A file that came from the job is now at `path`. Its digest is left out if that would
        take long."""
        if self._folder is None:
            return
        entry: Dict[str, Any] = {"path": path, "bytes": os.path.getsize(path)}
        if entry["bytes"] <= _MAX_HASHED_BYTES:
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                for piece in iter(lambda: file.read(1 << 20), b""):
                    digest.update(piece)
            entry["sha256"] = digest.hexdigest()
        with self._lock:
            self._record["outputs"][name] = entry

    def end(self, state: str, message: str = "") -> None:
        """The job is over for its client."""
        with self._lock:
            self._record.update(state=state, ended=_now())
            if message:
                self._record["message"] = message[:4000]
        self._write()

    def _write(self) -> None:
        if self._folder is None:
            return
        self._next_write = time.monotonic() + _PAUSE_S
        with _lock:
            with self._lock:
                one = json.dumps(self._record, indent=2, sort_keys=True)
                every = json.dumps({"jobs": _jobs}, indent=2, sort_keys=True)
            name = os.path.join(self._folder, self._record["job_id"] + ".json")
            try:
                _replace(name, one)
                _replace(os.path.join(self._folder, "run_meta.json"), every)
            except OSError as failure:
                self._complain(failure)

    def _complain(self, failure: OSError) -> None:
        global _warned  # pylint: disable=global-statement
        if not _warned:
            self._log.info("No receipt of the job is written: %s (CS_APPLIANCE_RECEIPTS=0 asks for "
                           "none)", failure)
        _warned = True


def _replace(name: str, text: str) -> None:
    partial = "{}.{}.part".format(name, os.getpid())
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(partial, name)
    except OSError:
        if os.path.exists(partial):
            os.unlink(partial)
        raise


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
