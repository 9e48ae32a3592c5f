// SPDX-License-Identifier: Apache-2.0
// Copies and streams: what is checked before anything is sent, and the commands they become.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/core/sdk_runtime.h"
#include "runtime/memcpy/host_words.h"
#include "runtime/memcpy/transpose.h"

namespace csl::runtime {
namespace {

// The call as host scripts write it.
std::string_view CallName(const CopyRequest& request, bool to_device) {
  if (!to_device) return "memcpy_d2h()";
  if (request.columns_first) return "memcpy_h2d_stride()";
  switch (request.region.broadcast) {
    case fabric::Broadcast::kRows:
      return "memcpy_h2d_rowbcast()";
    case fabric::Broadcast::kColumns:
      return "memcpy_h2d_colbcast()";
    case fabric::Broadcast::kNone:
      break;
  }
  return "memcpy_h2d()";
}

// Precondition: CheckRegion is ok.
fabric::HostTransfer TransferOf(const CopyRequest& request) {
  const Region& region = request.region;
  fabric::HostTransfer transfer;
  transfer.broadcast = region.broadcast;
  transfer.x = static_cast<int>(region.x);
  transfer.y = static_cast<int>(region.y);
  transfer.width = static_cast<int>(region.columns());
  transfer.height = static_cast<int>(region.rows());
  transfer.x_step = static_cast<int>(region.row_stride);
  transfer.y_step = static_cast<int>(region.col_stride);
  transfer.elements_per_pe = static_cast<int>(region.elements_per_pe);
  transfer.order = request.order;
  return transfer;
}

// Of the host's array.
TensorShape ShapeOf(const Region& region) {
  TensorShape shape{region.rows(), region.columns(), region.elements_per_pe};
  if (region.broadcast == fabric::Broadcast::kRows) shape.columns = 1;
  if (region.broadcast == fabric::Broadcast::kColumns) shape.rows = 1;
  return shape;
}

// "w * h * elem_per_pe = 2 * 3 * 4", without what a broadcast shares.
std::string WordsFormula(const Region& region) {
  switch (region.broadcast) {
    case fabric::Broadcast::kRows:
      return fmt::format("h * elem_per_pe = {} * {}", region.rows(), region.elements_per_pe);
    case fabric::Broadcast::kColumns:
      return fmt::format("w * elem_per_pe = {} * {}", region.columns(), region.elements_per_pe);
    case fabric::Broadcast::kNone:
      break;
  }
  const bool strided = region.row_stride != 1 || region.col_stride != 1;
  return fmt::format("{} * elem_per_pe = {} * {} * {}", strided ? "columns * rows" : "w * h",
                     region.columns(), region.rows(), region.elements_per_pe);
}

Status NoMemoryFor(size_t words) {
  return ResourceExhausted(fmt::format("no memory for {} words of host data", words));
}

}  // namespace

Status SdkRuntime::CheckSymbol(std::string_view what, uint32_t id, bool to_device) const {
  const image::Export* symbol = manifest().FindExport(id);
  if (symbol == nullptr) {
    return NotFound(fmt::format("{}: no exported symbol has id {}; get_id() gives ids", what, id));
  }
  if (symbol->kind != image::ExportKind::kVar) {
    return InvalidArgument(
        fmt::format("{}: '{}' is a {}; only variables can be copied", what, symbol->name,
                    symbol->kind == image::ExportKind::kFunc ? "function" : "stream"));
  }
  if (to_device && symbol->immutable) {
    return InvalidArgument(fmt::format(
        "{}: '{}' is exported as immutable; the host may only read it", what, symbol->name));
  }
  return OkStatus();
}

Status SdkRuntime::CheckWords(std::string_view what, const Region& region, size_t words) const {
  const uint64_t needed = static_cast<uint64_t>(region.words());
  if (needed > words) {
    return InvalidArgument(fmt::format("{}: the host array has {} elements; expected {} = {}", what,
                                       words, WordsFormula(region), needed));
  }
  if (needed < words) {
    Log(fabric::LogLevel::kWarning,
        fmt::format("{}: the host array has {} elements, only the first {} are used", what, words,
                    needed));
  }
  return OkStatus();
}

Status SdkRuntime::CheckTransfer(std::string_view what, const CopyRequest& request, bool to_device,
                                 size_t words) const {
  RETURN_IF_ERROR(CheckRunning(what));
  if (request.streaming) {
    if (request.color < 0 || request.color >= fabric::kNumColors) {
      return OutOfRange(fmt::format("{}: {} = {}: with streaming=True it is a color, 0..{}", what,
                                    to_device ? "dest" : "src", request.color,
                                    fabric::kNumColors - 1));
    }
  } else {
    RETURN_IF_ERROR(CheckSymbol(what, request.symbol, to_device));
  }
  const Status region = CheckRegion(manifest(), request.region,
                                    request.streaming ? kMaxStreamElements : kMaxCopyElements);
  if (!region.ok()) return {region.code(), fmt::format("{}: {}", what, region.message())};
  return CheckWords(what, request.region, words);
}

StatusOr<TaskId> SdkRuntime::SubmitTransfer(const CopyRequest& request,
                                            fabric::HostTransfer transfer) {
  if (request.streaming) {
    fabric::StreamCommand command;
    static_cast<fabric::HostTransfer&>(command) = std::move(transfer);
    command.color = static_cast<int>(request.color);
    return device_->Submit(std::move(command));
  }
  fabric::CopyCommand command;
  static_cast<fabric::HostTransfer&>(command) = std::move(transfer);
  command.export_id = request.symbol;
  command.element_bits = request.element_bits;
  return device_->Submit(std::move(command));
}

std::shared_ptr<uint32_t[]> SdkRuntime::StagingWords(size_t words) {
  if (staging_ == nullptr || staging_.use_count() > 1 || staging_words_ < words) {
    staging_ = NewHostWords(words);
    staging_words_ = staging_ == nullptr ? 0 : words;
  }
  return staging_;
}

StatusOr<TaskId> SdkRuntime::CopyToDevice(const CopyRequest& request,
                                          std::span<const uint32_t> data, bool nonblock,
                                          std::shared_ptr<void> keep_alive) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckTransfer(CallName(request, true), request, true, data.size()));
  const size_t words = static_cast<size_t>(request.region.words());
  const uint64_t bytes = words * sizeof(uint32_t);
  RETURN_IF_ERROR(MakeRoom(bytes));
  fabric::HostTransfer transfer = TransferOf(request);
  data = data.first(words);
  const TensorShape shape = ShapeOf(request.region);
  const bool transpose =
      request.order == fabric::CopyOrder::kColumnMajor && !SameInBothOrders(shape);
  if (request.columns_first) {
    transfer.data = RowsFirst(request.region, request.order, data);
  } else if (!transpose && !nonblock && keep_alive != nullptr) {
    transfer.source = data;
  } else {
    const std::shared_ptr<uint32_t[]> staging = StagingWords(words);
    if (staging == nullptr) return NoMemoryFor(words);
    const std::span<uint32_t> target(staging.get(), words);
    if (transpose) {
      ColumnToRowMajor(shape, data, target);
      transfer.row_major_words = true;
    } else {
      std::copy(data.begin(), data.end(), target.begin());
    }
    transfer.source = target;
    keep_alive = staging;
  }
  return Enqueue(SubmitTransfer(request, std::move(transfer)), bytes, std::move(keep_alive),
                 nonblock);
}

