# SPDX-License-Identifier: Apache-2.0
"""A switch that deals words to three neighbours in turn."""
import numpy as np
import host
from host import COPY

runner = host.runtime()
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
