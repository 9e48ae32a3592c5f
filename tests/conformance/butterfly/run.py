# SPDX-License-Identifier: Apache-2.0
"""A transform of eight points, twice: the second one of what the first one left."""
import numpy as np
import host
from host import COPY

STAGES = host.params()["stages"]
WIDTH = 1 << STAGES
reversed_bits = [int(f"{k:0{STAGES}b}"[::-1], 2) for k in range(WIDTH)]

generator = np.random.default_rng(6)
points = (generator.random(WIDTH) + 1j * generator.random(WIDTH)).astype(np.complex64)
runner = host.runtime()
point = runner.get_id("point")
runner.load()
runner.run()
runner.memcpy_h2d(point, points.view(np.float32), 0, 0, WIDTH, 1, 2, **COPY)
for _ in range(2):
    runner.launch("transform", nonblock=False)
    words = np.zeros(2 * WIDTH, np.float32)
    runner.memcpy_d2h(words, point, 0, 0, WIDTH, 1, 2, **COPY)
    got = words.view(np.complex64)
    np.testing.assert_allclose(got[reversed_bits], np.fft.fft(points), rtol=1e-4, atol=1e-4)
    points = got
runner.stop()
print("SUCCESS")
