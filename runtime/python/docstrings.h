// SPDX-License-Identifier: Apache-2.0
// Docstrings of SdkRuntime.
#ifndef RUNTIME_PYTHON_DOCSTRINGS_H_
#define RUNTIME_PYTHON_DOCSTRINGS_H_

namespace csl::runtime::python {

inline constexpr char kSdkRuntimeDoc[] = R"doc(
Runs one compiled program: load(), run(), copies and launches, stop().

bindir: the folder that cslc wrote (-o), a str or Path; or SdkCompileArtifacts.
platform: from get_platform, get_simulator or get_system; instead of cmaddr.
cmaddr: "IP:PORT" of a CS system; None or "" means the simulator in this process.
suppress_simfab_trace: do not create the folder `simfab_traces`.
simfab_numthreads: threads the simulator may use, 1..64. Never changes a result or a cycle count.
msg_level: messages at or above it go to stderr: DEBUG, INFO, WARNING or ERROR.
memcpy_required: False for programs compiled without --memcpy.

Every command is a task; tasks run in the order of the calls. Blocking calls return when their task
is done. Nonblocking ones return a Task at once; stop() finishes all. The simulated time advances
only while a call waits, so cycle counts do not depend on the host.

sim.log, sim_stats.json, out.core and simfab_traces are written to the folder that is current at
load().

Raises SdkFileNotFoundError (FileNotFoundError) if bindir holds no program, SdkValueError
(ValueError) for a bad cmaddr, thread count or msg_level. All errors of this module are SdkError,
which is a RuntimeError.
)doc";

inline constexpr char kLoadDoc[] = R"doc(
Loads the program, after connecting to the CS system if there is one. A second call before run()
does nothing.

Raises SdkConnectionError (ConnectionError) if the system is unreachable or in use.
)doc";

inline constexpr char kRunDoc[] = R"doc(
Starts the fabric. No time passes yet.

Raises SdkError before load() and after stop(), and if the program is already running.
)doc";

inline constexpr char kStopDoc[] = R"doc(
Finishes all tasks, waits until the fabric is idle and ends the run. No commands afterwards.

Writes sim_stats.json, and out.core for debug_util: for programs of at most 1,024 PEs, and for
larger ones with SimfabConfig(dump_core=True). Raises SdkError if the program is stuck; the message
is the report.
)doc";

inline constexpr char kIsTaskDoneDoc[] = R"doc(
Whether a task is done. If not, the fabric has run for a fixed slice of its time.
)doc";

inline constexpr char kTaskWaitDoc[] = R"doc(
Waits until a task is done.

Raises SdkTypeError (TypeError) for a task of another SdkRuntime, SdkError with a report if the
program is stuck.
)doc";

inline constexpr char kGetIdDoc[] = R"doc(
The id (int) of an exported variable or function. May be called before load().

Raises SdkLookupError (LookupError) for a name that the program does not export.
)doc";

inline constexpr char kCoordDoc[] = R"doc(
Converts (x, y) of the program's rectangle to (x, y) of the fabric: adds the fabric offsets.

Raises SdkValueError for a coordinate outside the rectangle.
)doc";

inline constexpr char kReadSymbolDoc[] = R"doc(
The bytes of a variable of one PE as a 1-D NumPy array of `dtype`. After load(); on a CS system
before stop().

x, y: coordinates of the whole fabric. symbol_name: a variable of the PE's program, exported or not.
dtype: a NumPy type or its name; its size must divide that of the variable.

Raises SdkLookupError (LookupError) for a name that the PE's program does not have, SdkValueError
for a PE outside of the program, SdkError while the PE runs a task.
)doc";

inline constexpr char kDumpCoreDoc[] = R"doc(
Writes the memory of all PEs to a file, for debug_util. After load(); on a CS system before stop().

Raises SdkError if the file cannot be written.
)doc";

