# SPDX-License-Identifier: Apache-2.0
"""A program in the forms of SDK 1.4: of each word of a stream the low half comes back."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import (Color, Edge, Route, RoutingPosition, SdkLayout,
                                                   SdkRuntime, SdkTarget, SimfabConfig,
                                                   get_platform)
from host import args

platform = get_platform(args.cmaddr, SimfabConfig(),
                        SdkTarget.WSE2 if args.arch == "wse2" else SdkTarget.WSE3)
layout = SdkLayout(platform)
SIZE = 13
code = layout.create_code_region("halves.csl", "halves", 1, 1)
code.place(2, 1)
code.set_param_all("size", SIZE)
rx, tx = Color("rx"), Color("tx")
code.set_param_all(rx)
code.set_param_all(tx)
to_device = layout.create_input_stream(
    code.create_input_port(rx, Edge.LEFT, [RoutingPosition().set_output([Route.RAMP])], SIZE))
to_host = layout.create_output_stream(
    code.create_output_port(tx, Edge.RIGHT, [RoutingPosition().set_input([Route.RAMP])], SIZE))
runtime = SdkRuntime(layout.compile("out"), platform, memcpy_required=False)
runtime.load()
runtime.run()
sent = np.arange(SIZE, dtype=np.uint32) * 0x10003 + 0xabcd0007
got = np.zeros(SIZE, np.uint32)
runtime.send(to_device, sent, nonblock=False)
runtime.receive(to_host, got, nonblock=False)
runtime.stop()
np.testing.assert_array_equal(got, sent & 0xffff)
print("SUCCESS")
