# SPDX-License-Identifier: Apache-2.0
"""A switch that deals words to three neighbours in turn."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
words_id = runner.get_id("words")
runner.load()
runner.run()
got = {name: [] for name in ("west", "east", "south")}
order = ["west", "east", "south"]  # position 2 is the first
position = 0
for positions in (5, 4):
    runner.launch("start", np.uint16(positions), nonblock=False)
    for i in range(positions):
        got[order[position % 3]] += [70000 + 2 * i, 70001 + 2 * i]
        position += 1
    for name, (x, y) in {"west": (0, 0), "east": (2, 0), "south": (1, 1)}.items():
        words = np.zeros(12, np.uint32)
        runner.memcpy_d2h(words, words_id, x, y, 1, 1, 12, **COPY)
        assert list(words) == got[name] + [0] * (12 - len(got[name])), (name, words)
runner.stop()
print("SUCCESS")
