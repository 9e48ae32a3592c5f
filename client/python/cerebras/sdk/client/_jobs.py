# SPDX-License-Identifier: Apache-2.0
"""What a compile job and a launcher session have in common: an appliance, a job, a heartbeat."""
import contextlib
import json
import logging
import math
import os
import secrets
import time
import urllib.parse
import warnings
from typing import Any, Dict, Iterator, Optional

from cerebras.appliance import _native, errors
from cerebras.appliance._words import END_STATES

from ._progress import ProgressLine
from ._receipts import Receipt
from ._version import __version__

LOG = logging.getLogger("cerebras.cluster.client")

DEFAULT_NAMESPACE = "job-operator"
API_VERSION = "v1"
_EVENT_WAIT_MS = 5000
_DRAWN_WAIT_MS = 1000  # while somebody looks at a line on a terminal
# A client on the same machine that is silent is dead; elsewhere the network may be.
_NEAR_LEASE_MS = 20_000
_FAR_LEASE_MS = 60_000
_MAX_LEASE_S = 24 * 3600
_QUEUE_NOTE_S = 10.0
_LONGEST_QUEUE_NOTE_S = 60.0


def is_strict() -> bool:
    """Whether the strict forms of the documented behaviour apply."""
    return os.environ.get("CS_APPLIANCE_COMPAT") == "strict"


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns failures of the core into the exceptions of cerebras.appliance.errors."""
    try:
        yield
    except _native.NativeError as failure:
        code, message = failure.args
        raise errors.from_code(code, message) from None


def parsed(text: str) -> Dict[str, Any]:
    """The object that an answer of the appliance is."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise errors.ApplianceConnectionError(
            "the answer is not that of an appliance: {!r}".format(text[:200]))
    return answer


_warned_about = set()


def take_options(owner: str, options: Dict[str, Any]) -> Dict[str, Any]:
    """The keywords that every class takes, with None for what was not given."""
    taken = {name: options.pop(name, None)
             for name in ("disable_version_check", "mgmt_namespace", "resource_cpu",
                          "resource_mem", "simulator", "job_time_sec", "client_timeout_sec")}
    for name in options:
        if is_strict():
            raise TypeError("{}() got an unexpected keyword argument {!r}".format(owner, name))
        if (owner, name) not in _warned_about:
            _warned_about.add((owner, name))
            warnings.warn("{}: the keyword {!r} is not known and has no effect".format(owner, name),
                          stacklevel=4)
    return taken


