// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/bind_memcpy.h"

#include <pybind11/numpy.h>

#include <utility>
#include <vector>

#include "runtime/python/arguments.h"
#include "runtime/python/docstrings.h"
#include "runtime/python/errors.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

// The parameters that all forms share; `strides` are between the two parts.
Signature TransferSignature(const char* call, bool strides) {
  std::vector<Parameter> parameters = {{"dest"}, {"src"}, {"px"},         {"py"},
                                       {"w"},    {"h"},   {"elem_per_pe"}};
  if (strides) {
    parameters.push_back({"row_stride"});
    parameters.push_back({"col_stride"});
  }
  for (const char* name : {"streaming", "data_type", "order", "nonblock"}) {
    parameters.push_back(Keyword(name));
  }
  return {call, std::move(parameters)};
}

// The arguments of a transfer, as TransferSignature lists them.
using Arguments = std::vector<py::object>;

// Checks keywords and region. `target_name` is what names the symbol or color: dest or src.
CopyRequest MakeRequest(const char* target_name, const py::object& target,
                        const Arguments& arguments, bool* nonblock) {
  const size_t keywords = arguments.size() - 4;
  *nonblock = BoolArgument("nonblock", arguments[keywords + 3]);
  CopyRequest request;
  request.streaming = BoolArgument("streaming", arguments[keywords]);
  request.element_bits =
      EnumArgument("data_type", "MemcpyDataType", arguments[keywords + 1]) == 0 ? 16 : 32;
  request.order = EnumArgument("order", "MemcpyOrder", arguments[keywords + 2]) == 0
                      ? fabric::CopyOrder::kRowMajor
                      : fabric::CopyOrder::kColumnMajor;
  if (request.streaming) {
    request.color = IntegerArgument(target_name, target);
  } else {
    request.symbol = IdArgument(target_name, target);
  }
  request.region.x = IntegerArgument("px", arguments[2]);
  request.region.y = IntegerArgument("py", arguments[3]);
  request.region.width = IntegerArgument("w", arguments[4]);
  request.region.height = IntegerArgument("h", arguments[5]);
  request.region.elements_per_pe = IntegerArgument("elem_per_pe", arguments[6]);
  return request;
}

Task SubmitToDevice(HostRun& self, const CopyRequest& request, const py::object& src,
                    bool nonblock) {
  py::array array = SourceArray("src", src);
  const std::span<uint32_t> words = WordsOf(array);
  std::shared_ptr<void> keep_alive = KeepAlive(array);
  const auto id = self.Unlocked([&](SdkRuntime& core) {
    return core.CopyToDevice(request, words, nonblock, std::move(keep_alive));
  });
  return self.MakeTask(*id);
}

template <fabric::Broadcast kBroadcast>
Task CopyToDevice(HostRun& self, const Arguments& arguments) {
  bool nonblock = false;
  CopyRequest request = MakeRequest("dest", arguments[0], arguments, &nonblock);
  request.region.broadcast = kBroadcast;
  return SubmitToDevice(self, request, arguments[1], nonblock);
}

Task CopyToDeviceStrided(HostRun& self, const Arguments& arguments) {
  bool nonblock = false;
  CopyRequest request = MakeRequest("dest", arguments[0], arguments, &nonblock);
  request.region.row_stride = IntegerArgument("row_stride", arguments[7]);
  request.region.col_stride = IntegerArgument("col_stride", arguments[8]);
  request.columns_first = true;
  return SubmitToDevice(self, request, arguments[1], nonblock);
}

Task CopyToHost(HostRun& self, const Arguments& arguments) {
  bool nonblock = false;
  const CopyRequest request = MakeRequest("src", arguments[1], arguments, &nonblock);
  py::array array = TargetArray("dest", arguments[0]);
  const std::span<uint32_t> words = WordsOf(array);
  std::shared_ptr<void> keep_alive = KeepAlive(array);
  const auto id = self.Unlocked([&](SdkRuntime& core) {
    return core.CopyToHost(request, words, std::move(keep_alive), nonblock);
  });
  return self.MakeTask(*id);
}

}  // namespace

void BindMemcpy(RuntimeClass& runtime) {
  using fabric::Broadcast;
  BindMethod(runtime, "memcpy_h2d", TransferSignature("memcpy_h2d", false), kMemcpyH2dDoc,
             &CopyToDevice<Broadcast::kNone>);
  BindMethod(runtime, "memcpy_h2d_rowbcast", TransferSignature("memcpy_h2d_rowbcast", false),
             kRowBroadcastDoc, &CopyToDevice<Broadcast::kRows>);
  BindMethod(runtime, "memcpy_h2d_colbcast", TransferSignature("memcpy_h2d_colbcast", false),
             kColumnBroadcastDoc, &CopyToDevice<Broadcast::kColumns>);
  BindMethod(runtime, "memcpy_h2d_stride", TransferSignature("memcpy_h2d_stride", true), kStrideDoc,
             &CopyToDeviceStrided);
  BindMethod(runtime, "memcpy_d2h", TransferSignature("memcpy_d2h", false), kMemcpyD2hDoc,
             &CopyToHost);
}

}  // namespace csl::runtime::python
