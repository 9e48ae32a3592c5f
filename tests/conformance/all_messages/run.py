# SPDX-License-Identifier: Apache-2.0
"""Messages from every PE to every PE."""
import argparse
import json

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

with open(f"{args.name}/out.json", encoding="utf-8") as file:
    params = {name: int(value) for name, value in json.load(file)["params"].items()}
WIDTH, HEIGHT = params["width"], params["height"]
COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
got_id = runner.get_id("got")
runner.load()
runner.run()
runner.launch("start", nonblock=False)
pes = WIDTH * HEIGHT
got = np.zeros(pes * pes, np.uint32)
runner.memcpy_d2h(got, got_id, 0, 0, WIDTH, HEIGHT, pes, **COPY)
source, to = np.meshgrid(np.arange(pes), np.arange(pes))
np.testing.assert_array_equal(got.reshape(pes, pes), 1 + (source * 5 + to * 3) % 31)
runner.stop()
print("SUCCESS")
