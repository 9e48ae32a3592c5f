# SPDX-License-Identifier: Apache-2.0
"""Copies in, launches twice, copies new data in, launches again: memory stays between commands."""
import numpy as np
import host
from host import COPY

SIZE = 23

runner = host.runtime()


def to_device(name, values):
    runner.memcpy_h2d(runner.get_id(name), values, 0, 0, 1, 1, SIZE, **COPY)


def from_device(name):
    values = np.full(SIZE, np.nan, dtype=np.float32)
    runner.memcpy_d2h(values, runner.get_id(name), 0, 0, 1, 1, SIZE, **COPY)
    return values


runner.load()
runner.run()

rng = np.random.default_rng(7)
x = rng.integers(-50, 50, SIZE).astype(np.float32)
scale = rng.integers(-8, 8, SIZE).astype(np.float32) / 4
to_device("x", x)
to_device("scale", scale)
np.testing.assert_array_equal(from_device("total"), np.zeros(SIZE))
runner.launch("accumulate", nonblock=False)
runner.launch("accumulate", nonblock=False)
np.testing.assert_array_equal(from_device("total"), 2 * scale * x)

to_device("total", np.full(SIZE, 1000, dtype=np.float32))
to_device("x", x[::-1].copy())
runner.launch("accumulate", nonblock=False)
np.testing.assert_array_equal(from_device("total"), 1000 + scale * x[::-1])
np.testing.assert_array_equal(from_device("x"), x[::-1])
runner.stop()
print("SUCCESS")
