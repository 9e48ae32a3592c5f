# SPDX-License-Identifier: Apache-2.0
"""Does what the expression after --do says, and prints the exception that this raises."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
parser.add_argument("--do", help="an expression in runner, np, copy, ...")
parser.add_argument("--idle", action="store_true", help="neither load nor run before it")
args = parser.parse_args()

WIDE, HALF = MemcpyDataType.MEMCPY_32BIT, MemcpyDataType.MEMCPY_16BIT
ROW = MemcpyOrder.ROW_MAJOR


def options(**changed):
    """The mandatory keyword arguments of a copy, some of them changed; None leaves one out."""
    all_of_them = {"streaming": False, "order": ROW, "data_type": WIDE, "nonblock": False}
    all_of_them.update(changed)
    return {key: value for key, value in all_of_them.items() if value is not None}


def words(count, dtype=np.float32):
    return np.zeros(count, dtype=dtype)


try:
    runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
    if not args.idle:
        runner.load()
        runner.run()
    numbers, fixed = runner.get_id("numbers"), runner.get_id("fixed")
    eval(args.do)  # pylint: disable=eval-used
    runner.stop()
except Exception as error:  # pylint: disable=broad-except
    kind = "TypeError" if isinstance(error, TypeError) else type(error).__name__
    print(f"{kind}: {error}")
else:
    print("no exception")
