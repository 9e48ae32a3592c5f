# SPDX-License-Identifier: Apache-2.0
"""run.py FORMAT: every function of <math> that takes one 16-bit float, of every such number,
against NumPy in double precision. Errors are in units of the last place of the format."""
import sys

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

N = 16384
EXPONENT_BITS, BIAS = {"f16": (5, 15), "bf16": (8, 127), "cb16": (6, 42)}[sys.argv[1]]
MANTISSA_BITS = 15 - EXPONENT_BITS
np.seterr(all="ignore")


def values(bits):
    """The numbers with these bits, as doubles."""
    exponent = (bits >> MANTISSA_BITS & (1 << EXPONENT_BITS) - 1).astype(np.int64)
    fraction = (bits & (1 << MANTISSA_BITS) - 1) / 2.0**MANTISSA_BITS
    number = np.where(exponent == 0, fraction, 1 + fraction)
    number = number * 2.0**(np.maximum(exponent, 1) - BIAS)
    special = exponent == (1 << EXPONENT_BITS) - 1
    number = np.where(special, np.where(fraction == 0, np.inf, np.nan), number)
    return np.where(bits >> 15, -number, number)


X = values(np.arange(1 << 16))
LARGEST = np.nanmax(X[np.isfinite(X)])
LOWEST_EXPONENT = 1 - BIAS


def distance(got, want):
    """In units of the last place; 0 where both are NaN, the same infinity, or the same zero."""
    _, exponent = np.frexp(np.minimum(np.abs(want), LARGEST))
    ulp = 2.0**(np.maximum(exponent - 1, LOWEST_EXPONENT) - MANTISSA_BITS)
    overflow = np.abs(want) >= LARGEST + ulp / 2
    off = np.abs(got - want) / ulp
    off = np.where(overflow & (got == np.sign(want) * np.inf), 0, off)
    off = np.where(np.isnan(got) & np.isnan(want), 0, off)
    off = np.where((got == 0) & (want == 0) & (np.signbit(got) != np.signbit(want)), np.inf, off)
    return np.where(np.isnan(off), np.inf, off)


def significand(x):
    fraction, _ = np.frexp(x)
    return np.where(np.isfinite(x) & (x != 0), 2 * fraction, x)


FUNCTIONS = [(np.sqrt, 0.51), (lambda x: 1 / x, 0.51), (lambda x: 1 / np.sqrt(x), 0.51),
             (np.exp, 0.51), (np.log, 0.51), (np.sin, 0.51), (np.cos, 0.51), (np.tanh, 0.51),
             (np.floor, 0), (np.ceil, 0), (np.abs, 0), (np.sign, 0), (significand, 0)]

runner = SdkRuntime("out", suppress_simfab_trace=True)
runner.load()
runner.run()
part = np.zeros(N, np.uint32)
for which, (function, limit) in enumerate(FUNCTIONS):
    results = np.zeros(1 << 16, np.uint16)
    for first in range(0, 1 << 16, N):
        runner.launch("apply", np.uint16(which), np.uint16(first), nonblock=False)
        runner.memcpy_d2h(part, runner.get_id("results"), 0, 0, 1, 1, N, streaming=False,
                          order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_16BIT,
                          nonblock=False)
        results[first:first + N] = part
    off = distance(values(results.astype(np.int64)), function(X))
    if which in (5, 6):  # meaningless beyond
        off = np.where(np.abs(X) >= 16384 * np.pi, 0, off)
    if which == 11:  # the sign of a zero does not matter
        off = np.where(X == 0, 0, off)
    worst = int(np.argmax(off))
    print(which, off[worst], X[worst], function(X[worst:worst + 1])[0],
          values(results[worst:worst + 1].astype(np.int64))[0])
    assert off[worst] <= limit, which
runner.stop()
print("SUCCESS")
