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
ROUTES_AT_FAULT = {1, 2}  # a route, a queue is missing: route checks report it before the run


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


# Of tests/e2e/programs/mistakes; pe.csl there says what is wrong with each.
MISTAKES = {
    1: ["PE P4.1: the route of color 4 leads west, out of the program's rectangle, where 24 of its "
        "wavelets were dropped"],
    2: ["PE P5.1 (x=1, y=0 of the program): input queue 2 is used, but no color is bound to it "
        "(@initialize_queue) in start (pe.csl:"],
    3: ["microthread 2: v.mov32 in start (pe.csl:", "has done 20 of 24 elements and waits for",
        "PE P5.1: v.mov32 in start (pe.csl:", "has had 20 of 24 elements, and no more wavelets of "
        "color 4 are on their way; do both sides count the same?"],
    4: ["PE P5.1: task 11 waits (pe.csl:", "was activated, but is blocked, and no operation under "
        "way unblocks it; is an @unblock missing?"],
    5: ["PE P5.1: nothing is left that could call unblock_cmd_stream for the launch"],
    6: ["waits for room in FIFO 0 (fifo_buffer)",
        "PE P5.1: FIFO 0 (fifo_buffer) is full, and no operation under way takes elements out"],
    7: ["P4.1: task", "main thread: v.mov32 in start (pe.csl:",
        "PE P4.1: v.mov32 in start (pe.csl:", "PE P5.1: v.mov32 in start (pe.csl:",
        "PEs that wait for each other need .async = true"],
    8: ["PE P5.1: the host asks for 10 wavelets of color 7, the PE has sent 0"],
    9: ["PE P5.1: the host asks for 10 wavelets of color 9, the PE has sent 0"],
    10: ["PE P5.1: a control wavelet for control task 42 was dropped, since no task is bound to "
         "that id (@bind_control_task)"],
    11: ["PE P4.1: the route of color 4 takes nothing from the ramp, where wavelets wait; its "
         "switch is in position 1 of 2"],
    12: ["the fabric did not come to rest in 100000 cycles after the last command (the limit set)",
         "P5.1: task", "now in start (pe.csl:40:"],
    13: ["launch start is not done after 100000 cycles (the limit set)", "P5.1: task",
         "now in start (pe.csl:40:"],
    14: ["PE P4.1 (x=0, y=0 of the program): an asynchronous operation starts on microthread 3, "
         "which still runs another one in start (pe.csl:", ", which started in start (pe.csl:"],
}
TAKEN = {8: 7, 9: 9}  # the color of the stream that the host asks for
ENDED_BY_LIMIT = {12, 13}


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(mistake, arch):
    folder = toolchain.copy_program("tests/e2e/programs/mistakes")
    TOOLS.compile(folder, "layout.csl", f"--arch={arch}", "--fabric-dims=9,3",
                  "--fabric-offsets=4,1", "--memcpy", "--channels=1",
                  f"--params=mistake:{mistake},MEMCPYH2D_DATA_1_ID:6,MEMCPYD2H_DATA_1_ID:7",
                  "-o", "out", routes_at_fault=mistake == 1)
    args = [f"--take={TAKEN[mistake]}"] if mistake in TAKEN else []
    limit = {"CS_SIMFAB_CYCLE_LIMIT": "100000"} if mistake in ENDED_BY_LIMIT else {}
    here = toolchain.succeed(TOOLS.cs_python(folder, "run.py", *args, **limit)).stdout
    for text in MISTAKES[mistake]:
        assert text in here, f"{text!r} is not in:\n{here}"
    with TOOLS.system(folder) as address:
        there = TOOLS.cs_python(folder, "run.py", *args, f"--cmaddr={address}", **limit)
    assert toolchain.succeed(there).stdout == here


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
