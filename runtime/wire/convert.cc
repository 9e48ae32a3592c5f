// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/convert.h"

#include <algorithm>
#include <iterator>

#include "runtime/wire/limits.h"

namespace csl::runtime::wire {
namespace {

constexpr StatusCode kCodes[] = {
#define STATUS_CODE(name, ...) StatusCode::name,
#include "base/status_codes.def"
#undef STATUS_CODE
};

}  // namespace

void StatusToFailure(const Status& status, proto::Failure* failure) {
  failure->set_code(static_cast<uint32_t>(status.code()));
  failure->set_message(status.message());
}

Status FailureToStatus(const proto::Failure& failure) {
  const bool known = failure.code() > 0 && failure.code() < std::size(kCodes);
  return {known ? kCodes[failure.code()] : StatusCode::kInternal, failure.message()};
}

void StatsToMessage(const fabric::SimStats& stats, proto::Stats* message) {
#define STATS_FIELD(name) message->set_##name(stats.name);
#include "runtime/wire/stats_fields.def"
#undef STATS_FIELD
}

fabric::SimStats MessageToStats(const proto::Stats& message) {
  fabric::SimStats stats;
#define STATS_FIELD(name) stats.name = message.name();
#include "runtime/wire/stats_fields.def"
#undef STATS_FIELD
  return stats;
}

void TransferToMessage(const fabric::HostTransfer& transfer, proto::Transfer* message) {
  message->set_to_host(transfer.direction == fabric::CopyDirection::kDeviceToHost);
  message->set_x(transfer.x);
  message->set_y(transfer.y);
  message->set_width(transfer.width);
  message->set_height(transfer.height);
  message->set_x_step(transfer.x_step);
  message->set_y_step(transfer.y_step);
  message->set_elements_per_pe(transfer.elements_per_pe);
  message->set_column_major(transfer.order == fabric::CopyOrder::kColumnMajor);
  message->set_row_major_words(transfer.row_major_words);
  switch (transfer.broadcast) {
    case fabric::Broadcast::kNone:
      message->set_broadcast(proto::BROADCAST_NONE);
      break;
    case fabric::Broadcast::kRows:
      message->set_broadcast(proto::BROADCAST_ROWS);
      break;
    case fabric::Broadcast::kColumns:
      message->set_broadcast(proto::BROADCAST_COLUMNS);
      break;
  }
}

fabric::HostTransfer MessageToTransfer(const proto::Transfer& message) {
  fabric::HostTransfer transfer;
  transfer.direction = message.to_host() ? fabric::CopyDirection::kDeviceToHost
                                         : fabric::CopyDirection::kHostToDevice;
  transfer.x = message.x();
  transfer.y = message.y();
  transfer.width = message.width();
  transfer.height = message.height();
  transfer.x_step = message.x_step();
  transfer.y_step = message.y_step();
  transfer.elements_per_pe = message.elements_per_pe();
  transfer.order =
      message.column_major() ? fabric::CopyOrder::kColumnMajor : fabric::CopyOrder::kRowMajor;
  transfer.row_major_words = message.row_major_words();
  transfer.broadcast = message.broadcast() == proto::BROADCAST_ROWS ? fabric::Broadcast::kRows
                       : message.broadcast() == proto::BROADCAST_COLUMNS
                           ? fabric::Broadcast::kColumns
                           : fabric::Broadcast::kNone;
  return transfer;
}

namespace {

void EventToMessage(const fabric::Event& event, proto::LogEvent* message) {
  message->set_kind(static_cast<uint32_t>(event.kind));
#define FIELD(name) message->set_##name(event.name);
#include "runtime/wire/event_fields.def"
#undef FIELD
}

// Numbers that are too large lose their upper bits: whoever reads an event holds it against the
// program.
fabric::Event MessageToEvent(const proto::LogEvent& message) {
  fabric::Event event;
  if (message.kind() >= fabric::Event::kNumKinds) return event;
  event.kind = static_cast<fabric::Event::Kind>(message.kind());
#define FIELD(name) event.name = static_cast<decltype(event.name)>(message.name());
#include "runtime/wire/event_fields.def"
#undef FIELD
  if (event.side > 5) event.side = 5;
  event.color &= 31;
  return event;
}

}  // namespace

void LogToMessage(const fabric::LogRecord& record, proto::Log* message) {
  message->set_cycle(record.cycle);
  message->set_level(static_cast<uint32_t>(record.level));
  if (record.is_event()) {
    EventToMessage(record.event, message->mutable_event());
  } else {
    message->set_message(record.message);
  }
}

fabric::LogRecord MessageToLog(const proto::Log& message) {
  fabric::LogRecord record;
  record.cycle = message.cycle();
  record.level = message.level() <= static_cast<uint32_t>(fabric::LogLevel::kError)
                     ? static_cast<fabric::LogLevel>(message.level())
                     : fabric::LogLevel::kError;
  record.message = message.message();
  if (message.has_event()) record.event = MessageToEvent(message.event());
  std::replace(record.message.begin(), record.message.end(), '\n', ' ');
  return record;
}

// Smaller pieces are queued with what is around them.
constexpr size_t kSendInPlaceBytes = size_t{64} << 10;

template <typename Message>
constexpr uint8_t ChunkTag() {
  return static_cast<uint8_t>(Message::kChunkFieldNumber << 3 | 2);
}

void AppendVarint(size_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void DebugViewToMessage(const fabric::DebugView& view, proto::DebugView* message) {
  message->set_cycle(view.cycle);
  message->set_failure(view.failure);
  for (const fabric::DebugPe& pe : view.pes) {
    proto::DebugPe* const out = message->add_pes();
    out->set_x(pe.x);
    out->set_y(pe.y);
    out->set_task_starts(pe.task_starts);
    out->set_computes(pe.computes);
    out->set_task(pe.task);
    out->set_function(pe.function);
    out->set_position(pe.position);
    out->set_issue_cycle(pe.issue_cycle);
  }
}

fabric::DebugView MessageToDebugView(const proto::DebugView& message) {
  fabric::DebugView view;
  view.cycle = message.cycle();
  view.failure = message.failure();
  for (const proto::DebugPe& pe : message.pes()) {
    view.pes.push_back({pe.x(), pe.y(), pe.task_starts(), pe.computes(), pe.task(), pe.function(),
                        pe.position(), pe.issue_cycle()});
  }
  return view;
}

template <typename Message>
Status SendChunks(FrameStream* stream, std::span<const uint8_t> bytes) {
  Message message;
  for (size_t done = 0; done < bytes.size(); done += kChunkBytes) {
    const auto part = bytes.subspan(done, std::min(kChunkBytes, bytes.size() - done));
    if (part.size() < kSendInPlaceBytes) {
      message.mutable_chunk()->set_data(part.data(), part.size());
      RETURN_IF_ERROR(stream->Queue(message));
      continue;
    }
    // The message's own encoding, with the bytes left where they are.
    std::string inner(1, '\x0a');
    AppendVarint(part.size(), &inner);
    std::string head(1, static_cast<char>(ChunkTag<Message>()));
    AppendVarint(inner.size() + part.size(), &head);
    RETURN_IF_ERROR(stream->SendParts(head + inner, part));
  }
  return OkStatus();
}

template <typename Message>
Status ReceiveInto(FrameStream* stream, std::span<uint8_t> out) {
  Message message;
  while (!out.empty()) {
    size_t size = 0;
    RETURN_IF_ERROR(
        stream->ReceiveBytes(ChunkTag<Message>(), out, &size, &message, kStalledFrameTimeoutMs));
    if (size == 0) {
      if (!message.has_chunk()) return DataLoss("a piece of bulk data was expected");
      const std::string& data = message.chunk().data();
      if (data.empty() || data.size() > out.size()) {
        return DataLoss("a piece of " + std::to_string(data.size()) + " bytes where " +
                        std::to_string(out.size()) + " are left");
      }
      size = data.size();
      std::copy(data.begin(), data.end(), out.begin());
    }
    out = out.subspan(size);
  }
  return OkStatus();
}

template <typename Message>
Status ReceiveChunks(FrameStream* stream, uint64_t total_bytes,
                     const std::function<void(std::span<const uint8_t>)>& take) {
  Message message;
  for (uint64_t done = 0; done < total_bytes;) {
    RETURN_IF_ERROR(stream->Receive(&message, kStalledFrameTimeoutMs));
    if (!message.has_chunk()) return DataLoss("a piece of bulk data was expected");
    const std::string& data = message.chunk().data();
    if (data.empty() || data.size() > total_bytes - done) {
      return DataLoss("a piece of " + std::to_string(data.size()) + " bytes where " +
                      std::to_string(total_bytes - done) + " are left");
    }
    take(std::span(reinterpret_cast<const uint8_t*>(data.data()), data.size()));
    done += data.size();
  }
  return OkStatus();
}

template Status SendChunks<proto::ClientMessage>(FrameStream*, std::span<const uint8_t>);
template Status SendChunks<proto::ServerMessage>(FrameStream*, std::span<const uint8_t>);
template Status ReceiveInto<proto::ClientMessage>(FrameStream*, std::span<uint8_t>);
template Status ReceiveInto<proto::ServerMessage>(FrameStream*, std::span<uint8_t>);
template Status ReceiveChunks<proto::ClientMessage>(
    FrameStream*, uint64_t, const std::function<void(std::span<const uint8_t>)>&);
template Status ReceiveChunks<proto::ServerMessage>(
    FrameStream*, uint64_t, const std::function<void(std::span<const uint8_t>)>&);

}  // namespace csl::runtime::wire
