# SPDX-License-Identifier: Apache-2.0
"""Which exception the client raises for a failure of the service and for the end of a job."""
import sys

import pytest

from cerebras.appliance import _words, errors


@pytest.mark.parametrize("code, kind", [
    ("INVALID_ARGUMENT", errors.ApplianceRequestError),
    ("UNAUTHENTICATED", errors.ApplianceAuthenticationError),
    ("NOT_FOUND", errors.ApplianceNotFoundError),
    ("RESOURCE_EXHAUSTED", errors.ApplianceResourceExhausted),
    ("UNIMPLEMENTED", errors.ApplianceNotImplementedError),
    ("UNAVAILABLE", errors.ApplianceConnectionError),
    ("ABORTED", errors.ApplianceClientException),
    ("DATA_LOSS", errors.ApplianceUnknownError),
    ("OF_A_LATER_RELEASE", errors.ApplianceUnknownError),
])
def test_a_code_raises_its_exception(code, kind):
    failure = errors.from_code(code, "why")
    assert type(failure) is kind and str(failure) == "why"


@pytest.mark.parametrize("reason, kind", [
    ("CompilationFailed", errors.ApplianceCompilationError),
    ("CancelledBy", errors.ClusterJobCancelledByCsctl),
    ("OutOfMemory", errors.OutOfMemory),
    ("SystemFailed", errors.SystemFailed),
    ("WorkerError", errors.ApplianceJobError),
    ("OfALaterRelease", errors.ApplianceJobError),
])
def test_a_reason_raises_its_exception(reason, kind):
    assert type(errors.from_failure(reason, "why")) is kind
    job = {"id": "wsjob-x", "state": "FAILED", "reason": reason, "message": "why"}
    assert type(errors.from_job(job)) is kind


def test_an_end_without_a_reason_raises_by_its_state():
    assert type(errors.from_job({"state": "CANCELLED"})) is errors.ClusterJobCancelledByCsctl
    assert type(errors.from_job({"state": "LOST"})) is errors.NodeLost
    assert type(errors.from_job({"state": "FAILED"})) is errors.ApplianceJobError


def test_every_code_and_reason_is_in_the_tables():
    codes = {text for name, text in vars(_words.Code).items() if name.isupper()}
    reasons = {text for name, text in vars(_words.Reason).items() if name.isupper()}
    assert codes == set(_words.OF_CODE) and len(codes) == 15
    assert reasons == set(_words.OF_REASON) and len(reasons) == 13
    assert _words.END_STATES == {"SUCCEEDED", "FAILED", "CANCELLED", "LOST"}


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
