# SPDX-License-Identifier: Apache-2.0
"""What SIMFABRIC_DEBUG and CS_SIMFAB_TRACE write: the lines that scripts look for, the same as
JSON, a timeline, on the simulator and over a CS system alike."""
import json
import re

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()
LANDING = re.compile(r"^@(\d+) P(\d+)\.(\d+) \(\w+\) landing C(\d+) from link ([WESNR]), "
                     r"ctrl=(\d), idx=([0-9A-F]{4}), data=([0-9A-F]{4}) \(fp16\([^)]*\)\), half=0, "
                     r"ident=([0-9A-F]{8}), lf=(\d)$")
ROUTER = re.compile(r"^@(\d+) P(\d+)\.(\d+) \(\w+\) wavelet C(\d+) ctrl=(\d), idx=([0-9a-fA-F]+), "
                    r"data=([0-9a-fA-F]+) \([^)]*\([^)]*\)\), half=(\d), ident=([0-9a-fA-F]+) "
                    r"landing=([RENWSD-]) departing=/(.{5})/")
ISSUE = re.compile(r"^@(\d+)\s+P(\d+)\.(\d+):\s+Id:\s+(\d+),\s+Instr:\s+(\d+),\s+Seq:\s+(\d+),"
                   r"\s+Pipe:\s+(\d+),\s+Msg:\s+\[(\w+)\s+OP\]\s+0x(\w+):\s+T(\d+)(?:\.UT(\d+))?"
                   r"\s+(\w+)")
HOP_CYCLES = {"wse2": 1, "wse3": 2}


def compiled(arch):
    folder = toolchain.copy_program("tests/e2e/programs/traced")
    TOOLS.compile(folder, "layout.csl", f"--arch={arch}", "--fabric-dims=9,3",
                  "--fabric-offsets=4,1", "--memcpy", "--channels=1", "-o", "out")
    return folder


def run(folder, *args, **env):
    done = toolchain.succeed(TOOLS.cs_python(folder, "run.py", *args, **env))
    assert "SUCCESS" in done.stdout
    return done, (folder / "sim.log").read_text(), (folder / "sim.jsonl").read_text()


def values(text):
    """(cycle, place, from) of landings of words by payload."""
    found = {}
    for line in text.splitlines():
        match = LANDING.match(line)
        if match:
            payload = int(match[7] + match[8], 16)
            found.setdefault(payload, []).append((int(match[1]), match[2], match[5], match[9]))
    return found


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_landings(arch):
    folder = compiled(arch)
    _, plain, _ = run(folder)
    assert "landing" not in plain
    _, text, _ = run(folder, SIMFABRIC_DEBUG="landing")
    assert text.startswith("@0 dimX=9, dimY=3\n")
    landings = values(text)
    assert sorted(landings) == [3 * i for i in range(8)]
    hop = HOP_CYCLES[arch]
    for word in landings.values():
        (ramp, left, side, ident), (cycle, right, other, same) = word
        assert (left, side, right, other) == ("4", "R", "5", "W")
        assert cycle >= ramp + 2 * hop and ident == same
    (ramp, *_), (cycle, *_) = landings[0]  # nothing is before the first one
    assert cycle == ramp + 2 * hop
    _, of_container, _ = run(folder, SINGULARITYENV_SIMFABRIC_DEBUG="landing")
    assert of_container == text


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_last_line_counts_cycles_and_those_without_wavelets(arch):
    folder = compiled(arch)
    _, text, _ = run(folder, SIMFABRIC_DEBUG="router")
    stats = json.loads((folder / "sim_stats.json").read_text())
    (cycles,) = re.findall(r"cycles=([0-9]+)", text)
    (since,) = re.findall(r"([0-9]+) cycles since a wavelet landed", text)
    assert int(cycles) == stats["cycle_count"]
    moves = [int(match[1]) for match in map(ROUTER.match, text.splitlines()) if match]
    assert int(cycles) - int(since) == max(moves)
    _, plain, _ = run(folder)
    assert plain.splitlines()[-1] == text.splitlines()[-1]


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_all_switches_in_process_and_over_a_system(arch):
    folder = compiled(arch)
    switches = {"SIMFABRIC_DEBUG": "landing,router,inst_trace,tasks"}
    _, text, objects = run(folder, **switches)
    lines = text.splitlines()
    routes = [match for line in lines if (match := ROUTER.match(line))]
    assert len(routes) == 16
    assert {match[11] for match in routes} == {"E    ", "    R"}
    issued = [match for line in lines if (match := ISSUE.match(line))]
    groups = [m for m in issued if m[8] == "EX" and m[11] == "3" and m[12] == "MOV32"]
    assert [int(m[6]) for m in groups] == list(range(8))
    cycles = [int(line[1:].split()[0]) for line in lines]
    assert cycles == sorted(cycles)
    # The same as JSON, a line for a line behind the first.
    records = [json.loads(line) for line in objects.splitlines()]
    assert len(records) == len(lines) - 1
    assert [record["cycle"] for record in records] == cycles[1:]
    assert {"message", "landing", "router", "issue", "execute", "idle", "task_start",
            "task_end"} <= {record["kind"] for record in records}
    lines_named = {record["line"].rsplit(":", 1)[0] for record in records
                   if record["kind"] == "issue"}
    assert any(line.startswith("left.csl:") for line in lines_named), lines_named
    with TOOLS.system(folder) as address:
        _, over_tcp, objects_over_tcp = run(folder, "--cmaddr", address, **switches)
    assert over_tcp == text
    assert objects_over_tcp == objects
    _, threads, _ = run(folder, CS_SIMFAB_THREADS="7", CS_SIMFAB_SHARDS="2", **switches)
    assert threads == text


def test_unknown_switch_is_named():
    done, text, _ = run(compiled("wse3"), SIMFABRIC_DEBUG="landing,everything")
    assert "SIMFABRIC_DEBUG: 'everything' is not known" in done.stderr
    assert " landing C4 " in text


def test_timeline():
    folder = compiled("wse3")
    trace = folder / "simfab_traces" / "trace.json"
    run(folder)
    assert not trace.exists() and trace.parent.is_dir()
    run(folder, CS_SIMFAB_TRACE="1")
    events = json.loads(trace.read_text())
    names = {event["args"]["name"] for event in events if event["ph"] == "M"}
    assert {"P4.1", "P5.1", "tasks", "main thread", "microthread 3", "router, color 4"} <= names
    tasks = [event["name"] for event in events if event.get("cat") == "task"]
    assert tasks.count("word") == 8 and "start" in tasks and "done" in tasks
    sends = [event for event in events if event["name"] == "MOV32"]
    assert sum(event["dur"] for event in sends) == 8
    assert sends[0]["args"]["line"].startswith("left.csl:")
    moves = [e for e in events if e.get("cat") == "wavelet" and e["ph"] == "X"]
    assert len(moves) == 16
    arrows = [event["ph"] for event in events if event["name"] == "wavelet"]
    assert arrows.count("s") == arrows.count("f") == 8
    with TOOLS.system(folder) as address:
        run(folder, "--cmaddr", address, CS_SIMFAB_TRACE="1")
    assert json.loads(trace.read_text()) == events
    run(folder, "--no-traces", CS_SIMFAB_TRACE="1")
    assert not trace.exists()


def test_wrong_bound_is_an_error():
    folder = compiled("wse3")
    done = TOOLS.cs_python(folder, "run.py", CS_SIMFAB_TRACE="1", CS_SIMFAB_TRACE_MB="0")
    assert done.returncode != 0
    assert "CS_SIMFAB_TRACE_MB=0: must be 1.." in done.stderr
