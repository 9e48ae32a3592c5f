# SPDX-License-Identifier: Apache-2.0
"""Colors by themselves: a row of hops, and on WSE-2 local tasks that take numbers of colors."""
import json

from cerebras.geometry.geometry import IntVector
from cerebras.sdk.debug.debug_util import debug_util
from cerebras.sdk.runtime.sdkruntimepybind import (Color, Route, RoutingPosition, SdkLayout,
                                                   SdkRuntime, SdkTarget, SimfabConfig,
                                                   get_platform)
from host import args

IS_WSE2 = args.arch == "wse2"
platform = get_platform(args.cmaddr, SimfabConfig(dump_core=True),
                        SdkTarget.WSE2 if IS_WSE2 else SdkTarget.WSE3)
layout = SdkLayout(platform)
WIDTH = 9
FIRST_TASK = 0 if IS_WSE2 else 8

row = layout.create_code_region("relay.csl", "row", WIDTH, 1)
row.set_param_all("first_task", FIRST_TASK)
colors = [Color(f"hop{n}") for n in range(WIDTH + 1)]
FROM_WEST = [RoutingPosition().set_input([Route.WEST]).set_output([Route.RAMP])]
TO_EAST = [RoutingPosition().set_input([Route.RAMP]).set_output([Route.EAST])]
for n in range(WIDTH):
    pe = IntVector(n, 0)
    row.set_param(pe, "has_in", int(n > 0))
    row.set_param(pe, "has_out", int(n < WIDTH - 1))
    row.set_param(pe, "rx", colors[n])
    row.set_param(coord=pe, name="tx", value=colors[n + 1])
    if n > 0:
        row.paint(pe, colors[n], FROM_WEST)
    if n < WIDTH - 1:
        row.paint(pe, colors[n + 1], TO_EAST)
layout.compile("out")

with open("out/colors.json", encoding="utf-8") as file:
    numbers = json.load(file)
assert numbers == {color.get_global_name(): color.get_value() for color in colors}
for n in range(WIDTH):
    assert numbers[f"hop{n}"] != numbers[f"hop{n + 1}"]
# Each hop meets the two beside it alone.
assert len(set(numbers.values())) <= 3, numbers
if IS_WSE2:
    assert not {FIRST_TASK, FIRST_TASK + 1} & set(numbers.values()), numbers

runtime = SdkRuntime("out", platform, memcpy_required=False)
runtime.load()
runtime.run()
runtime.stop()
core = debug_util("out", **({"cmaddr": args.cmaddr} if args.cmaddr else {}))
for n in range(WIDTH):
    assert core.get_symbol(n, 0, "value", "uint32") == [1001 + n]
print("SUCCESS")
