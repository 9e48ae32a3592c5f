# SPDX-License-Identifier: Apache-2.0
"""Prints what exception --do raises, once --setup has run: type, base classes, message."""
import argparse

import numpy as np
from cerebras.geometry.geometry import IntRectangle, IntVector
from cerebras.sdk.runtime import sdkruntimepybind
from cerebras.sdk.runtime.sdkruntimepybind import *  # pylint: disable=wildcard-import
from cerebras.sdk.runtime.sdkruntimepybind import (Color, Edge, Route, RoutingPosition, SdkLayout,
                                                   SdkRuntime, SdkTarget, get_platform)

parser = argparse.ArgumentParser()
parser.add_argument("--setup", default="")
parser.add_argument("--do", required=True)
args = parser.parse_args()

layout = SdkLayout(SdkTarget.WSE3)
code = layout.create_code_region("add.csl", "code", 3, 2)
one = layout.create_code_region("add.csl", "one", 1, 1)
one.place(6, 0)
IN = [RoutingPosition().set_output([Route.RAMP])]
OUT = [RoutingPosition().set_input([Route.RAMP])]
BOTH = [RoutingPosition().set_input([Route.WEST]).set_output([Route.RAMP])]
color = Color("c")


def complete(region):
    region.set_param_all("size", 4)
    region.set_param_all("step", 1)
    region.set_param_all("rx", color)
    region.set_param_all("tx", Color("t"))


def started():
    """A run of `one` with a stream each way."""
    complete(one)
    complete(code)
    names = (layout.create_input_stream(one.create_input_port(color, Edge.TOP, IN, 4)),
             layout.create_output_stream(one.create_output_port(Color("t"), Edge.TOP, OUT, 4)))
    runtime = SdkRuntime(layout.compile("out"), get_platform(), memcpy_required=False)
    runtime.load()
    runtime.run()
    return runtime, names


exec(args.setup)  # pylint: disable=exec-used
try:
    print("no exception:", eval(args.do))  # pylint: disable=eval-used
except Exception as error:  # pylint: disable=broad-except
    print(type(error).__name__, "|", error)
