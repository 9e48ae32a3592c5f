# SPDX-License-Identifier: Apache-2.0
"""What the host scripts of test programs begin with; copy_program puts it beside each."""
import argparse
import json
import pathlib

from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

_parser = argparse.ArgumentParser()
_parser.add_argument("--name", default="out", help="folder of the compiled program")
_parser.add_argument("--cmaddr", help="address of a CS system; none: the simulator")
_parser.add_argument("--arch", help="of programs that the script itself compiles")
args = _parser.parse_args()

# Copies between the host and variables of PEs, 32 bits an element, that the call waits for.
COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}


def compiled():
    """What cslc wrote about the program."""
    return json.loads((pathlib.Path(args.name) / "out.json").read_text(encoding="utf-8"))


def params():
    """The parameters that the program was compiled with; all of them are integers."""
    return {name: int(value) for name, value in compiled()["params"].items()}


def runtime():
    """The program on the device of the command line, not loaded yet."""
    return SdkRuntime(args.name, cmaddr=args.cmaddr)
