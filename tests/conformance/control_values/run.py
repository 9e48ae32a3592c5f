# SPDX-License-Identifier: Apache-2.0
"""Control wavelets with values for control tasks."""
import numpy as np
import host
from host import COPY

runner = host.runtime()
result_id = runner.get_id("result")
runner.load()
runner.run()
for times in (1, 2):
    runner.launch("start", nonblock=False)
    for x, y in ((1, 1), (0, 0)):
        got = np.zeros(3, np.int32)
        runner.memcpy_d2h(got, result_id, x, y, 1, 1, 3, **COPY)
        assert list(got) == [times * (5 - 9 + 300), 300, 3 * times], (x, y, got)
runner.stop()
print("SUCCESS")
