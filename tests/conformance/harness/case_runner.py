# SPDX-License-Identifier: Apache-2.0
"""Compiles the programs of case files, runs them, and says what is not as they expect.

`Batch` compiles each program for each of its architectures with the installed `cslc`, and runs all
of them in one process. `findings(...)` of a program is empty when everything is as stated.
"""
import json
import pathlib
import re
import subprocess

import numpy as np

from tests.conformance.harness import case_file, case_program

GEOMETRY = ["--fabric-dims=11,6", "--fabric-offsets=4,1"]
_MESSAGE = re.compile(r"^(?:.*/)?([^/\s]+\.csl):(\d+):\d+: (error|warning): (.*)$", re.M)
_NAMES = {"inf": float("inf"), "nan": float("nan"), "true": True, "false": False, "range": range,
          "sum": sum, "f32": np.float32, "f16": np.float16, "float": float, "int": int,
          "bits": lambda number: Bits(number)}


class Bits(int):
    """The bits of a floating-point number."""


class Job:
    """A program for one architecture: what the compiler said, and what came of the run."""

    def __init__(self, program, arch, folder, tools, options=()):
        self.program, self.arch, self.folder = program, arch, folder
        folder.mkdir(parents=True)
        for name, text in program.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        main = next(iter(program.files))
        text, self.readings = case_program.complete(program, arch)
        (folder / main).write_text(text, encoding="utf-8")
        layout = case_program.layout(program, main)
        if layout:
            (folder / "conf_layout.csl").write_text(layout, encoding="utf-8")
        options = [*program.directives.get("options", "").split(), *options]
        self.compiled = tools.cslc(folder, "conf_layout.csl" if layout else main, f"--arch={arch}",
                                   *GEOMETRY, *options, "-o", "out")
        self.result = {"failed": "it did not run"}

    def runs(self):
        return self.compiled.returncode == 0 and "compiles" not in self.program.directives


class Batch:
    """All programs of some case files, compiled with `options` beside their own."""

    def __init__(self, programs, folder, tools, options=()):
        self.folder, self.tools = folder, tools
        self.jobs = [Job(program, arch, folder / f"{number}-{arch}", tools, options)
                     for number, program in enumerate(programs)
                     for arch in program.architectures()]

    def run(self, threads=1, **env):
        """Runs what compiled, on so many threads; leaves the results in the jobs. Returns self."""
        left = [job for job in self.jobs if job.runs()]
        while left:
            left = left[self._run(left, threads, env):]
        return self

    def _run(self, jobs, threads, env):
        """Runs jobs until one of them ends the process; how many ran."""
        request = self.folder / "jobs.json"
        request.write_text(json.dumps([
            [str(job.folder / "out"), [[r.symbol, *r.place] for r in job.readings]]
            for job in jobs]), encoding="utf-8")
        script = pathlib.Path(__file__).parent / "case_device.py"
        try:
            done = self.tools.cs_python(self.folder, script, request, threads, **env)
            output, end = done.stdout, f"the process ended with {done.returncode}: {done.stderr}"
        except subprocess.TimeoutExpired as late:
            output, end = (late.stdout or b"").decode(), f"it still ran after {late.timeout} s"
        answers = output.split("next\n")[1:]
        for job, answer in zip(jobs, answers):
            job.result = json.loads(answer) if answer.strip() else {"failed": end}
        if not answers:
            raise AssertionError(end)
        return len(answers)


def findings(job):
    """What is not as the program expects, one text each."""
    found = _message_findings(job)
    refused = job.program.is_refused(job.arch)
    if refused != (job.compiled.returncode == 1) or job.compiled.returncode not in (0, 1):
        found.append(f"cslc ended with {job.compiled.returncode}:\n{job.compiled.stderr}")
    said = job.program.directives.get("refused", job.program.directives.get("warned", ""))
    if said not in job.compiled.stderr:
        found.append(f"cslc did not say '{said}':\n{job.compiled.stderr}")
    if found or refused:
        return found
    wanted_output = job.program.directives.get("output")
    if wanted_output is not None and job.compiled.stdout.splitlines() != wanted_output:
        found.append(f"cslc printed {job.compiled.stdout.splitlines()}, not {wanted_output}")
    if job.runs():
        found += _run_findings(job)
    return found


def _message_findings(job):
    stated = [m for m in job.program.messages if case_file.applies(m.words, job.arch)]
    wanted, found = list(stated), []
    for file, line, severity, text in _MESSAGE.findall(job.compiled.stderr):
        match = next((m for m in wanted if (m.line, m.severity) == (int(line), severity)
                      and m.text in text), None)
        if match:
            wanted.remove(match)
        elif severity == "warning" and any(
                allowed in text for allowed in job.program.directives.get("allow", ())):
            continue
        elif not any((m.line, m.severity) == (int(line), severity) for m in stated):
            found.append(f"{file}:{line}: {severity} that is not expected: {text}")
    return found + [f"line {m.line}: no {m.severity} with '{m.text}':\n{job.compiled.stderr}"
                    for m in wanted]


def _run_findings(job):
    fault = job.program.directives.get("fault")
    failed = job.result.get("failed")
    if fault is not None:
        return [] if failed and fault in failed else [f"no fault with '{fault}', but {job.result}"]
    if failed:
        return [failed]
    found = []
    for reading, raw in zip(job.readings, job.result["values"]):
        text = _difference(reading, bytes.fromhex(raw))
        if text:
            found.append(f"line {reading.expectation.line}: {reading.expectation.name} "
                         f"{reading.how}: {text}")
    return found


def _difference(reading, raw):
    """None when the bytes are what is expected."""
    expected = reading.expectation
    wanted = eval(expected.value, {"__builtins__": {}}, _NAMES)  # the text of our own case
    wanted = list(wanted) if isinstance(wanted, (list, range, tuple)) else [wanted]
    if reading.dtype == "bool":  # the bits beside the value are nobody's
        got, wanted = [bool(b) for b in raw[::len(raw) // len(wanted)]], [bool(w) for w in wanted]
        return None if got == wanted else f"{got}, not {wanted}"
    dtype = np.dtype({"f": "float", "i": "int", "u": "uint"}[reading.dtype[0]] + reading.dtype[1:])
    if len(raw) != dtype.itemsize * len(wanted):
        return f"{len(raw)} bytes, not {len(wanted)} {reading.dtype}"
    got = np.frombuffer(raw, dtype)
    for index, (g, w) in enumerate(zip(got, wanted)):
        if not _same(g, w, dtype, expected.within):
            return f"[{index}] is {_shown(g)}, not {w}; all: {got.tolist()}"
    return None


def _same(got, wanted, dtype, within):
    if isinstance(wanted, Bits):
        return int(got.view(f"u{dtype.itemsize}")) == wanted
    if dtype.kind != "f":
        return int(got) == int(wanted)
    if np.isnan(wanted) or np.isnan(got):
        return bool(np.isnan(wanted) and np.isnan(got))
    if within:
        return abs(float(got) - wanted) <= within
    exact = dtype.type(wanted)
    return got == exact and np.signbit(got) == np.signbit(exact)


def _shown(value):
    bits = int(value.view(f"u{value.dtype.itemsize}"))
    return f"{value} (0x{bits:x})"
