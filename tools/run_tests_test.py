# SPDX-License-Identifier: Apache-2.0
"""The summary of ./test counts what Bazel says, and never calls a broken build a success."""
import json
import sys

import pytest

from tools import run_tests


def configured(label):
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": "SMALL"}}


def summary(label, status, millis=1000, cached=0):
    return {"id": {"testSummary": {"label": label}},
            "testSummary": {"overallStatus": status, "totalRunDurationMillis": str(millis),
                            "totalNumCached": cached}}


def report(events, bazel_exit=0, limit_minutes=None):
    targets = run_tests.read_events(json.dumps(event) for event in events)
    return run_tests.report(targets, 90, bazel_exit, limit_minutes)


def test_all_passed():
    lines, code = report([configured("//a:a_test"), summary("//a:a_test", "PASSED")])
    assert code == 0 and lines[-2:] == ["Total time: 1.5 minutes", "1 passed, 0 failed"]


def test_a_target_that_was_never_run_has_failed():
    lines, code = report([configured("//a:a_test"), configured("//b:b_test"),
                          summary("//a:a_test", "PASSED")], bazel_exit=1)
    assert code == 1 and lines[-1] == "1 passed, 1 failed" and "FAILED: //b:b_test" in lines


@pytest.mark.parametrize("status", ["FAILED", "TIMEOUT", "FLAKY", "NO_STATUS"])
def test_anything_but_passed_is_a_failure(status):
    lines, code = report([summary("//a:a_test", status)], bazel_exit=3)
    assert code == 1 and lines[-1] == "0 passed, 1 failed"


def test_a_library_that_does_not_compile_fails_though_all_tests_passed():
    lines, code = report([summary("//a:a_test", "PASSED")], bazel_exit=1)
    assert code == 1 and lines[-1] == "1 passed, 1 failed"


def test_a_run_over_its_limit_fails_though_all_tests_passed():
    passed = [summary("//a:a_test", "PASSED")]
    assert report(passed, limit_minutes=1.6)[1] == 0
    lines, code = report(passed, limit_minutes=1.4)
    assert code == 1 and lines[-1] == "1 passed, 1 failed"


def test_no_tests_at_all_is_not_a_success():
    assert report([], bazel_exit=0)[1] == 1


def test_the_ten_slowest_come_first_and_cached_ones_report_it():
    events = [summary(f"//a:t{n}", "PASSED", n * 1000, cached=n == 12) for n in range(1, 13)]
    lines, _ = report(events)
    shown = [line for line in lines if " s  //" in line]
    assert len(shown) == 10 and "//a:t12  (from the cache)" in shown[0] and "//a:t3" in shown[-1]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
