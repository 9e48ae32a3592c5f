// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_memcpy.h"

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <array>

#include "runtime/python/arguments.h"
#include "runtime/python/docstrings.h"
#include "runtime/python/errors.h"

namespace py = pybind11;
using py::literals::operator""_a;

namespace csl::runtime::python {
namespace {

// A keyword that has no default, so that nobody relies on one: None stands for "not given".
void CheckGiven(const char* call, const char* name, const py::object& value) {
  if (value.is_none()) {
    ThrowTypeError(
        fmt::format("{}: the keyword argument '{}' is missing; streaming, data_type, order and "
                    "nonblock must be given",
                    call, name));
  }
}

struct CopyKeywords {
  const py::object& streaming;
  const py::object& data_type;
  const py::object& order;
  const py::object& nonblock;
};

// Checks the keywords and region of a copy. Returns the request; `nonblock` by itself.
CopyRequest MakeRequest(const char* call, const char* target_name, const py::object& target,
                        const std::array<py::object, 5>& region, const CopyKeywords& keywords,
                        bool* nonblock) {
  CheckGiven(call, "streaming", keywords.streaming);
  CheckGiven(call, "data_type", keywords.data_type);
  CheckGiven(call, "order", keywords.order);
  CheckGiven(call, "nonblock", keywords.nonblock);
  *nonblock = BoolArgument("nonblock", keywords.nonblock);
  CopyRequest request;
  request.streaming = BoolArgument("streaming", keywords.streaming);
  request.element_bits =
      EnumArgument("data_type", "MemcpyDataType", keywords.data_type) == 0 ? 16 : 32;
  request.order = EnumArgument("order", "MemcpyOrder", keywords.order) == 0
                      ? fabric::CopyOrder::kRowMajor
                      : fabric::CopyOrder::kColumnMajor;
  if (request.streaming) {
    request.color = IntegerArgument(target_name, target);
  } else {
    request.symbol = IdArgument(target_name, target);
  }
  request.region.x = IntegerArgument("px", region[0]);
  request.region.y = IntegerArgument("py", region[1]);
  request.region.width = IntegerArgument("w", region[2]);
  request.region.height = IntegerArgument("h", region[3]);
  request.region.elements_per_pe = IntegerArgument("elem_per_pe", region[4]);
  return request;
}

Task SubmitToDevice(HostRun& self, const CopyRequest& request, const py::object& src,
                    bool nonblock) {
  py::array array = SourceArray("src", src);
  const std::span<uint32_t> words = WordsOf(array);
  const auto id =
      self.Unlocked([&](SdkRuntime& core) { return core.CopyToDevice(request, words, nonblock); });
  return self.MakeTask(*id);
}

template <fabric::Broadcast kBroadcast>
Task CopyToDevice(HostRun& self, const py::object& dest, const py::object& src,
                  const py::object& px, const py::object& py_, const py::object& w,
                  const py::object& h, const py::object& elem_per_pe, const py::object& streaming,
                  const py::object& data_type, const py::object& order,
                  const py::object& nonblock) {
  static constexpr const char* kCalls[] = {"memcpy_h2d", "memcpy_h2d_rowbcast",
                                           "memcpy_h2d_colbcast"};
  bool nonblocking = false;
  CopyRequest request = MakeRequest(kCalls[static_cast<size_t>(kBroadcast)], "dest", dest,
                                    {px, py_, w, h, elem_per_pe},
                                    {streaming, data_type, order, nonblock}, &nonblocking);
  request.region.broadcast = kBroadcast;
  return SubmitToDevice(self, request, src, nonblocking);
}

Task CopyToDeviceStrided(HostRun& self, const py::object& dest, const py::object& src,
                         const py::object& px, const py::object& py_, const py::object& w,
                         const py::object& h, const py::object& elem_per_pe,
                         const py::object& row_stride, const py::object& col_stride,
                         const py::object& streaming, const py::object& data_type,
                         const py::object& order, const py::object& nonblock) {
  bool nonblocking = false;
  CopyRequest request = MakeRequest("memcpy_h2d_stride", "dest", dest, {px, py_, w, h, elem_per_pe},
                                    {streaming, data_type, order, nonblock}, &nonblocking);
  request.region.row_stride = IntegerArgument("row_stride", row_stride);
  request.region.col_stride = IntegerArgument("col_stride", col_stride);
  request.columns_first = true;
  return SubmitToDevice(self, request, src, nonblocking);
}

Task CopyToHost(HostRun& self, const py::object& dest, const py::object& src, const py::object& px,
                const py::object& py_, const py::object& w, const py::object& h,
                const py::object& elem_per_pe, const py::object& streaming,
                const py::object& data_type, const py::object& order, const py::object& nonblock) {
  bool nonblocking = false;
  const CopyRequest request = MakeRequest("memcpy_d2h", "src", src, {px, py_, w, h, elem_per_pe},
                                          {streaming, data_type, order, nonblock}, &nonblocking);
  py::array array = TargetArray("dest", dest);
  const std::span<uint32_t> words = WordsOf(array);
  std::shared_ptr<void> keep_alive = KeepAlive(array);
  const auto id = self.Unlocked([&](SdkRuntime& core) {
    return core.CopyToHost(request, words, std::move(keep_alive), nonblocking);
  });
  return self.MakeTask(*id);
}

template <typename Function>
void BindTransfer(RuntimeClass& runtime, const char* name, Function function, const char* doc) {
  const py::object missing = py::none();
  runtime.def(name, function, "dest"_a, "src"_a, "px"_a, "py"_a, "w"_a, "h"_a, "elem_per_pe"_a,
              py::kw_only(), "streaming"_a = missing, "data_type"_a = missing, "order"_a = missing,
              "nonblock"_a = missing, doc);
}

}  // namespace

void BindMemcpy(RuntimeClass& runtime) {
  BindTransfer(runtime, "memcpy_h2d", &CopyToDevice<fabric::Broadcast::kNone>, kMemcpyH2dDoc);
  BindTransfer(runtime, "memcpy_h2d_rowbcast", &CopyToDevice<fabric::Broadcast::kRows>,
               kRowBroadcastDoc);
  BindTransfer(runtime, "memcpy_h2d_colbcast", &CopyToDevice<fabric::Broadcast::kColumns>,
               kColumnBroadcastDoc);
  BindTransfer(runtime, "memcpy_d2h", &CopyToHost, kMemcpyD2hDoc);
  const py::object missing = py::none();
  runtime.def("memcpy_h2d_stride", &CopyToDeviceStrided, "dest"_a, "src"_a, "px"_a, "py"_a, "w"_a,
              "h"_a, "elem_per_pe"_a, "row_stride"_a, "col_stride"_a, py::kw_only(),
              "streaming"_a = missing, "data_type"_a = missing, "order"_a = missing,
              "nonblock"_a = missing, kStrideDoc);
}

}  // namespace csl::runtime::python
