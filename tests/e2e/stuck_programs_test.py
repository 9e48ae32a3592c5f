# SPDX-License-Identifier: Apache-2.0
"""A program that is stuck says at once who waits for what, and what is probably wrong."""
import sys

import pytest

from tests.harness import toolchain

TOOLS = toolchain.installed()

# mistake: texts that the report has on both architectures
REPORTS = {
    1: ["launch start is not done: 2 of 2 PEs", "waits for wavelets in input queue 2 (color 4)",
        "wavelets of color 4 from west",
        "PE P5.1: wavelets of color 4 from west reach a router without a route for it; is a "
        "@set_color_config missing?"],
    2: ["microthread 3: v.mov32 in start (pe.csl:",
        "PE P5.1: color 4 is routed to the ramp, but no queue or task takes it; is an "
        "@initialize_queue missing?"],
    3: ["P4.1 P5.1: idle; start was launched and unblock_cmd_stream was not called since",
        "PE P4.1 and 1 more: nothing is left that could call unblock_cmd_stream for the launch"],
    4: ["P5.1: task", "a host command waits",
        "main thread:", "waits for wavelets in input queue 2 (color 4)",
        "PE P5.1: a host command waits for the main thread, which waits in a synchronous"],
    5: ["memcpy_h2d of color 6 (1 x 1 PEs at 0, 0; 40 wavelets each) is not done: 1 of 1 PEs",
        "the host's stream of color 6 has moved",
        "commands run one after the other: memcpy_d2h of color 7 starts only when all wavelets of "
        "color 6 were taken"],
    6: ["launch start is not done: 1 of 2 PEs", "waits for wavelets in input queue 2 (color 18)",
        "PE P5.1: messages wait for the PE's message router, which is not enabled; every PE must "
        "call init of <message_passing>"],
}
WSE3_ONLY = {6}
ROUTES_AT_FAULT = {1, 2}  # a route, a queue is missing: the checks of routes say so before the run


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
@pytest.mark.parametrize("mistake", REPORTS)
def test_report(mistake, arch):
    if arch == "wse2" and mistake in WSE3_ONLY:
        pytest.skip("WSE-3 alone has it")
    folder = toolchain.copy_program("tests/e2e/programs/stuck")
    TOOLS.compile(folder, "layout.csl", f"--arch={arch}", "--fabric-dims=9,3",
                  "--fabric-offsets=4,1", "--memcpy", "--channels=1",
                  f"--params=mistake:{mistake},MEMCPYH2D_DATA_1_ID:6,MEMCPYD2H_DATA_1_ID:7",
                  "-o", "out", routes_at_fault=mistake in ROUTES_AT_FAULT)
    done = toolchain.succeed(
        TOOLS.cs_python(folder, "run.py", *(["--stream"] if mistake == 5 else [])))
    assert "the program is stuck at cycle" in done.stdout, done.stdout
    for text in REPORTS[mistake]:
        assert text in done.stdout, f"{text!r} is not in:\n{done.stdout}"


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
