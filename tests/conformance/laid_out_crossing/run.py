# SPDX-License-Identifier: Apache-2.0
"""Four chains of two regions whose ways cross, with ports at every edge, streams in and out."""
import numpy as np
from cerebras.geometry.geometry import IntVector
from cerebras.sdk.runtime.sdkruntimepybind import (Color, Edge, Route, RoutingPosition, SdkLayout,
                                                   SdkRuntime, SdkTarget, SimfabConfig,
                                                   get_platform)
from host import args

platform = get_platform(args.cmaddr, SimfabConfig(),
                        SdkTarget.WSE2 if args.arch == "wse2" else SdkTarget.WSE3)
layout = SdkLayout(platform)

SIZE = 23
INWARD = [RoutingPosition().set_output([Route.RAMP])]
OUTWARD = [RoutingPosition().add_input(Route.RAMP)]
# First region, second region: place, edge of the input, edge of the output, step.
CHAINS = [
    ((4, 0), Edge.TOP, Edge.BOTTOM, 3, (4, 8), Edge.TOP, Edge.RIGHT, 50),
    ((0, 4), Edge.LEFT, Edge.RIGHT, 32767, (8, 4), Edge.LEFT, Edge.BOTTOM, 0),
    ((8, 0), Edge.RIGHT, Edge.LEFT, 1, (1, 8), Edge.TOP, Edge.LEFT, 2),
    ((3, 3), Edge.BOTTOM, Edge.TOP, 1000, (5, 5), Edge.RIGHT, Edge.RIGHT, 7),
]


def region(name, place, rx_edge, tx_edge, step):
    code = layout.create_code_region("add.csl", name, 1, 1)
    code.place(*place)
    code.set_param_all("size", SIZE)
    code.set_param(IntVector(0, 0), "step", step)
    rx, tx = code.color("rx"), Color(f"{name}_leaves")
    code.set_param_all(rx)
    code.set_param_all("tx", tx)
    return (code.create_input_port(rx, rx_edge, INWARD, SIZE),
            code.create_output_port(tx, tx_edge, OUTWARD, SIZE))


streams = []
for n, (place, rx, tx, step, place2, rx2, tx2, step2) in enumerate(CHAINS):
    first_in, first_out = region(f"first{n}", place, rx, tx, step)
    second_in, second_out = region(f"second{n}", place2, rx2, tx2, step2)
    layout.connect(first_out, second_in)
    # One with places of its own choice and the smallest buffers.
    given = {"io_loc": IntVector(0, 2), "io_buffer_size": 1} if n == 3 else {}
    back = {"io_loc": IntVector(9, 9), "io_buffer_size": 1} if n == 3 else {}
    streams.append((layout.create_input_stream(first_in, **given),
                    layout.create_output_stream(second_out, **back), step + step2))
artifacts = layout.compile("out", save_port_map=True)

runtime = SdkRuntime(artifacts, platform, memcpy_required=False)
runtime.load()
runtime.run()
rng = np.random.default_rng(5)
sent = [rng.integers(-9999, 9999, SIZE).astype(np.float32) for _ in streams]
got = [np.zeros(SIZE, np.float32) for _ in streams]
# Results are asked for before what they are made of is sent, by id.
tasks = [runtime.receive(runtime.get_port_id(stream[1]), got[n], SIZE, nonblock=True)
         for n, stream in enumerate(streams)]
for n, stream in enumerate(streams):
    runtime.send(stream[0], sent[n], SIZE, nonblock=n % 2 == 0)
for task in tasks[1:]:
    runtime.task_wait(task)
runtime.stop()
for n, stream in enumerate(streams):
    np.testing.assert_array_equal(got[n], sent[n] + np.float32(stream[2]))
print("SUCCESS")
