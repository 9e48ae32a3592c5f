#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""compare_engines.py SUITE --toolchain=BIN [--arch=wse3] [--only=TEXT] [--seconds=N]

Runs the programs of a checkout of the public example suite on the engine and on the reference
simulator (CS_SIMFAB_ENGINE), and compares what each run printed, its exit code, its log and its
statistics, cycles included. Every folder of SUITE with a commands_ARCH.sh is a program; its script
runs as it stands, in a copy, with a cs_python that does each run twice.

One line a program: `same`, `differ` with the first difference, or `no run` where the script failed
before anything was compared, or the reference took more than N seconds. Exit code 0: no program
differs.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# What a run takes in real time, and with how many threads.
WALL_TIMES = ("sim_time", "total_time", "cycles_per_second", "tile_cycles_per_second", "threads")
# Programs print it.
WALL_TIME_LINE = re.compile(r".*(wall.?time|time to compute|\d\.\d{6,}(e-\d+)?s\b).*\n?", re.I)
ENGINES = ("sharded", "reference")
SECONDS = 600


def statistics(path):
    """sim_stats.json without what differs between any two runs."""
    if not path.is_file():
        return None
    numbers = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in numbers.items() if key not in WALL_TIMES}


def observe(command, engine, seconds):
    """([(what, value)] that a run in this folder shows, how it ended); None: it took too long."""
    for name in ("sim_stats.json", "sim.log"):
        pathlib.Path(name).unlink(missing_ok=True)
    try:
        done = subprocess.run(command, env={**os.environ, "CS_SIMFAB_ENGINE": engine},
                              capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    log = pathlib.Path("sim.log")
    return [("exit code", done.returncode), ("output", WALL_TIME_LINE.sub("", done.stdout)),
            ("statistics", statistics(pathlib.Path("sim_stats.json"))),
            ("log", log.read_text(encoding="utf-8") if log.is_file() else None)], done


def first_difference(left, right):
    """What differs between two observations, "" if nothing does."""
    for (what, a), (_, b) in zip(left, right):
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            keys = [key for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)]
            return f"{what}: {keys[0]} {a.get(keys[0])} and {b.get(keys[0])}"
        if isinstance(a, str) and isinstance(b, str):
            lines = [pair for pair in zip(a.splitlines(), b.splitlines()) if pair[0] != pair[1]]
            return f"{what}: '{lines[0][0]}' and '{lines[0][1]}'" if lines else f"{what}: length"
        return f"{what}: {a} and {b}"
    return ""


def run_twice(command, verdicts, seconds):
    """What stands for cs_python in the programs' scripts."""
    runs = [observe(command, engine, seconds) for engine in ENGINES]
    if None in runs:
        verdict = f"no run: more than {seconds} seconds"
    else:
        difference = first_difference(runs[0][0], runs[1][0])
        verdict = f"differ: {difference}" if difference else "same"
    with open(verdicts, "a", encoding="utf-8") as file:
        file.write(verdict + "\n")
    if runs[0] is None:
        return 1
    done = runs[0][1]
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


def compare(suite, folder, options):
    """The verdict on one program."""
    with tempfile.TemporaryDirectory(prefix="compare-engines-") as scratch:
        scratch = pathlib.Path(scratch)
        shutil.copytree(suite, scratch / "suite", ignore=shutil.ignore_patterns(".git"))
        tools = scratch / "bin"
        tools.mkdir()
        verdicts = scratch / "verdicts"
        wrapper = tools / "cs_python"
        wrapper.write_text(
            f'#!/bin/sh\nexec {sys.executable} {pathlib.Path(__file__).resolve()} --twice '
            f'{verdicts} {options.seconds} {options.toolchain / "cs_python"} "$@"\n',
            encoding="utf-8")
        wrapper.chmod(0o755)
        path = f"{tools}:{options.toolchain}:{os.environ['PATH']}"
        done = subprocess.run(["bash", f"commands_{options.arch}.sh"], env={**os.environ,
                                                                          "PATH": path},
                              cwd=scratch / "suite" / folder, capture_output=True, text=True,
                              check=False)
        found = verdicts.read_text(encoding="utf-8").splitlines() if verdicts.is_file() else []
        worst = [v for v in found if v.startswith("differ")] or [v for v in found if v != "same"]
        if worst:
            return worst[0]
        return f"same ({len(found)} runs)" if found else f"no run: exit code {done.returncode}"


def main():
    if sys.argv[1:2] == ["--twice"]:
        return run_twice(sys.argv[4:], sys.argv[2], int(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--toolchain", type=pathlib.Path, required=True, help="its bin folder")
    parser.add_argument("--arch", default="wse3", choices=("wse2", "wse3"))
    parser.add_argument("--only", default="", help="programs with TEXT in their path")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    options = parser.parse_args()
    options.toolchain = options.toolchain.resolve()
    folders = sorted(script.parent.relative_to(options.suite)
                     for script in options.suite.rglob(f"commands_{options.arch}.sh"))
    counts = {"same": 0, "differ": 0, "no run": 0}
    for folder in folders:
        if options.only not in str(folder):
            continue
        verdict = compare(options.suite, folder, options)
        counts[next(kind for kind in counts if verdict.startswith(kind))] += 1
        print(f"{folder}: {verdict}", flush=True)
    print(", ".join(f"{number} {kind}" for kind, number in counts.items()))
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
