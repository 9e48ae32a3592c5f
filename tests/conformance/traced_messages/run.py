# SPDX-License-Identifier: Apache-2.0
"""Traces of <debug>, read after the run."""
import numpy as np
from cerebras.sdk.debug.debug_util import debug_util
import host
from host import args

WIDTH, COUNT, FIRST = 5, 4, 40

runner = host.runtime()
runner.load()
runner.run()
runner.launch("send", np.uint16(FIRST), nonblock=False)
runner.stop()

debug = debug_util(args.name, cmaddr=args.cmaddr)
assert debug.read_trace(4, 1, "words") == ["sends from", FIRST, True]
words = [1000 * (FIRST + i) for i in range(COUNT)]
for x in range(1, WIDTH):
    trace = debug.read_trace(4 + x, 1, "words")
    assert trace == [value for word in words for value in ("word", word, word / 8)], trace
for x in range(WIDTH):
    times = debug.read_trace(4 + x, 1, "times")
    assert len(times) == COUNT and times == sorted(set(times)), times
print("SUCCESS")
