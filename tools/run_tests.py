# SPDX-License-Identifier: Apache-2.0
"""run_tests [--output_base=DIR] [--limit_minutes=N] [BAZEL TEST OPTIONS]: builds and tests //...

Counts test targets by what Bazel's event stream says of each: a target that was not built or not
run has failed. The last line is "N passed, N failed"; the exit code is 0 only when all passed, and
within the limit where one is given.
"""
import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import time

SLOWEST_SHOWN = 10


@dataclasses.dataclass
class Target:
    """A test target; it has failed until an event says that it passed."""
    label: str
    passed: bool = False
    seconds: float = 0.0
    was_cached: bool = False


def read_events(lines):
    """{label: Target} of the test targets in a build event stream, one JSON object a line."""
    targets = {}
    for line in lines:
        event = json.loads(line)
        name, identity = next(iter(event["id"].items()))
        if name == "targetConfigured" and "testSize" in event.get("configured", {}):
            targets.setdefault(identity["label"], Target(identity["label"]))
        elif name == "testSummary":
            target = targets.setdefault(identity["label"], Target(identity["label"]))
            summary = event.get("testSummary", {})
            target.passed = summary.get("overallStatus") == "PASSED"
            target.seconds = int(summary.get("totalRunDurationMillis", 0)) / 1000
            target.was_cached = int(summary.get("totalNumCached", 0)) > 0
    return targets


def report(targets, seconds, bazel_exit, limit_minutes=None):
    """The closing lines, and the exit code."""
    ran = sorted(targets.values(), key=lambda t: (-t.seconds, t.label))
    lines = ["", f"Slowest of {len(ran)} test targets:"]
    for target in ran[:SLOWEST_SHOWN]:
        note = "  (from the cache)" if target.was_cached else ""
        lines.append(f"  {target.seconds:8.1f} s  {target.label}{note}")
    failed = sorted(t.label for t in targets.values() if not t.passed)
    lines += [f"FAILED: {label}" for label in failed]
    passed = len(targets) - len(failed)
    # Something outside the test targets: a library that does not compile, a BUILD file in error.
    if bazel_exit != 0 and not failed:
        lines.append(f"FAILED: the build itself (bazel exited with {bazel_exit})")
        failed = ["the build"]
    if limit_minutes is not None and seconds > limit_minutes * 60:
        lines.append(f"FAILED: took longer than {limit_minutes} minutes")
        failed.append("the limit")
    lines.append(f"Total time: {seconds / 60:.1f} minutes")
    lines.append(f"{passed} passed, {len(failed)} failed")
    return lines, 1 if failed or not targets else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--output_base", help="for this build alone")
    parser.add_argument("--limit_minutes", type=float, help="fail when all of it takes longer")
    args, options = parser.parse_known_args()
    startup = [f"--output_base={args.output_base}"] if args.output_base else []
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run_tests-") as scratch:
        events = pathlib.Path(scratch) / "events.json"
        command = ["bazel", *startup, "test", "--keep_going",
                   f"--build_event_json_file={events}", *options, "//..."]
        done = subprocess.run(command, check=False)
        lines = events.read_text().splitlines() if events.exists() else []
    seconds = time.monotonic() - start
    text, code = report(read_events(lines), seconds, done.returncode, args.limit_minutes)
    print("\n".join(text))
    return code


if __name__ == "__main__":
    sys.exit(main())
