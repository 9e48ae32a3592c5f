# SPDX-License-Identifier: Apache-2.0
"""Every function of <math> that takes one f32, of numbers from all of its domain, against NumPy in
double precision: 131072 with bits equally far apart among all of them, and as many in the range
where the function is hard. Errors are in units of the last place."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

N = 8192
PARTS = 16
np.seterr(all="ignore")


def significand(x):
    fraction, _ = np.frexp(x)
    return np.where(np.isfinite(x) & (x != 0), 2 * fraction, x)


# Function, limit, and a range of positive numbers.
FUNCTIONS = [(np.sqrt, 0.5001, 0.5, 2), (lambda x: 1 / x, 0.5001, 0.5, 2),
             (lambda x: 1 / np.sqrt(x), 1.5, 0.5, 2), (np.exp, 1, 1e-3, 104),
             (np.log, 1, 0.5, 2), (np.sin, 1, 0.1, 51471), (np.cos, 1, 0.1, 51471),
             (np.tanh, 2, 1e-3, 10), (np.floor, 0, 0.5, 1e7), (np.ceil, 0, 0.5, 1e7),
             (np.abs, 0, 1e-9, 1e9), (np.sign, 0, 1e-9, 1e9), (significand, 0, 1e-40, 1e-37)]


def distance(got, want):
    """In units of the last place; 0 where both are NaN, the same infinity, or the same zero."""
    rounded = want.astype(np.float32)
    ulp = np.spacing(np.minimum(np.abs(rounded), np.finfo(np.float32).max)).astype(np.float64)
    off = np.abs(got.astype(np.float64) - want) / ulp
    off = np.where(np.isinf(rounded) & (got == rounded), 0, off)
    off = np.where(np.isnan(got) & np.isnan(want), 0, off)
    off = np.where((got == 0) & (want == 0) & (np.signbit(got) != np.signbit(want)), np.inf, off)
    return np.where(np.isnan(off), np.inf, off)


runner = SdkRuntime("out", suppress_simfab_trace=True)
runner.load()
runner.run()


def apply(which, first, step):
    """(arguments, results)"""
    results = np.zeros(N, np.float32)
    runner.launch("apply", np.uint16(which), np.uint32(first), np.uint32(step), nonblock=False)
    runner.memcpy_d2h(results, runner.get_id("results"), 0, 0, 1, 1, N, streaming=False,
                      order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                      nonblock=False)
    bits = (first + step * np.arange(N, dtype=np.int64)) & 0xffffffff
    return bits.astype(np.uint32).view(np.float32), results


for which, (function, limit, low, high) in enumerate(FUNCTIONS):
    low, high = (int(np.float32(end).view(np.uint32)) for end in (low, high))
    spans = [(part << 28, 32771) for part in range(PARTS)]  # of 2^28 bit patterns each
    step = max(1, 2 * (high - low) // (N * PARTS))
    spans += [((sign << 31) + low + part * N * step, step)
              for sign in range(2) for part in range(PARTS // 2)]
    worst = (0, 0, 0)
    for first, step in spans:
        x, got = apply(which, first, step)
        off = distance(got, function(x.astype(np.float64)))
        if which in (5, 6):  # meaningless beyond
            off = np.where(np.abs(x) >= 16384 * np.pi, 0, off)
        if which == 11:  # the sign of a zero does not matter
            off = np.where(x == 0, 0, off)
        at = int(np.argmax(off))
        worst = max(worst, (off[at], x[at], got[at]))
    print(which, *worst)
    assert worst[0] <= limit, (which, worst)
runner.stop()
print("SUCCESS")