inline constexpr char kDumpElfCoreDoc[] = R"doc(
Writes the memory of all PEs to an ELF core file, which readelf and objdump read
(docs/formats/elf_core.md). After load(); on a CS system before stop().

Raises SdkError if the file cannot be written.
)doc";

inline constexpr char kMemcpyH2dDoc[] = R"doc(
Copies a host array into the tensor that an exported pointer points at, on each PE of a region; or
streams it to them.

dest: id of the symbol, from get_id(). Streaming: number of the color, 0..23.
src: NumPy array of w * h * elem_per_pe elements of 4 bytes each, even for 16-bit data. It is copied
    before the call returns, so it may be changed at once.
px, py, w, h: the region of PEs, in coordinates of the program's rectangle.
elem_per_pe: elements each PE receives.
streaming: False: a copy. True: each element is a wavelet of the color to its PE. The task is done
    when the last one has been accepted; it waits until the PEs take them.
data_type: MEMCPY_32BIT, or MEMCPY_16BIT: the low half of each element; the high half is ignored.
    Streaming: no difference, a wavelet carries all 32 bits (sdk_utils.input_array_to_u32 packs a
    16-bit value and an index into each).
order: ROW_MAJOR: src holds A[h][w][elem_per_pe] in C order. COL_MAJOR: in Fortran order.
nonblock: True: return at once.

All four keywords are required (TypeError). Elements of another size: TypeError. A region outside
the program's rectangle, too few elements or an unknown color: ValueError.
)doc";

inline constexpr char kRowBroadcastDoc[] = R"doc(
memcpy_h2d, with the same data for all PEs of a row: src holds A[h][elem_per_pe]. The host sends
each element once.
)doc";

inline constexpr char kColumnBroadcastDoc[] = R"doc(
memcpy_h2d, with the same data for all PEs of a column: src holds A[w][elem_per_pe]. The host sends
each element once.
)doc";

inline constexpr char kStrideDoc[] = R"doc(
memcpy_h2d, only to every row_stride-th column and every col_stride-th row of the region. With
xi = 1 + (w - 1) // row_stride columns and eta = 1 + (h - 1) // col_stride rows, src holds
A[xi][eta][elem_per_pe]: columns first.
)doc";

inline constexpr char kMemcpyD2hDoc[] = R"doc(
Copies the tensor that an exported pointer points at from each PE of a region to a host array; or
receives a stream from them.

dest: writable NumPy array in C order of w * h * elem_per_pe elements of 4 bytes each. A nonblocking
    call keeps it alive; it is filled when the task is done.
src: id of the symbol, from get_id(). Streaming: number of the color, 0..23.
streaming: False: a copy. True: elem_per_pe wavelets of the color from each PE; dest groups them by
    PE according to `order`, those of one PE in the order in which it sent them. Further wavelets
    of a PE wait for the next call.
data_type: MEMCPY_32BIT, or MEMCPY_16BIT: into the low half of each element, with the high half 0.
    Streaming: no difference.

The other arguments and the errors are those of memcpy_h2d.
)doc";

inline constexpr char kLaunchDoc[] = R"doc(
Calls an exported function on every PE of the program. The task is done when every PE has unblocked
the command stream for it.

args: one per parameter. NumPy scalars must have the parameter's type (numpy.int16 for i16); Python
    numbers are accepted if the type can hold their value.

Raises SdkTypeError (TypeError) for a wrong number or type of arguments, SdkValueError (ValueError)
for a value out of range, SdkError with a report when the program never unblocks.
)doc";

inline constexpr char kCallDoc[] = R"doc(
launch() with raw arguments of unchecked types.

params: a list of ints, or a NumPy array of 4-byte elements: one 32-bit word per parameter.

Raises SdkTypeError (TypeError) if the number of words is not that of the function's parameters.
)doc";

}  // namespace csl::runtime::python

#endif  // RUNTIME_PYTHON_DOCSTRINGS_H_
