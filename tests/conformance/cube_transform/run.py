# SPDX-License-Identifier: Apache-2.0
"""Transforms of a cube against NumPy, forward and back, complex and real, in each norm."""
import numpy as np
import host
from host import COPY

params = host.params()
WIDTH, N = params["width"], params["size"]
P = N // WIDTH
NORMS = ["backward", "ortho", "forward"]


def deal(cube):
    """By PE: entry z P P + (y mod P) P + x mod P."""
    parts = cube.reshape(WIDTH, P, WIDTH, P, N)  # x, y, z
    parts = parts.transpose(2, 0, 4, 3, 1)  # rows of PEs are y
    return np.ascontiguousarray(parts).reshape(WIDTH, WIDTH, -1).astype(np.complex64)

runner = host.runtime()
x_id, twiddles_id = runner.get_id("X"), runner.get_id("twiddle_array")
time_id = runner.get_id("fft_time")
runner.load()
runner.run()
angles = 2 * np.pi * np.arange(N // 2) / N
twiddles = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).ravel()
runner.memcpy_h2d(twiddles_id, np.tile(twiddles, WIDTH * WIDTH), 0, 0, WIDTH, WIDTH, N, **COPY)
random = np.random.default_rng(11)
cube = random.standard_normal((N, N, N)) + 1j * random.standard_normal((N, N, N))
per_pe = 2 * P * P * N


def run(given, expected, name, *arguments):
    data = deal(given).view(np.float32).ravel()
    runner.memcpy_h2d(x_id, data, 0, 0, WIDTH, WIDTH, per_pe, **COPY)
    runner.launch(name, *arguments, nonblock=False)
    got = np.zeros(per_pe * WIDTH * WIDTH, np.float32)
    runner.memcpy_d2h(got, x_id, 0, 0, WIDTH, WIDTH, per_pe, **COPY)
    wanted = deal(expected).ravel()
    error = np.abs(got.view(np.complex64) - wanted).max() / np.abs(wanted).max()
    assert error < 1e-5, (name, arguments, error)


for norm, name in enumerate(NORMS):
    run(cube, np.fft.fftn(cube, norm=name), "csfftExecC2C", np.int16(norm), np.int16(0))
    run(cube, np.fft.ifftn(cube, norm=name), "csfftExecC2C", np.int16(norm), np.int16(1))
run(cube.real, np.fft.fftn(cube.real), "csfftExecR2C", np.int16(0))
run(np.fft.fftn(cube.real), cube.real, "csfftExecC2R", np.int16(0))
cycles = np.zeros(2 * WIDTH * WIDTH, np.uint32)
runner.memcpy_d2h(cycles, time_id, 0, 0, WIDTH, WIDTH, 2, **COPY)
assert (cycles.reshape(-1, 2)[:, 0] > 0).all() and (cycles.reshape(-1, 2)[:, 1] == 0).all()
runner.stop()
print("SUCCESS")
