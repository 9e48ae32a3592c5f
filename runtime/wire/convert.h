// SPDX-License-Identifier: Apache-2.0
// Between the messages of proto/system.proto and the values that the rest of the runtime uses.
#ifndef RUNTIME_WIRE_CONVERT_H_
#define RUNTIME_WIRE_CONVERT_H_

#include <cstdint>
#include <functional>
#include <span>

#include "base/status.h"
#include "fabric/sim/simulator.h"
#include "proto/system.pb.h"
#include "runtime/wire/frame.h"

namespace csl::runtime::wire {

void StatusToFailure(const Status& status, proto::Failure* failure);
// Never ok: a code nobody knows becomes kInternal.
Status FailureToStatus(const proto::Failure& failure);

void StatsToMessage(const fabric::SimStats& stats, proto::Stats* message);
fabric::SimStats MessageToStats(const proto::Stats& message);

// Its data or destination aside.
void TransferToMessage(const fabric::HostTransfer& transfer, proto::Transfer* message);
fabric::HostTransfer MessageToTransfer(const proto::Transfer& message);

void LogToMessage(const fabric::LogRecord& record, proto::Log* message);
// Out-of-range levels become kError; line breaks in the text become spaces.
fabric::LogRecord MessageToLog(const proto::Log& message);

void DebugViewToMessage(const fabric::DebugView& view, proto::DebugView* message);
fabric::DebugView MessageToDebugView(const proto::DebugView& message);

// Sends all bytes as Chunk messages of `Message` (ClientMessage or ServerMessage).
template <typename Message>
Status SendChunks(FrameStream* stream, std::span<const uint8_t> bytes);

// Takes chunks until `total_bytes` have come, handing each to `take` as it comes. kDataLoss when
// something else comes, or too much.
template <typename Message>
Status ReceiveChunks(FrameStream* stream, uint64_t total_bytes,
                     const std::function<void(std::span<const uint8_t>)>& take);

// The same, to where it belongs.
template <typename Message>
Status ReceiveInto(FrameStream* stream, std::span<uint8_t> out);

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_CONVERT_H_