def _whole_number(name: str, value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("{} = {!r}: expected a whole number above 0".format(name, value))
    return value


class Job:
    """One job: submitted, waited for, kept alive, ended.

    It shares the connection of the job `like`, if given.
    """

    def __init__(self, options: Dict[str, Any], like: Optional["Job"] = None) -> None:
        self.namespace: str = options["mgmt_namespace"] or DEFAULT_NAMESPACE
        self.simulator: bool = bool(options["simulator"])
        self._check_version = not options["disable_version_check"]
        timeout_s = _whole_number("client_timeout_sec", options["client_timeout_sec"])
        if timeout_s > _MAX_LEASE_S:
            raise ValueError("client_timeout_sec = {!r}: at most {} is allowed".format(
                options["client_timeout_sec"], _MAX_LEASE_S))
        self._lease_ms = timeout_s * 1000
        self._request = {
            "cpu_milli": _whole_number("resource_cpu", options["resource_cpu"]),
            "mem_bytes": _whole_number("resource_mem", options["resource_mem"]),
            "job_time_sec": _whole_number("job_time_sec", options["job_time_sec"]),
        }
        self._service: Optional[_native.Service] = like.service if like else None
        self._lease: Optional[_native.Lease] = None
        self._last_event = 0
        self._server_version = like._server_version if like else "unknown"
        self._line = ProgressLine()
        self.receipt: Optional[Receipt] = None
        self.id: Optional[str] = None

    @property
    def service(self) -> _native.Service:
        """The appliance; the first use connects, and fails if there is none."""
        if self._service is None:
            with translated():
                self._service, answer = _native.connect(__version__)
            self._greet(parsed(answer))
            if self._line.is_wanted:
                self._service.show_progress(self._line.transfer)
        return self._service

    def _greet(self, answer: Dict[str, Any]) -> None:
        server = self._server_version = str(answer.get("service_version", "unknown"))
        LOG.info("Appliance client semantic version: %s, cluster server semantic version: %s, "
                 "job operator semantic version: %s", __version__, server,
                 answer.get("job_operator_version", "unknown"))
        if answer.get("api_version") != API_VERSION and self._check_version:
            raise errors.ApplianceVersionError(
                "the appliance speaks API {!r}, this client {!r}; disable_version_check=True goes "
                "on regardless".format(answer.get("api_version"), API_VERSION))
        if server.split(".")[0] != __version__.split(".")[0]:
            LOG.warning("reason=InconsistentVersion: client %s, server %s", __version__, server)

    def submit(self, kind: str, spec: Dict[str, Any]) -> None:
        """Submits the job and starts its heartbeat."""
        request = {"kind": kind, "namespace": self.namespace, kind: spec, "client_lease": True}
        request.update({key: value for key, value in self._request.items() if value})
        with translated():
            job = parsed(self.service.post("/v1/jobs", json.dumps(request), secrets.token_hex(16)))
        self._begin(job, spec)
        LOG.info("Job id: %s, workflow id: %s, namespace: %s, remote log path: %s", job["id"],
                 job["workflow"], job["namespace"], self.address(job["remote_log_path"]))

    def attach(self, job: str) -> Dict[str, Any]:
        """Becomes the client of a job that another one submitted; returns what it is."""
        with translated():
            view = parsed(self.service.get("/v1/jobs/" + urllib.parse.quote(job, safe="")))
        self.namespace = view["namespace"]
        self._begin(view, {"attached": True})
        LOG.info("Attached to job %s, namespace: %s", view["id"], view["namespace"])
        return view

    def _begin(self, job: Dict[str, Any], inputs: Dict[str, Any]) -> None:
        self.id = job["id"]
        ttl_ms = self._lease_ms or (
            _NEAR_LEASE_MS if self.service.is_embedded else _FAR_LEASE_MS)
        with translated():
            self._lease = _native.Lease(self.service, job["id"], ttl_ms)
        self.receipt = Receipt(LOG, job, inputs, self._server_version)

    def address(self, path: str) -> str:
        """A URL of the appliance that people can open or pass on."""
        url = self.service.url
        if url.startswith("unix:"):
            url = "http+unix://" + urllib.parse.quote(url[len("unix:"):], safe="")
        return url + path

    def view(self) -> Dict[str, Any]:
        """The job as the appliance sees it now."""
        with translated():
            return parsed(self.service.get("/v1/jobs/{}".format(self.id)))

    def is_ending(self) -> bool:
        """Whether the job has ended or somebody wants it to."""
        view = self.view()
        return view["state"] in END_STATES or bool(view["reason"])

    def _events(self) -> Iterator[Dict[str, Any]]:
        with translated():
            wait_ms = _DRAWN_WAIT_MS if self._line.is_wanted else _EVENT_WAIT_MS
            answer = parsed(self.service.events(self.id, self._last_event, wait_ms))
        self._last_event = answer["last"]
        return iter(answer["events"])

    def wait_until_running(self) -> None:
        """Returns when the job runs or has run; raises if it ended before."""
        was_scheduled = False
        began = time.monotonic()
        noted, next_note, pause = "", 0.0, _QUEUE_NOTE_S
        while True:
            view = self.view()
            state = view["state"]
            if state in ("QUEUED", "SCHEDULED", "STARTING") and not was_scheduled:
                note = _queue_note(view)
                if note != noted or time.monotonic() >= next_note:
                    LOG.info("Poll ingress status: %s", note)
                    noted, next_note = note, time.monotonic() + pause
                    pause = min(pause * 2, _LONGEST_QUEUE_NOTE_S)
            if state != "QUEUED" and not was_scheduled and view["scheduled_ms"]:
                was_scheduled = True
                if not noted:
                    LOG.info("Poll ingress status: %s", _queue_note(dict(view, state="QUEUED")))
                    noted = "scheduled"
                LOG.info("Recording the timestamp when jobs is scheduled.")
            if state == "RUNNING" or (state in END_STATES and view["started_ms"]):
                self._line.clear()
                LOG.info("Poll ingress success: Job ingress ready, dashboard: %s",
                         self.address("/v1/jobs/{}".format(self.id)))
                return
            if state in END_STATES:
                self._line.clear()
                raise errors.from_job(view)
            if self._line.is_wanted:
                self._line.wait("{}: {}".format(self.id, _queue_state(view)),
                                time.monotonic() - began)
            for _ in self._events():
                pass

    def wait_until_ended(self, patience_s: float = math.inf) -> Dict[str, Any]:
        """Returns the job once it has ended, however that was, or as it is after patience_s."""
        until = time.monotonic() + patience_s
        while True:
            view = self.view()
            if view["state"] in END_STATES or time.monotonic() > until:
                return view
            for _ in self._events():
                pass

    def stop_heartbeat(self) -> None:
        """The job needs its client no longer."""
        if self._lease is not None:
            self._lease.stop()
            self._lease = None
            LOG.info("Heartbeat thread stopped for %s", self.id)

    def end(self, how: str, message: str = "") -> None:
        """Ends a job that may still run: how is "succeeded", "failed" or "cancel". Never raises."""
        try:
            if self.id is not None and self._service is not None:
                path = "/v1/jobs/{}/".format(self.id)
                if how == "cancel":
                    self._service.post(path + "cancel", json.dumps({"by": message}))
                else:
                    self._service.post(path + "finish",
                                       json.dumps({"outcome": how, "message": message[:4000]}))
        except _native.NativeError as failure:
            LOG.debug("ending %s: %s", self.id, failure.args[1])
        finally:
            self.stop_heartbeat()
            if self.receipt is not None:
                self.receipt.end({"succeeded": "SUCCEEDED", "cancel": "CANCELLED"}.get(
                    how, "FAILED"), message)


def _queue_note(view: Dict[str, Any]) -> str:
    return "Waiting for job running, current job status: {}, msg: {}".format(
        "Queueing" if view["state"] == "QUEUED" else "Scheduled", _queue_state(view))


def _queue_state(view: Dict[str, Any]) -> str:
    if view.get("waits_for"):
        return "position {} in the queue: {}".format(view.get("position"), view["waits_for"])
    return ("job queueing to be scheduled" if view["state"] == "QUEUED"
            else "job scheduled and waiting to be started")
