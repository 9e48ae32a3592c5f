# SPDX-License-Identifier: Apache-2.0
"""One stream dealt out to a column or row of PEs by switches, handed on through ports of several
PEs at every pair of edges, and gathered into one stream again."""
import numpy as np
from cerebras.geometry.geometry import IntVector
from cerebras.sdk.runtime.sdkruntimepybind import (Edge, Route, RoutingPosition, SdkLayout,
                                                   SdkRuntime, SdkTarget, SimfabConfig,
                                                   get_edge_routing, get_platform)
from host import args

TARGET = SdkTarget.WSE2 if args.arch == "wse2" else SdkTarget.WSE3
BATCH = 3
OPPOSITE = {Route.EAST: Route.WEST, Route.WEST: Route.EAST, Route.NORTH: Route.SOUTH,
            Route.SOUTH: Route.NORTH}
END = {Route.EAST: Edge.RIGHT, Route.WEST: Edge.LEFT, Route.NORTH: Edge.TOP,
       Route.SOUTH: Edge.BOTTOM}


def position(inputs, outputs=()):
    return RoutingPosition().set_input(list(inputs)).set_output(list(outputs))


def strip(layout, name, count, along, offset, gathers):
    """`count` PEs in a line, vertical if words go north or south."""
    wide = along in (Route.EAST, Route.WEST)
    code = layout.create_code_region("hand_on.csl", name, count if wide else 1,
                                     1 if wide else count)
    code.set_param_all("batch", BATCH)
    code.set_param_all("offset", offset)
    code.set_param_all("gathers", int(gathers))
    rx, tx = code.color("rx"), code.color("tx")
    code.set_param_all(rx)
    code.set_param_all(tx)
    return code, rx, tx


def deal(layout, count, along, out_edge, place):
    back = OPPOSITE[along]
    code, rx, tx = strip(layout, "deal", count, along, 100, False)
    take, forward = position([back], [Route.RAMP]), position([back], [along])
    code.paint_all(rx, [take, forward], [get_edge_routing(END[along], [take])])
    # The port restates the positions of the first PE.
    port = code.create_input_port(rx, END[back], [position([], [Route.RAMP]),
                                                  position([], [along])][:min(count, 2)],
                                  BATCH * count)
    code.place(*place)
    return port, code.create_output_port(tx, out_edge, [position([Route.RAMP])], BATCH * count)


def gather(layout, count, along, in_edge, place):
    back = OPPOSITE[along]
    code, rx, tx = strip(layout, "gather", count, along, 0, True)
    own, others = position([Route.RAMP], [along]), position([back], [along])
    code.paint_all(tx, [own, others])
    code.place(*place)
    return (code.create_input_port(rx, in_edge, [position([], [Route.RAMP])], BATCH * count),
            code.create_output_port(tx, END[along], [position([Route.RAMP]), position([back])],
                                    BATCH * count))


def run(count, deal_along, out_edge, in_edge, gather_along, place):
    platform = get_platform(args.cmaddr, SimfabConfig(), TARGET)
    layout = SdkLayout(platform)
    dealer = layout.create_code_region("dealer.csl", "dealer", 1, 1)
    dealer.place(2, 2)
    dealer.set_param_all("batch", BATCH)
    dealer.set_param_all("batches", count)
    rx, tx = dealer.color("rx"), dealer.color("tx")
    dealer.set_param_all(rx)
    dealer.set_param_all(tx)
    words_in = dealer.create_input_port(rx, Edge.LEFT, [position([], [Route.RAMP])],
                                        BATCH * count)
    dealt = dealer.create_output_port(tx, Edge.RIGHT, [position([Route.RAMP])], BATCH * count)
    deal_in, deal_out = deal(layout, count, deal_along, out_edge, (6, 6))
    gather_in, gather_out = gather(layout, count, gather_along, in_edge, place)
    layout.connect(dealt, deal_in)
    layout.connect(deal_out, gather_in)
    to_device = layout.create_input_stream(words_in)
    to_host = layout.create_output_stream(gather_out)
    runtime = SdkRuntime(layout.compile("out"), platform, memcpy_required=False)
    runtime.load()
    runtime.run()
    data = np.arange(BATCH * count, dtype=np.float32) * 7
    got = np.zeros(BATCH * count, np.float32)
    runtime.send(to_device, data, nonblock=True)
    runtime.receive(to_host, got, nonblock=True)
    runtime.stop()
    # The gatherer nearest to the end of its strip goes first.
    batches = data.reshape(count, BATCH) + 100
    if gather_along in (Route.EAST, Route.SOUTH):
        batches = batches[::-1]
    if deal_along in (Route.WEST, Route.NORTH):
        batches = batches[::-1]
    np.testing.assert_array_equal(got.reshape(count, BATCH), batches)


run(4, Route.SOUTH, Edge.RIGHT, Edge.LEFT, Route.NORTH, (12, 6))
run(3, Route.EAST, Edge.BOTTOM, Edge.TOP, Route.WEST, (6, 12))
run(3, Route.SOUTH, Edge.RIGHT, Edge.BOTTOM, Route.EAST, (14, 1))
run(3, Route.EAST, Edge.TOP, Edge.LEFT, Route.SOUTH, (14, 1))
run(2, Route.NORTH, Edge.LEFT, Edge.TOP, Route.EAST, (1, 12))
run(1, Route.SOUTH, Edge.BOTTOM, Edge.BOTTOM, Route.NORTH, (10, 10))
print("SUCCESS")