StatusOr<TaskId> SdkRuntime::CopyToHost(const CopyRequest& request, std::span<uint32_t> destination,
                                        std::shared_ptr<void> keep_alive, bool nonblock) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(CheckTransfer(CallName(request, false), request, false, destination.size()));
  RETURN_IF_ERROR(MakeRoom(0));
  fabric::HostTransfer transfer = TransferOf(request);
  transfer.direction = fabric::CopyDirection::kDeviceToHost;
  destination = destination.first(static_cast<size_t>(request.region.words()));
  transfer.destination = destination;
  std::function<void()> finish;
  const TensorShape shape = ShapeOf(request.region);
  if (request.order == fabric::CopyOrder::kColumnMajor && !SameInBothOrders(shape)) {
    const std::shared_ptr<uint32_t[]> staging = StagingWords(destination.size());
    if (staging == nullptr) return NoMemoryFor(destination.size());
    transfer.destination = {staging.get(), destination.size()};
    transfer.row_major_words = true;
    finish = [shape, staging, destination] {
      RowToColumnMajor(shape, {staging.get(), destination.size()}, destination);
    };
  }
  return Enqueue(SubmitTransfer(request, std::move(transfer)), 0, std::move(keep_alive), nonblock,
                 std::move(finish));
}

}  // namespace csl::runtime
