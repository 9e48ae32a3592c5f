# SPDX-License-Identifier: Apache-2.0
"""Each row against the same operation of NumPy in single precision."""
import numpy as np
import host
from host import COPY

SIZE, OPERATIONS = 17, 12

runner = host.runtime()
runner.load()
runner.run()
rng = np.random.default_rng(11)
a = rng.standard_normal(SIZE).astype(np.float32)
b = (rng.standard_normal(SIZE) * 1e3).astype(np.float32)
runner.memcpy_h2d(runner.get_id("a"), a, 0, 0, 1, 1, SIZE, **COPY)
runner.memcpy_h2d(runner.get_id("b"), b, 0, 0, 1, 1, SIZE, **COPY)
runner.launch("apply", nonblock=False)
flat = np.zeros(OPERATIONS * SIZE, dtype=np.float32)
runner.memcpy_d2h(flat, runner.get_id("out"), 0, 0, 1, 1, flat.size, **COPY)
runner.stop()

out = flat.reshape(OPERATIONS, SIZE)
constant = np.full(SIZE, 2.5, dtype=np.float32)
# f64 holds the product of two f32 exactly; its sum with a third is rounded once more than a fused
# operation would, which no value here shows.
fused = (a.astype(np.float64) - 3.0 * b.astype(np.float64)).astype(np.float32)
expected = [a + b, a - b, a * b, np.maximum(a, b), -a, np.abs(a), a[::-1], constant,
            a + np.float32(0.125), fused, a[0] - b]
for number, row in enumerate(expected):
    np.testing.assert_array_equal(out[number], row, err_msg=f"operation {number}")
total = np.float32(1.0)
for value in a:
    total = np.float32(total + value)
np.testing.assert_array_equal(out[11], [total] * 4 + [0] * (SIZE - 4))
print("SUCCESS")
