// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_ports.h"

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include "runtime/python/arguments.h"
#include "runtime/python/bound_method.h"
#include "runtime/python/host_run.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

constexpr char kSendDoc[] = R"doc(
Sends a wavelet for each of the first n_wavelets words of src (all of them by default) through a
port to the device.

port: the name that create_input_stream returned, or its id. src: a NumPy array of 4-byte elements.
nonblock: True returns at once; what src holds at the call is sent. Blocking calls return when the
last wavelet was taken. Sends of one port are done in order, beside those of other ports.
Returns a Task. SdkLookupError: no such port; SdkValueError: not so many words, or a port to the
host.
)doc";

constexpr char kReceiveDoc[] = R"doc(
Receives n_wavelets wavelets (as many as dest has elements by default) from a port into the first
elements of dest.

port: the name that create_output_stream returned, or its id. dest: a writable NumPy array of 4-byte
elements. nonblock: True returns at once; dest is complete when the Task is done. Control wavelets
are dropped.
Returns a Task. SdkLookupError: no such port; SdkValueError: not so many elements, or a port to the
device.
)doc";

constexpr char kReceiveToFileDoc[] = R"doc(
Receives all wavelets that come through a port into a file, 32-bit little-endian words in their
order: numpy.fromfile(file, dtype) reads them.

port: the name that create_output_stream returned, or its id. file: its path; what it held is gone.
nonblock: True returns at once. The Task is done when the program is at rest while the host waits
for it: in this call without nonblock, in task_wait, in is_task_done, or at stop(), and the file is
complete then. What comes later goes to the next receive of the port. Control wavelets are dropped.
Returns a Task. SdkLookupError: no such port; SdkValueError: a port to the device; SdkError: the
file cannot be written.
)doc";

uint32_t PortArgument(HostRun& self, const char* call, py::handle port) {
  if (py::isinstance<py::str>(port)) {
    return ValueOrThrow(self.core().GetPortId(port.cast<std::string>()));
  }
  if (!PyIndex_Check(port.ptr())) {
    ThrowTypeError(
        fmt::format("{}: port = {}: must be the name or the id of a port", call, Repr(port)));
  }
  const int64_t id = IntegerArgument("port", port);
  if (id < 0 || id > INT32_MAX) {
    ThrowValueError(fmt::format("{}: port = {}: an id must be 0 or more", call, id));
  }
  return static_cast<uint32_t>(id);
}

// How many of an array's elements take part.
size_t Count(const char* call, py::handle n_wavelets, size_t elements) {
  if (n_wavelets.is_none()) return elements;
  const int64_t count = IntegerArgument("n_wavelets", n_wavelets);
  if (count < 0 || static_cast<uint64_t>(count) > elements) {
    ThrowValueError(
        fmt::format("{}: n_wavelets = {}: the array has {} elements", call, count, elements));
  }
  return static_cast<size_t>(count);
}

Task Send(HostRun& self, const py::object& port, const py::object& src,
          const py::object& n_wavelets, const py::object& nonblock) {
  const bool nonblocking = BoolArgument("nonblock", nonblock);
  const uint32_t id = PortArgument(self, "send", port);
  py::array array = SourceArray("src", src);
  const std::span<uint32_t> words = WordsOf(array);
  const size_t count = Count("send", n_wavelets, words.size());
  std::shared_ptr<void> keep_alive = KeepAlive(array);
  const auto task = self.Unlocked([&](SdkRuntime& core) {
    return core.Send(id, words.first(count), nonblocking, std::move(keep_alive));
  });
  return self.MakeTask(*task);
}

Task Receive(HostRun& self, const py::object& port, const py::object& dest,
             const py::object& n_wavelets, const py::object& nonblock) {
  const bool nonblocking = BoolArgument("nonblock", nonblock);
  const uint32_t id = PortArgument(self, "receive", port);
  py::array array = TargetArray("dest", dest);
  const std::span<uint32_t> words = WordsOf(array);
  const size_t count = Count("receive", n_wavelets, words.size());
  std::shared_ptr<void> keep_alive = KeepAlive(array);
  const auto task = self.Unlocked([&](SdkRuntime& core) {
    return core.Receive(id, words.first(count), std::move(keep_alive), nonblocking);
  });
  return self.MakeTask(*task);
}

Task ReceiveToFile(HostRun& self, const py::object& port, const py::object& file,
                   const py::object& nonblock) {
  const bool nonblocking = BoolArgument("nonblock", nonblock);
  const uint32_t id = PortArgument(self, "receive_tofile", port);
  const std::filesystem::path path = FolderArgument("file", file);
  const auto task =
      self.Unlocked([&](SdkRuntime& core) { return core.ReceiveToFile(id, path, nonblocking); });
  return self.MakeTask(*task);
}

}  // namespace

void BindPorts(RuntimeClass& runtime) {
  BindOn(runtime, "send", {{"port"}, {"src"}, Default("n_wavelets", "None"), Keyword("nonblock")},
         kSendDoc,
         [](HostRun& self, const BoundArguments& a) { return Send(self, a[0], a[1], a[2], a[3]); });
  BindOn(
      runtime, "receive", {{"port"}, {"dest"}, Default("n_wavelets", "None"), Keyword("nonblock")},
      kReceiveDoc,
      [](HostRun& self, const BoundArguments& a) { return Receive(self, a[0], a[1], a[2], a[3]); });
  BindOn(
      runtime, "receive_tofile", {{"port"}, {"file"}, Keyword("nonblock")}, kReceiveToFileDoc,
      [](HostRun& self, const BoundArguments& a) { return ReceiveToFile(self, a[0], a[1], a[2]); });
  BindOn(runtime, "get_port_id", {{"name"}}, "The id of a port. SdkLookupError: no such port.",
         [](HostRun& self, const BoundArguments& a) {
           return ValueOrThrow(self.core().GetPortId(StringArgument("name", a[0])));
         });
  BindOn(runtime, "report_port_infos", {},
         "Prints a line for each port: id, name, direction, position and color.",
         [](HostRun& self, const BoundArguments&) {
           py::print(self.core().DescribePorts(), py::arg("end") = "");
         });
}

}  // namespace csl::runtime::python
