# SPDX-License-Identifier: Apache-2.0
"""Streams straight to and from single PEs, which use their main thread for them; blocking calls;
the artifact is run a second time from its folder."""
import numpy as np
from cerebras.geometry.geometry import IntVector
from cerebras.sdk.runtime.sdkruntimepybind import (Route, RoutingPosition, SdkLayout, SdkRuntime,
                                                   SdkTarget, SimfabConfig, get_platform)
from host import args

platform = get_platform(args.cmaddr, SimfabConfig(),
                        SdkTarget.WSE2 if args.arch == "wse2" else SdkTarget.WSE3)
layout = SdkLayout(platform)
SIZE = 17
# Where the host stands, seen from the PE.
SIDES = {0: (Route.WEST, Route.WEST), 1: (Route.NORTH, Route.EAST), 2: (Route.EAST, Route.SOUTH)}

names = []
for n, (side_in, side_out) in SIDES.items():
    pe = layout.create_code_region("double.csl", f"pe{n}", 1, 1)
    pe.place(0, 3 * n)
    pe.set_param_all("size", SIZE)
    colors = [pe.color("in_color"), pe.color("out_color", 5)]
    for color in colors:
        pe.set_param_all(color)
    pe.paint_all(colors[0], [RoutingPosition().set_input([side_in]).set_output([Route.RAMP])])
    pe.paint(IntVector(0, 0), colors[1],
             [RoutingPosition().set_input([Route.RAMP]).set_output([side_out])])
    names.append((layout.create_input_stream_from_loc(IntVector(0, 3 * n), colors[0], "to_"),
                  layout.create_output_stream_from_loc(IntVector(0, 3 * n), colors[1], "of_")))
    assert names[-1] == (f"to_pe{n}_in_color", f"of_pe{n}_out_color")
    assert colors[0].get_value() is None
layout.compile("out")
assert colors[0].get_value() != 5 and colors[1].get_value() == 5

for _ in range(2):
    runtime = SdkRuntime("out", platform, memcpy_required=False)
    runtime.load()
    runtime.run()
    for scale in (1, -3, 2.5):
        for to_device, to_host in names:
            data = (np.arange(SIZE) * scale).astype(np.float32)
            runtime.send(to_device, data, nonblock=False)
            got = np.zeros(SIZE + 3, np.float32)
            runtime.receive(to_host, got, n_wavelets=SIZE, nonblock=False)
            np.testing.assert_array_equal(got[:SIZE], data + data)
            assert not got[SIZE:].any()
    # Into files: all that has come when the program rests, and all until stop().
    for to_device, to_host in names:
        data = (np.arange(SIZE) - 5).astype(np.float32)
        runtime.send(to_device, data, nonblock=True)
        runtime.receive_tofile(to_host, "words.bin", nonblock=False)
        np.testing.assert_array_equal(np.fromfile("words.bin", np.float32), data + data)
        task = runtime.receive_tofile(runtime.get_port_id(to_host), f"{to_host}.bin", nonblock=True)
        for scale in (2, 3):
            runtime.send(to_device, data * np.float32(scale), nonblock=False)
        if to_host == names[0][1]:
            runtime.task_wait(task)
        elif to_host == names[1][1]:
            while not runtime.is_task_done(task):
                pass
    runtime.receive_tofile(names[0][1], "nothing.bin", nonblock=False)
    runtime.stop()
    assert np.fromfile("nothing.bin", np.float32).size == 0
    for _, to_host in names:
        np.testing.assert_array_equal(np.fromfile(f"{to_host}.bin", np.float32),
                                      np.concatenate([data * 4, data * 6]))
print("SUCCESS")
