#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples_vary.py SUITE [--toolchain=BIN] [--only=TEXT] [--seconds=N] [--jobs=N] [--table=FILE]

Runs the examples of a checkout of the public suite (SDK 2.10) with other sizes and shapes than
those they come with. The table says what changes and what is expected of it; the default is
examples_vary.txt beside this script, whose head explains the form. Prints a line a run and the
sums; the exit code is 0 if each run came out as its row says.

A run passes if its commands file ends with exit code 0 and its host script, where it ever prints
SUCCESS, printed it as often as it was called. A run stops if it ends with another exit code and the
text that the row quotes stands in its output: an error of the toolchain or an assertion of the
example that names the limit. A run that is killed after --seconds never counts as either.
"""
import argparse
import concurrent.futures
import dataclasses
import pathlib
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from tools import bounded  # noqa: E402 (needs the path above)

TABLE = pathlib.Path(__file__).resolve().parent / "examples_vary.txt"
ARCHITECTURES = ("wse2", "wse3")


@dataclasses.dataclass
class Variation:
    """One row of the table, for one architecture."""
    example: str
    arch: str
    changes: list
    stops: str  # "" if the run must pass


def read_table(text):
    """The variations of a table; ValueError names the line that has not the form of a row."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|", 3)]
        if len(cells) != 4:
            raise ValueError(f"line {number}: {len(cells)} cells, a row has 4: {line}")
        example, archs, changes, outcome = cells
        if outcome != "passes" and not re.fullmatch(r"stops: .+", outcome):
            raise ValueError(f"line {number}: outcome '{outcome}': it is 'passes' or 'stops: TEXT'")
        for arch in ARCHITECTURES if archs == "both" else [archs]:
            if arch not in ARCHITECTURES:
                raise ValueError(f"line {number}: architecture '{arch}': it is wse2, wse3 or both")
            rows.append(Variation(example, arch, changes.split(), outcome[len("stops: "):]
                                  if outcome != "passes" else ""))
    return rows


def changed(script, changes):
    """The commands file with the changes; ValueError if one finds nothing to change.

    `name:value` sets a parameter of --params, `-x=value` or `--option=value` an option that the
    file gives; `+--option=value` gives the host script one more; `!--option` leaves one out.
    """
    for change in changes:
        if change.startswith("!"):
            script, count = re.subn(rf"(?<=\s){re.escape(change[1:])}(?=\s)", "", script)
        elif change.startswith("+"):
            script, count = re.subn(r"^cs_python\s+\S+", rf"\g<0> {change[1:]}", script,
                                    flags=re.MULTILINE)
        elif change.startswith("-"):
            option, value = change.split("=", 1)
            script, count = re.subn(rf"(?<=\s){re.escape(option)}([= ])[^\s\\]+",
                                    rf"{option}\g<1>{value}", script)
        else:
            name, value = change.split(":", 1)
            script, count = re.subn(rf"(?<=[=,]){re.escape(name)}:[^\s,\\]+", f"{name}:{value}",
                                    script)
        if not count:
            raise ValueError(f"'{change}' changes nothing in the commands file")
    return script


def wanted_successes(script, folder):
    """How often the host scripts that ever print SUCCESS are called."""
    calls = re.findall(r"^cs_python\s+(\S+)", script, re.MULTILINE)
    return sum("SUCCESS" in (folder / name).read_text(encoding="utf-8") for name in calls)


def outcome(variation, script, folder, code, text):
    """'' if the run came out as its row says, else what is wrong."""
    last = next((line for line in reversed(text.split("\n")) if "rror" in line), "")
    if code is None:
        return "still running"
    if variation.stops:
        if code == 0:
            return f"passed, the table says that it stops: {variation.stops}"
        return ("" if variation.stops in text
                else f"stopped with another error: {last or text[-200:]}")
    if code:
        return f"exit code {code}: {last or text[-200:]}"
    printed, wanted = text.count("SUCCESS"), wanted_successes(script, folder)
    return "" if printed >= wanted else f"SUCCESS printed {printed} times, wanted {wanted}"


def vary(suite, variation, toolchain, seconds):
    """(what is wrong or '', seconds) of one variation, run in a copy of the suite."""
    with tempfile.TemporaryDirectory(prefix="vary.") as scratch:
        copy = pathlib.Path(scratch) / "suite"
        shutil.copytree(suite, copy, ignore=shutil.ignore_patterns(".git"))
        folder = copy / variation.example
        start = time.monotonic()
        try:
            commands = folder / f"commands_{variation.arch}.sh"
            script = changed(commands.read_text(encoding="utf-8"), variation.changes)
        except (OSError, ValueError) as error:
            return str(error), 0.0
        code, text = bounded.run(["bash", "-e", "-c", script], folder, toolchain, seconds)
        return outcome(variation, script, folder, code, text), time.monotonic() - start


def main():
    """See the top of the file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("suite", type=pathlib.Path)
    parser.add_argument("--toolchain", type=pathlib.Path, help="bin folder (default: of cslc)")
    parser.add_argument("--only", default="", help="rows whose example contains this text")
    parser.add_argument("--seconds", type=int, default=300, help="limit of one run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", type=pathlib.Path, default=TABLE)
    arguments = parser.parse_args()
    found = shutil.which("cslc")
    toolchain = arguments.toolchain or (found and pathlib.Path(found).parent)
    if not toolchain:
        sys.exit("no cslc on the PATH: give --toolchain=BIN")
    try:
        rows = [row for row in read_table(arguments.table.read_text(encoding="utf-8"))
                if arguments.only in row.example]
    except (OSError, ValueError) as error:
        sys.exit(f"{arguments.table}: {error}")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda row: vary(arguments.suite.resolve(), row, toolchain.resolve(),
                                            arguments.seconds), rows)
        for row, (wrong, seconds) in zip(rows, results):
            said = "FAILED" if wrong else "stopped" if row.stops else "passed"
            print(f"{said:8}{seconds:7.1f} s  {row.example} {row.arch} {' '.join(row.changes)}",
                  flush=True)
            if wrong:
                failed += 1
                print(f"    {wrong[:300]}", flush=True)
    stopped = sum(bool(row.stops) for row in rows)
    print(f"{len(rows)} variations: {len(rows) - failed} as the table says ({stopped} rows stop), "
          f"{failed} failed")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
