# SPDX-License-Identifier: Apache-2.0
"""The client's exceptions.

    RuntimeError
      ApplianceClientException            everything below
        ApplianceConnectionError          the service does not answer   (also ConnectionError)
        ApplianceAuthenticationError      the token is rejected         (also PermissionError)
        ApplianceVersionError             client and service versions are incompatible
        ApplianceRequestError             the service rejects an argument (also ValueError)
        ApplianceNotFoundError            no such file, job or artifact (also FileNotFoundError)
        ApplianceResourceExhausted        fits on no worker, or a limit is reached
        ApplianceNotImplementedError      not supported yet             (also NotImplementedError)
        ApplianceUnknownError             the service failed
        ApplianceCompilationError         errors in the CSL program; the text is the compiler's
        ApplianceJobError                 a job failed
          ClusterJobCancelledByCsctl      it was cancelled              (= CancelledBy)
          CommandFailed                   a command of a session exited with a code other than 0
          OutOfMemory, DiskFull, TimeLimit    a limit of the job ended it
          NodeLost                        its worker vanished
          SessionLost                     the init of the session's sandbox was killed
          SystemFailed                    its CS system keeps failing
        SdkError                          a wrong call of client.SdkRuntime, or a failed program
          SdkTypeError, SdkValueError, SdkLookupError, SdkFileNotFoundError, SdkConnectionError,
          SdkNotImplementedError          each also derives from the built-in of that name

`except RuntimeError` catches all of them.
"""
from typing import Dict, Type

from . import _words


class ApplianceClientException(RuntimeError):
    """The base of all."""


class ApplianceConnectionError(ConnectionError, ApplianceClientException):
    """The service does not answer, or the connection broke and could not be restored."""


class ApplianceAuthenticationError(PermissionError, ApplianceClientException):
    """The appliance rejects the token, or the token does not permit the call."""


class ApplianceVersionError(ApplianceClientException):
    """The versions of client and service are incompatible."""


class ApplianceRequestError(ValueError, ApplianceClientException):
    """The service rejects an argument; the text names it, its value and what is allowed."""


class ApplianceNotFoundError(FileNotFoundError, ApplianceClientException):
    """There is no such file, job or artifact."""


class ApplianceResourceExhausted(ApplianceClientException):
    """The job fits on no worker, or a limit is reached."""


class ApplianceNotImplementedError(NotImplementedError, ApplianceClientException):
    """Not supported yet."""


class ApplianceUnknownError(ApplianceClientException):
    """The service failed; see its log."""


class ApplianceCompilationError(ApplianceClientException):
    """The CSL program has errors; the text is the compiler's output.

    exit_code is the compiler's: 1 for errors in the program, 2 for wrong options.
    """

    exit_code: int = 1


class ApplianceJobError(ApplianceClientException):
    """A job failed."""


class ClusterJobCancelledByCsctl(ApplianceJobError):
    """The job was cancelled."""


CancelledBy = ClusterJobCancelledByCsctl


class CommandFailed(ApplianceJobError):
    """A command of a session exited with a code other than 0.

    Attributes: command, exit_code, stdout, stderr.
    """

    command: str = ""
    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""


class OutOfMemory(ApplianceJobError):
    """The job used more memory than it requested."""


class DiskFull(ApplianceJobError):
    """The job wrote more to disk than its limit."""


class TimeLimit(ApplianceJobError):
    """The job ran longer than job_time_sec."""


class NodeLost(ApplianceJobError):
    """The job's worker vanished while it ran."""


class SessionLost(ApplianceJobError):
    """The session failed although its worker is alive; the outcome of its commands is unknown."""


class SystemFailed(ApplianceJobError):
    """The CS system behind %CMADDR% failed repeatedly."""


class SdkError(ApplianceClientException):
    """A wrong call of cerebras.sdk.client.SdkRuntime, or a failure of the program that it runs."""


class SdkTypeError(SdkError, TypeError):
    """An argument of the wrong type, or a missing one."""


class SdkValueError(SdkError, ValueError):
    """An argument whose value is not allowed."""


class SdkLookupError(SdkError, LookupError):
    """A name or id that the program does not have."""


class SdkFileNotFoundError(SdkError, FileNotFoundError):
    """The folder holds no compiled program."""


class SdkConnectionError(SdkError, ConnectionError):
    """The worker lost its CS system."""


class SdkNotImplementedError(SdkError, NotImplementedError):
    """Not supported yet."""


_SDK_ERRORS: Dict[str, Type[SdkError]] = {
    kind.__name__: kind
    for kind in (SdkError, SdkTypeError, SdkValueError, SdkLookupError, SdkFileNotFoundError,
                 SdkConnectionError, SdkNotImplementedError)
}

_BY_CODE: Dict[str, Type[ApplianceClientException]] = {
    code: globals()[name] for code, name in _words.OF_CODE.items()}

_BY_REASON: Dict[str, Type[ApplianceClientException]] = {
    reason: globals()[name] for reason, name in _words.OF_REASON.items()}


def from_code(code: str, message: str) -> ApplianceClientException:
    """The exception for a failure of this kind."""
    return _BY_CODE.get(code, ApplianceUnknownError)(message)


def from_sdk_error(kind: str, message: str) -> SdkError:
    """The exception for one that was raised beside the program, by its name there."""
    return _SDK_ERRORS.get(kind, SdkError)(message)


def from_failure(reason: str, message: str) -> ApplianceClientException:
    """The exception for a command that a limit or the end of its session ended."""
    return _BY_REASON.get(reason, ApplianceJobError)(message)


def from_job(job: Dict) -> ApplianceClientException:
    """The exception for a job that did not succeed."""
    state = job.get("state", "")
    kind = _BY_REASON.get(job.get("reason", ""))
    if kind is None:
        kind = {"CANCELLED": ClusterJobCancelledByCsctl, "LOST": NodeLost}.get(
            state, ApplianceJobError)
    why = job.get("message") or job.get("reason") or "no reason is known"
    return kind("job {} is {}: {}".format(job.get("id"), state, why))
