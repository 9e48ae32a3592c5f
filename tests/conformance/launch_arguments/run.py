# SPDX-License-Identifier: Apache-2.0
"""Arguments of a launch reach every PE; queued commands run in order."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()


def copy(nonblock=False):
    return {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
            "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": nonblock}


integers_id, reals_id = runner.get_id("integers"), runner.get_id("reals")
runner.load()
runner.run()
integers = np.zeros(24, dtype=np.int32)
for a, b, c, d in ((-2**15, 2**16 - 1, -2**31, 2**32 - 1), (7, 40000, 2**31 - 1, 5)):
    runner.launch("store_integers", np.int16(a), np.uint16(b), np.int32(c), np.uint32(d),
                  nonblock=False)
    runner.memcpy_d2h(integers, integers_id, 0, 0, 2, 2, 6, **copy())
    signed_d = np.array(d, dtype=np.uint32).astype(np.int32)
    for place, row in enumerate(integers.reshape(4, 6)):
        np.testing.assert_array_equal(row, [a, b, c, signed_d, place, 0])

# Nothing of this is waited for but the last one; results are as if each had been.
tasks = [runner.launch("count", nonblock=True) for _ in range(5)]
tasks.append(runner.launch("store_reals", np.float32(1.5), np.float32(-4.0), nonblock=True))
tasks.append(runner.memcpy_d2h(integers, integers_id, 0, 0, 2, 2, 6, **copy(nonblock=True)))
reals = np.zeros(12, dtype=np.float32)
last = runner.memcpy_d2h(reals, reals_id, 0, 0, 2, 2, 3, **copy(nonblock=True))
runner.task_wait(last)
assert all(runner.is_task_done(task) for task in tasks)
np.testing.assert_array_equal(integers.reshape(4, 6)[:, 5], [5] * 4)
np.testing.assert_array_equal(reals.reshape(4, 3), [[1.5, -4.0, -6.0 + n] for n in range(4)])

task = runner.launch("count", nonblock=True)
while not runner.is_task_done(task):
    pass
runner.call("count", [], nonblock=False)
runner.call("store_reals", np.array([2.0, 0.5], dtype=np.float32).view(np.uint32), nonblock=False)
runner.memcpy_d2h(integers, integers_id, 1, 1, 1, 1, 6, **copy())
assert integers[5] == 7
runner.memcpy_d2h(reals, reals_id, 1, 1, 1, 1, 3, **copy())
np.testing.assert_array_equal(reals[:3], [2.0, 0.5, 4.0])
runner.stop()
print("SUCCESS")
