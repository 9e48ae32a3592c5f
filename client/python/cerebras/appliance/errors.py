# SPDX-License-Identifier: Apache-2.0
"""What the client raises.

    RuntimeError
      ApplianceClientException            everything below
        ApplianceConnectionError          nobody answers there          (also ConnectionError)
        ApplianceAuthenticationError      the token is not taken        (also PermissionError)
        ApplianceVersionError             the service speaks another language
        ApplianceRequestError             an argument the service refuses (also ValueError)
        ApplianceNotFoundError            no such file, job or artifact (also FileNotFoundError)
        ApplianceResourceExhausted        fits on no worker, or a limit is reached
        ApplianceNotImplementedError      not supported yet             (also NotImplementedError)
        ApplianceUnknownError             the service failed
        ApplianceCompilationError         errors in the CSL program; the text is the compiler's
        ApplianceJobError                 a job ended that should not have
          ClusterJobCancelledByCsctl      somebody cancelled it         (= CancelledBy)
          CommandFailed                   a command of a session exited with a code other than 0
          OutOfMemory, DiskFull, TimeLimit    a limit of the job ended it
          NodeLost                        its worker vanished
          SessionLost                     the init of the session's sandbox was killed
          SystemFailed                    its CS system does not stay up
        SdkError                          what client.SdkRuntime refuses, or its program's failure
          SdkTypeError, SdkValueError, SdkLookupError, SdkFileNotFoundError, SdkConnectionError,
          SdkNotImplementedError          each also the built-in one of that name

`except RuntimeError` catches all of them.
"""
from typing import Dict, Type


class ApplianceClientException(RuntimeError):
    """The base of all."""


class ApplianceConnectionError(ConnectionError, ApplianceClientException):
    """Nobody answers at the address, or the connection broke and stayed broken."""


class ApplianceAuthenticationError(PermissionError, ApplianceClientException):
    """The appliance does not take the token, or the token may not do this."""


class ApplianceVersionError(ApplianceClientException):
    """Client and service do not understand each other."""


class ApplianceRequestError(ValueError, ApplianceClientException):
    """The service refuses an argument; the text names it, its value and what is allowed."""


class ApplianceNotFoundError(FileNotFoundError, ApplianceClientException):
    """There is no such file, job or artifact."""


class ApplianceResourceExhausted(ApplianceClientException):
    """The job fits on no worker, or a limit is reached."""


class ApplianceNotImplementedError(NotImplementedError, ApplianceClientException):
    """Not supported yet."""


class ApplianceUnknownError(ApplianceClientException):
    """The service failed; its log says more."""


class ApplianceCompilationError(ApplianceClientException):
    """The CSL program has errors; the text holds all that the compiler printed.

    exit_code is the compiler's: 1 for errors in the program, 2 for wrong options.
    """

    exit_code: int = 1


class ApplianceJobError(ApplianceClientException):
    """A job ended that should not have."""


class ClusterJobCancelledByCsctl(ApplianceJobError):
    """Somebody cancelled the job."""


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
    """The job used more memory than it had asked for."""


class DiskFull(ApplianceJobError):
    """The job wrote more than it may."""


class TimeLimit(ApplianceJobError):
    """The job ran longer than job_time_sec."""


class NodeLost(ApplianceJobError):
    """The job's worker vanished while it ran."""


class SessionLost(ApplianceJobError):
    """The session broke down while its worker was there; what ran is not known."""


class SystemFailed(ApplianceJobError):
    """The CS system behind %CMADDR% ended again and again."""


class SdkError(ApplianceClientException):
    """What cerebras.sdk.client.SdkRuntime refuses, or a failure of the program that it runs."""


class SdkTypeError(SdkError, TypeError):
    """An argument of the wrong type, or none."""


class SdkValueError(SdkError, ValueError):
    """An argument whose value is not allowed."""


class SdkLookupError(SdkError, LookupError):
    """A name or id that the program does not have."""


class SdkFileNotFoundError(SdkError, FileNotFoundError):
    """No compiled program is there."""


class SdkConnectionError(SdkError, ConnectionError):
    """The worker lost its CS system."""


class SdkNotImplementedError(SdkError, NotImplementedError):
    """Not supported yet."""


_SDK_ERRORS: Dict[str, Type[SdkError]] = {
    kind.__name__: kind
    for kind in (SdkError, SdkTypeError, SdkValueError, SdkLookupError, SdkFileNotFoundError,
                 SdkConnectionError, SdkNotImplementedError)
}

# By the code of a problem, see docs/rest.md.
_BY_CODE: Dict[str, Type[ApplianceClientException]] = {
    "invalid argument": ApplianceRequestError,
    "out of range": ApplianceRequestError,
    "already exists": ApplianceRequestError,
    "unauthenticated": ApplianceAuthenticationError,
    "permission denied": ApplianceAuthenticationError,
    "not found": ApplianceNotFoundError,
    "resource exhausted": ApplianceResourceExhausted,
    "not supported yet": ApplianceNotImplementedError,
    "unavailable": ApplianceConnectionError,
    "failed precondition": ApplianceClientException,
    "aborted": ApplianceClientException,
    "cancelled": ApplianceClientException,
}

# By the reason of a job's end.
_BY_REASON: Dict[str, Type[ApplianceJobError]] = {
    "CancelledBy": ClusterJobCancelledByCsctl,
    "CommandFailed": CommandFailed,
    "OutOfMemory": OutOfMemory,
    "DiskFull": DiskFull,
    "TimeLimit": TimeLimit,
    "NodeLost": NodeLost,
    "SessionLost": SessionLost,
    "SystemFailed": SystemFailed,
}


def from_code(code: str, message: str) -> ApplianceClientException:
    """The exception for a failure of this kind."""
    return _BY_CODE.get(code, ApplianceUnknownError)(message)


def from_sdk_error(kind: str, message: str) -> SdkError:
    """The exception for one that was raised beside the program, by its name there."""
    return _SDK_ERRORS.get(kind, SdkError)(message)


def from_failure(reason: str, message: str) -> ApplianceJobError:
    """The exception for the end of a command that a limit or its session caused."""
    return _BY_REASON.get(reason, ApplianceJobError)(message)


def from_job(job: Dict) -> ApplianceJobError:
    """The exception for a job that has ended otherwise than it should."""
    state = job.get("state", "")
    kind = _BY_REASON.get(job.get("reason", ""))
    if kind is None:
        kind = {"CANCELLED": ClusterJobCancelledByCsctl, "LOST": NodeLost}.get(
            state, ApplianceJobError)
    why = job.get("message") or job.get("reason") or "no reason is known"
    return kind("job {} is {}: {}".format(job.get("id"), state, why))
