# SPDX-License-Identifier: Apache-2.0
"""Drives the program in every way there is to issue commands, and prints all it saw as JSON."""
import argparse
import hashlib
import json
import random
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

WIDTH, HEIGHT, SIZE = 7, 5, 40

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
parser.add_argument("--threads", type=int, default=5)
parser.add_argument("--sleep", type=int, help="seed of random pauses between the calls")
args = parser.parse_args()
pauses = random.Random(args.sleep)
seen = []


def pause():
    """The time a host takes between two calls is not part of the program."""
    if args.sleep is not None:
        time.sleep(pauses.choice([0, 0, 0.001, 0.004]))


def copy(bits, order, nonblock):
    return {"streaming": False, "order": order, "data_type": bits, "nonblock": nonblock}


def note(array):
    seen.append(hashlib.sha256(array.tobytes()).hexdigest())


WIDE, HALF = MemcpyDataType.MEMCPY_32BIT, MemcpyDataType.MEMCPY_16BIT
ROW, COLUMN = MemcpyOrder.ROW_MAJOR, MemcpyOrder.COL_MAJOR

runner = SdkRuntime(args.name, cmaddr=args.cmaddr, simfab_numthreads=args.threads)
vector_id, history_id = runner.get_id("vector"), runner.get_id("history")
runner.load()
pause()
runner.run()
vector = np.linspace(-3, 3, WIDTH * HEIGHT * SIZE, dtype=np.float32)
history = np.zeros(WIDTH * HEIGHT * SIZE, dtype=np.uint32)

# Blocking calls.
for rounds in (1, 3):
    pause()
    runner.launch("churn", np.uint16(rounds), nonblock=False)
    pause()
    runner.memcpy_d2h(history, history_id, 0, 0, WIDTH, HEIGHT, SIZE, **copy(HALF, ROW, False))
    note(history)

# Commands in a queue, waited for out of order.
first = runner.memcpy_h2d(vector_id, vector, 0, 0, WIDTH, HEIGHT, SIZE, **copy(WIDE, COLUMN, True))
pause()
second = runner.launch("blend", np.float32(0.75), nonblock=True)
pause()
third = runner.launch("churn", np.uint16(2), nonblock=True)
result = np.zeros_like(vector)
fourth = runner.memcpy_d2h(result, vector_id, 0, 0, WIDTH, HEIGHT, SIZE, **copy(WIDE, ROW, True))
runner.task_wait(second)
seen.append([runner.is_task_done(first), runner.is_task_done(second)])
pause()
runner.task_wait(fourth)
note(result)

# Polling: how often is part of what must not change.
for rounds in (4, 1):
    task = runner.launch("churn", np.uint16(rounds), nonblock=True)
    polls = 0
    while not runner.is_task_done(task):
        pause()
        polls += 1
    seen.append(polls)
part = np.zeros(3 * 2 * 7, dtype=np.uint32)
runner.memcpy_d2h(part, history_id, 2, 1, 3, 2, 7, **copy(HALF, COLUMN, False))
note(part)
runner.launch("blend", np.float32(1.25), nonblock=True)
pause()
runner.stop()
print(json.dumps(seen))
