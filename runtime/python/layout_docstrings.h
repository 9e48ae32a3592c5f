// SPDX-License-Identifier: Apache-2.0
// Docstrings of SdkLayout and CodeRegion.
#ifndef RUNTIME_PYTHON_LAYOUT_DOCSTRINGS_H_
#define RUNTIME_PYTHON_LAYOUT_DOCSTRINGS_H_

namespace csl::runtime::python {

inline constexpr char kSdkLayoutDoc[] = R"doc(
A program described as rectangles of code, their ports and connections.

    SdkLayout(platform, msg_level="WARNING")
    SdkLayout(target, msg_level="WARNING")

platform: from get_platform, get_simulator or get_system; target: a SdkTarget.
msg_level: warnings of the compiler go to stderr unless it is ERROR.

Wrong arguments raise at the call: SdkTypeError, SdkValueError, SdkError. The message names the
call, the region, the port and the PE. compile() raises errors of the whole layout.
)doc";

inline constexpr char kCreateCodeRegionDoc[] = R"doc(
A region of width x height PEs that run the CSL file `source`; its path is relative to the current
folder at compile(). name: letters, digits and '_'; unique. The region is at (0, 0) until it is
placed.
)doc";

inline constexpr char kConnectDoc[] = R"doc(
Connects an output port to an input port, PE by PE: compile() finds the path. Both have the same
number of PEs and the same data_size; each port has one connection. Their colors become one.
)doc";

inline constexpr char kHstackDoc[] = R"doc(
Places regions beside each other, from the first one's position or `origin` (IntVector) on. Returns
the total width.
)doc";

inline constexpr char kVstackDoc[] = R"doc(
Places regions below each other, from the first one's position or `origin` (IntVector) on. Returns
the total height.
)doc";

inline constexpr char kCompileDoc[] = R"doc(
Compiles the layout to the folder `out_prefix` and returns it as SdkCompileArtifacts.

libs: folders searched for <name> modules before the library.
cslc_prefix: a folder with the compiler, cslc or bin/cslc; by default the installed one.
save_port_map: also write NAME_port_map.json: name, direction, place and color of each stream.
f16_type: FP16TYPE, the 16-bit floating-point format.

colors.json in that folder holds the numbers of all colors. SdkValueError: the layout or a program
is wrong; SdkError: no number is left for a color.
)doc";

inline constexpr char kCreateInputStreamDoc[] = R"doc(
A stream from the host to an input port of one PE, over a PE with a buffer of io_buffer_size
wavelets. io_loc: its position (IntVector) outside of all regions; by default the nearest free PE of
the west or east edge. Returns the name for SdkRuntime.send().
)doc";

inline constexpr char kCreateOutputStreamDoc[] = R"doc(
A stream from an output port of one PE to the host, over a PE with a buffer of io_buffer_size
wavelets. io_loc: its position (IntVector) outside of all regions; by default the nearest free PE of
the west or east edge. Control wavelets are dropped. Returns the name for SdkRuntime.receive().
)doc";

inline constexpr char kInputStreamFromLocDoc[] = R"doc(
A stream from the host directly to the PE at `loc` (IntVector, of the layout) in `color`, which is
painted there with one side that no other PE sends to. Returns the name, with `prefix` in front.
)doc";

inline constexpr char kOutputStreamFromLocDoc[] = R"doc(
A stream to the host directly from the PE at `loc` (IntVector, of the layout) in `color`, which is
painted there with one side from which no other PE receives. Returns the name, with `prefix` in
front.
)doc";

inline constexpr char kCodeRegionDoc[] =
    "A rectangle of PEs that run one CSL file: SdkLayout.create_code_region(). Its methods use "
    "coordinates of the region, from (0, 0) in the north-west.";

inline constexpr char kRegionColorDoc[] =
    "A Color of this region: its global name is the region's, '_', and `name`.";

inline constexpr char kPlaceDoc[] = "Places the north-west PE at column x and row y of the layout.";

inline constexpr char kPaintDoc[] = R"doc(
Routes of a color on the PE at `coord` (IntVector): a list of 1 to 4 RoutingPosition, the positions
of the router's switch. Replaces what was painted there in that color.
)doc";

inline constexpr char kPaintAllDoc[] = R"doc(
Routes of a color on all PEs: a list of 1 to 4 RoutingPosition. edge_routes: a list of
EdgeRouteInfo for the PEs of edges; at corners the later one wins.
)doc";

inline constexpr char kPaintRangeDoc[] = R"doc(
Routes of a color on the PEs of `rect` (IntRectangle): a list of 1 to 4 RoutingPosition.
)doc";

inline constexpr char kSetParamDoc[] = R"doc(
    set_param(coord, name, value)    value: an unsigned int, or a Color
    set_param(coord, color)          the parameter with the color's name

Sets a parameter of the program of the PE at `coord` (IntVector). A Color sets its number: a color
if the parameter has that type, else an integer.
)doc";

inline constexpr char kSetParamAllDoc[] = R"doc(
    set_param_all(name, value)    value: an unsigned int, or a Color
    set_param_all(color)          the parameter with the color's name

Sets a parameter of the programs of all PEs.
)doc";

inline constexpr char kSetParamRangeDoc[] = R"doc(
    set_param_range(rect, name, value)    value: an unsigned int, or a Color
    set_param_range(rect, color)          the parameter with the color's name

Sets a parameter of the programs of the PEs of `rect` (IntRectangle).
)doc";

inline constexpr char kSetSymbolAllDoc[] = R"doc(
Initial data of a variable on all PEs: `data`, a NumPy array of height * width elements (int16,
uint16, int32, uint32 or float32) in C order, is cut into equal blocks, one per PE, whose rows
follow each other in the variable. width and height must be multiples of those of the region.
)doc";

inline constexpr char kCreateInputPortDoc[] = R"doc(
A port on the PEs of an edge that receives wavelets of `color`. routes: a list of RoutingPosition
with outputs and no inputs, which compile() finds. data_size: must equal that of the connected port.
prefix: distinguishes the names of ports of the same color.
)doc";

inline constexpr char kCreateOutputPortDoc[] = R"doc(
A port on the PEs of an edge that sends wavelets of `color`. routes: a list of RoutingPosition with
inputs and no outputs, which compile() finds. data_size: must equal that of the connected port.
prefix: distinguishes the names of ports of the same color.
)doc";

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_LAYOUT_DOCSTRINGS_H_
