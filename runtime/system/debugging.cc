// SPDX-License-Identifier: Apache-2.0
// A debugger at the other end of the connection.
#include "runtime/system/session.h"
#include "runtime/wire/convert.h"

namespace csl::runtime {

using proto::ClientMessage;
using proto::ServerMessage;

Status Session::ShowDebugger(const DebugTarget& target, const fabric::DebugView& view) {
  if (!lost_.ok()) return lost_;
  ServerMessage shown;
  wire::DebugViewToMessage(view, shown.mutable_debug_view());
  lost_ = stream_->Send(shown);
  ClientMessage message;
  while (lost_.ok()) {
    lost_ = stream_->Receive(&message);
    if (!lost_.ok()) break;
    if (message.has_interrupt()) {
      interrupt_came_ = true;
      continue;
    }
    if (message.debug().has_go()) return OkStatus();
    if (message.debug().has_end()) return wire::FailureToStatus(message.debug().end());
    lost_ = AnswerDebugger(target, message.debug());
  }
  return lost_;
}

Status Session::AnswerDebugger(const DebugTarget& target, const proto::DebugStep& step) {
  ServerMessage answer;
  if (step.has_peek()) {
    const proto::PeekMemory& peek = step.peek();
    const StatusOr<std::vector<uint8_t>> bytes =
        target.PeekMemory(peek.fabric_x(), peek.fabric_y(), peek.address(), peek.size_bytes());
    if (!bytes.ok()) return Refuse(bytes.status());
    answer.mutable_symbol()->set_data(bytes->data(), bytes->size());
  } else if (step.has_state()) {
    const StatusOr<std::string> state =
        target.StateJson(step.state().fabric_x(), step.state().fabric_y());
    if (!state.ok()) return Refuse(state.status());
    answer.mutable_symbol()->set_data(*state);
  } else {
    return Violation("it spoke while a debugger was asked");
  }
  return Answer(answer);
}

}  // namespace csl::runtime
