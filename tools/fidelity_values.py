# SPDX-License-Identifier: Apache-2.0
"""What a run shows of the values that a case publishes: (figure, published, ours) rows.

A value is a number, printed as `NAME = N`, or an object: published, pattern (a regular expression;
its group is the number in the output) and, where the output is in other units, cycles: how many
cycles one of its units is.
"""
import json
import re

WHOLE_RUN = ("active_cycles", "last_wavelet_landing_cycle")
PE_LINE = re.compile(r"^@(\d+) PE\((\d+),\s*(\d+)\)", re.M)
PE_NAME = re.compile(r"^PE(\d+) ")


class Missing(Exception):
    """The run does not show a value."""


def rows(values, folder, output):
    """`folder` is where the program ran, `output` what it printed. Ours is None for what the
    simulator does not record."""
    if all(PE_NAME.match(name) for name in values):
        yield from line_rows(values, (folder / "sim.log").read_text(encoding="utf-8"))
        return
    for name, published in values.items():
        if name == "active_cycles":
            stats = json.loads((folder / "sim_stats.json").read_text(encoding="utf-8"))
            yield name, published, stats["cycle_count"] - stats["idle_ce_cycles"]
        elif name == "last_wavelet_landing_cycle":
            yield name, published, None
        elif isinstance(published, dict):
            match = re.search(published["pattern"], output, re.M)
            if not match:
                raise Missing(f"no '{published['pattern']}' in the output")
            yield name, published["published"], round(float(match[1]) * published.get("cycles", 1))
        else:
            match = re.search(rf"\b{name} = (\d+)", output)
            if not match:
                raise Missing(f"no '{name} =' in the output")
            yield name, published, int(match[1])


def line_rows(values, log):
    """Cycles of log lines behind the first one; of a list its first line and the mean spacing.

    The lines of PE k, in order, are those that the names `PEk ...` publish, in order.
    """
    lines = {}
    for cycle, x, _ in PE_LINE.findall(log):
        lines.setdefault(int(x), []).append(int(cycle))
    base = None
    for name, published in values.items():
        wanted = published if isinstance(published, list) else [published]
        mine = lines.get(int(PE_NAME.match(name)[1]), [])
        ours, mine[:len(wanted)] = mine[:len(wanted)], []
        if len(ours) != len(wanted):
            raise Missing(f"{len(ours)} of {len(wanted)} log lines '{name}'")
        if base is None:
            base = (wanted[0], ours[0])
            continue
        yield f"{name}, first" if len(wanted) > 1 else name, wanted[0] - base[0], ours[0] - base[1]
        if len(wanted) > 1:
            steps = len(wanted) - 1
            yield f"{name}, spacing", (wanted[-1] - wanted[0]) / steps, (ours[-1] - ours[0]) / steps
