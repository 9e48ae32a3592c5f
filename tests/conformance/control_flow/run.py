# SPDX-License-Identifier: Apache-2.0
"""The same algorithms in Python, on the same numbers."""
import numpy as np
import host
from host import COPY

SIZE = 12

runner = host.runtime()


def put(values):
    runner.memcpy_h2d(runner.get_id("numbers"), np.array(values, dtype=np.int32),
                      0, 0, 1, 1, SIZE, **COPY)


def get(name):
    values = np.zeros(SIZE, dtype=np.int32)
    runner.memcpy_d2h(values, runner.get_id(name), 0, 0, 1, 1, SIZE, **COPY)
    return values.tolist()


def steps_of(n):
    steps = 0
    while n > 1 and steps < 200:
        n, steps = n // 2 if n % 2 == 0 else 3 * n + 1, steps + 1
    return steps if n > 0 else -1


def classify(values):
    skipped = 0
    for n in values:
        if n < 0:
            skipped += 1
            yield 0
        elif n == 0 or n > 1000 and n % 2 != 0:
            yield 1000 + skipped
        else:
            yield int(np.gcd(n, 6)) if n < 10 else -int(np.gcd(5040, n))


runner.load()
runner.run()
numbers = [27, 1, 0, -5, 97, 2**20, 6, 871, 3, -2**31, 9, 12]
put(numbers)
runner.launch("count_steps", nonblock=False)
assert get("answers") == [steps_of(n) for n in numbers], get("answers")

mixed = [9, -1, 0, 4, 1001, 1002, 10, 35, 2**31 - 1, -7, 0, 144]
put(mixed)
runner.launch("classify", nonblock=False)
assert get("answers") == list(classify(mixed)), get("answers")

for values in (numbers, mixed, sorted(numbers), sorted(mixed, reverse=True), [5] * SIZE):
    put(values)
    runner.launch("sort", nonblock=False)
    assert get("numbers") == sorted(values), get("numbers")
runner.stop()
print("SUCCESS")
