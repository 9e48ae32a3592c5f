# SPDX-License-Identifier: Apache-2.0
"""Words that travel along rows of two lengths: cycles a PE and cycles a word."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

compiled = host.compiled()
params = host.params()
WIDTH, SIZE, KIND = params["width"], params["size"], params["kind"]
CHAIN, RELAY = 0, 1
HOP = 1 if compiled["arch"] == "wse2" else 2
LONG, SHORT = WIDTH - 2, WIDTH // 2 - 1  # PEs between sender and root

runner = host.runtime()
stamps_id = runner.get_id("stamps")
runner.load()
runner.run()


def elapsed(count):
    """Cycles in the long and the short row, from the word that starts the sender to the last."""
    runner.launch("start", np.uint16(count), nonblock=False)
    words = np.zeros(2 * 6, np.uint32)
    runner.memcpy_d2h(words, stamps_id, 0, 0, 1, 2, 6, streaming=False, nonblock=False,
                      data_type=MemcpyDataType.MEMCPY_16BIT, order=MemcpyOrder.ROW_MAJOR)
    clocks = words.reshape(2, 2, 3).astype(np.int64) @ np.array([1, 1 << 16, 1 << 32])
    return clocks[:, 1] - clocks[:, 0]


FEW, MANY = SIZE // 4, SIZE
few, many = elapsed(FEW), elapsed(MANY)
runner.stop()
print("cycles of long and short row:", few, many)
by_width = [(cycles[0] - cycles[1]) / (LONG - SHORT) for cycles in (few, many)]
by_words = [(many[row] - few[row]) / (MANY - FEW) for row in (0, 1)]
# The word that starts the sender took a hop a PE too.
if KIND == CHAIN:
    print("measured cycles_a_pe", by_width[0] - HOP)
    print("measured cycles_a_word", by_words[0])
elif KIND == RELAY:
    a_word = (by_width[1] - by_width[0]) / (MANY - FEW)
    print("measured cycles_a_pe", by_width[0] - FEW * a_word - HOP)
    print("measured cycles_a_pe_and_word", a_word)
else:
    # From landing to landing on one PE: without the hop between two.
    print("measured cycles_a_pe", by_width[0] - 2 * HOP)
    print("measured cycles_a_word", by_words[0])
print("SUCCESS")
