// SPDX-License-Identifier: Apache-2.0
#include "runtime/system/session.h"

#include <utility>

#include "runtime/memcpy/region.h"
#include "runtime/wire/convert.h"
#include "runtime/wire/limits.h"

namespace csl::runtime {
namespace {

using proto::ClientMessage;
using proto::ServerMessage;

constexpr char kVersion[] = "cs-system";

// The smallest rectangle that holds the PEs of a transfer. Numbers of a client: none can overflow.
Region RegionOf(const proto::Transfer& t) {
  Region region{t.x(), t.y(), 1 + (int64_t{t.width()} - 1) * t.x_step(),
                1 + (int64_t{t.height()} - 1) * t.y_step(), t.elements_per_pe()};
  region.row_stride = t.x_step();
  region.col_stride = t.y_step();
  region.broadcast = wire::MessageToTransfer(t).broadcast;
  return region;
}

}  // namespace

Status Session::CheckStop() const {
  if (*stop_) return Status(StatusCode::kCancelled, "the CS system is shutting down");
  return OkStatus();
}

Status Session::Answer(const ServerMessage& message) { return stream_->Send(message); }

Status Session::Refuse(const Status& why) {
  ServerMessage message;
  wire::StatusToFailure(why, message.mutable_failure());
  message.mutable_failure()->set_commands_done(CommandsDone());
  return Answer(message);
}

Status Session::Violation(const std::string& what) {
  const Status status = InvalidArgument("the client broke the protocol: " + what);
  RETURN_IF_ERROR(Refuse(status));
  return status;
}

Status Session::Serve() {
  stream_->set_tick([this] { return CheckStop(); });
  RETURN_IF_ERROR(Greet());
  ClientMessage message;
  for (;;) {
    RETURN_IF_ERROR(stream_->Receive(&message));
    if (message.has_bye()) {
      device_.reset();
      return OkStatus();
    }
    RETURN_IF_ERROR(Handle(message));
    RETURN_IF_ERROR(lost_);
  }
}

Status Session::Greet() {
  ClientMessage message;
  RETURN_IF_ERROR(stream_->Receive(&message, wire::kHandshakeTimeoutMs));
  if (!message.has_hello()) return Violation("it did not say hello");
  if (message.hello().protocol() != wire::kProtocolVersion) {
    return Violation("it speaks version " + std::to_string(message.hello().protocol()) +
                     ", this system version " + std::to_string(wire::kProtocolVersion));
  }
  ServerMessage answer;
  answer.mutable_welcome()->set_protocol(wire::kProtocolVersion);
  answer.mutable_welcome()->set_version(kVersion);
  return Answer(answer);
}

Status Session::Handle(const ClientMessage& message) {
  if (message.has_interrupt()) return OkStatus();  // what it was meant for is over
  if (message.has_open()) return OpenProgram(message.open());
  if (device_ == nullptr) return Violation("it sent no program first");
  switch (message.body_case()) {
    case ClientMessage::kLaunch:
      return HandleLaunch(message.launch());
    case ClientMessage::kCopy:
      return HandleCopy(message.copy());
    case ClientMessage::kStream:
      return HandleStream(message.stream());
    case ClientMessage::kPort:
      return HandlePort(message.port());
    case ClientMessage::kWait:
    case ClientMessage::kPoll:
    case ClientMessage::kDrain:
      return HandleAdvance(message);
    case ClientMessage::kGetStats:
      return HandleStats();
    case ClientMessage::kGetCore:
      return HandleGetCore(message.get_core());
    case ClientMessage::kReadSymbol:
      return HandleReadSymbol(message.read_symbol());
    default:
      return Violation("a message out of place");
  }
}

Status Session::HandleLaunch(const proto::Launch& launch) {
  if (Status room = CheckRoom(0); !room.ok()) return Refuse(room);
  fabric::LaunchCommand command;
  command.export_id = launch.export_id();
  command.args.assign(launch.args().begin(), launch.args().end());
  StatusOr<fabric::CommandId> id = device_->Submit(std::move(command));
  if (!id.ok()) return Refuse(id.status());
  commands_.push_back(*id);
  queue_.push_back({.id = static_cast<uint32_t>(commands_.size() - 1)});
  return AnswerSubmitted(queue_.back().id);
}

Status Session::CheckRoom(uint64_t bytes) const {
  if (queue_.size() >= wire::kMaxQueuedCommands) {
    return ResourceExhausted("too many commands are queued; the limit is " +
                             std::to_string(wire::kMaxQueuedCommands));
  }
  if (queued_bytes_ + bytes > wire::kMaxQueuedBytes) {
    return ResourceExhausted("too many bytes of host data are queued; the limit is " +
                             std::to_string(wire::kMaxQueuedBytes));
  }
  return OkStatus();
}

Status Session::TakeBuffer(uint64_t words, Buffer* data) {
  RETURN_IF_ERROR(CheckRoom(words * sizeof(uint32_t)));
  if (!buffers_.Take(words, data)) {
    return ResourceExhausted("no memory for " + std::to_string(words) + " words of host data");
  }
  return OkStatus();
}

StatusOr<fabric::HostTransfer> Session::ReceiveTransfer(const proto::Transfer& message,
                                                        int64_t max_elements, Buffer* data) {
  if (message.width() < 1 || message.height() < 1) {
    return InvalidArgument("a transfer without PEs");
  }
  const Region region = RegionOf(message);
  RETURN_IF_ERROR(CheckRegion(manifest_, region, max_elements));
  if (message.to_host() && region.broadcast != fabric::Broadcast::kNone) {
    return InvalidArgument("a broadcast to the host");
  }
  const uint64_t words = static_cast<uint64_t>(region.words());
  RETURN_IF_ERROR(TakeBuffer(words, data));
  fabric::HostTransfer transfer = wire::MessageToTransfer(message);
  if (message.to_host()) {
    transfer.destination = data->words();
  } else {
    RETURN_IF_ERROR(wire::ReceiveInto<ClientMessage>(stream_, data->bytes()));
    transfer.source = data->words();
  }
  return transfer;
}

// A client of ours checks all this before it sends anything; where the data of a bad transfer ends
// is anyone's guess. So a failure here ends the conversation.
Status Session::BadTransfer(const Status& why) {
  const bool lost = why.code() == StatusCode::kUnavailable || why.code() == StatusCode::kCancelled;
  return lost ? why : Violation(why.message());
}

Status Session::HandleCopy(const proto::Copy& copy) {
  if (copy.element_bits() != 16 && copy.element_bits() != 32) {
    return Violation("elements of " + std::to_string(copy.element_bits()) +
                     " bits; must be 16 or 32");
  }
  Buffer data;
  StatusOr<fabric::HostTransfer> transfer =
      ReceiveTransfer(copy.transfer(), kMaxCopyElements, &data);
  if (!transfer.ok()) return BadTransfer(transfer.status());
  fabric::CopyCommand command;
  command.export_id = copy.export_id();
  command.element_bits = copy.element_bits();
  return SubmitTransfer(std::move(command), *std::move(transfer), std::move(data));
}

Status Session::HandleStream(const proto::Stream& stream) {
  Buffer data;
  StatusOr<fabric::HostTransfer> transfer =
      ReceiveTransfer(stream.transfer(), kMaxStreamElements, &data);
  if (!transfer.ok()) return BadTransfer(transfer.status());
  fabric::StreamCommand command;
  command.color = stream.color();
  return SubmitTransfer(std::move(command), *std::move(transfer), std::move(data));
}

Status Session::HandleEndlessPort(const proto::Port& port) {
  if (port.words() != 0 || !port.to_host()) {
    return Violation("an endless command of a port with words");
  }
  if (Status room = CheckRoom(0); !room.ok()) return Refuse(room);
  fabric::PortCommand command;
  command.port = port.port();
  command.sink = [this, id = static_cast<uint32_t>(commands_.size())](
                     std::span<const uint32_t> words) { SendPortWords(id, words); };
  return Submit(std::move(command), /*to_host=*/false, Buffer());
}

Status Session::HandlePort(const proto::Port& port) {
  if (port.endless()) return HandleEndlessPort(port);
  const uint64_t words = port.words();
  if (words < 1 || words > static_cast<uint64_t>(fabric::kMaxPortWords)) {
    return Violation(std::to_string(words) + " words through a port");
  }
  Buffer data;
  if (Status taken = TakeBuffer(words, &data); !taken.ok()) return BadTransfer(taken);
  fabric::PortCommand command;
  command.port = port.port();
  if (port.to_host()) {
    command.destination = data.words();
    return Submit(std::move(command), /*to_host=*/true, std::move(data));
  }
  Status received = wire::ReceiveInto<ClientMessage>(stream_, data.bytes());
  if (!received.ok()) return BadTransfer(received);
  command.source = data.words();
  return Submit(std::move(command), /*to_host=*/false, std::move(data));
}

template <typename Command>
Status Session::SubmitTransfer(Command command, fabric::HostTransfer transfer, Buffer data) {
  const bool to_host = transfer.direction == fabric::CopyDirection::kDeviceToHost;
  static_cast<fabric::HostTransfer&>(command) = std::move(transfer);
  return Submit(std::move(command), to_host, std::move(data));
}

template <typename Command>
Status Session::Submit(Command command, bool to_host, Buffer data) {
  Queued queued;
  queued.id = static_cast<uint32_t>(commands_.size());
  queued.to_host = to_host;
  queued.data = std::move(data);  // its words stay where they are
  StatusOr<fabric::CommandId> id = device_->Submit(std::move(command));
  if (!id.ok()) {
    buffers_.GiveBack(std::move(queued.data));
    return Refuse(id.status());
  }
  commands_.push_back(*id);
  queued_bytes_ += queued.data.bytes().size();
  queue_.push_back(std::move(queued));
  return AnswerSubmitted(queue_.back().id);
}

Status Session::AnswerSubmitted(uint32_t id) {
  ServerMessage message;
  message.mutable_submitted()->set_command(id);
  return Answer(message);
}

uint32_t Session::CommandsDone() {
  if (device_ == nullptr) return 0;
  while (commands_done_ < commands_.size() && device_->IsDone(commands_[commands_done_])) {
    ++commands_done_;
  }
  return commands_done_;
}

Status Session::SendResults() {
  // Commands of ports are done in any order.
  for (auto queued = queue_.begin(); queued != queue_.end();) {
    if (!device_->IsDone(commands_[queued->id])) {
      ++queued;
      continue;
    }
    if (queued->to_host) {
      ServerMessage message;
      message.mutable_copy_result()->set_command(queued->id);
      RETURN_IF_ERROR(stream_->Queue(message));
      RETURN_IF_ERROR(wire::SendChunks<ServerMessage>(stream_, queued->data.bytes()));
    }
    queued_bytes_ -= queued->data.bytes().size();
    buffers_.GiveBack(std::move(queued->data));
    queued = queue_.erase(queued);
  }
  return OkStatus();
}

Status Session::HandleAdvance(const ClientMessage& message) {
  const bool drain = message.has_drain();
  const uint32_t position =
      message.has_wait() ? message.wait().command() : message.poll().command();
  if (!drain && position >= commands_.size()) {
    return Refuse(NotFound("no command " + std::to_string(position)));
  }
  StatusOr<bool> finished = true;
  if (message.has_poll()) {
    finished = device_->Poll(commands_[position]);
  } else if (Status status = drain ? device_->Drain() : device_->Wait(commands_[position]);
             !status.ok()) {
    finished = status;
  }
  RETURN_IF_ERROR(lost_);
  RETURN_IF_ERROR(SendResults());
  if (!finished.ok()) return Refuse(finished.status());
  ServerMessage answer;
  answer.mutable_done()->set_finished(*finished);
  answer.mutable_done()->set_commands_done(CommandsDone());
  return Answer(answer);
}

Status Session::HandleStats() {
  StatusOr<fabric::SimStats> stats = device_->Stats();
  if (!stats.ok()) return Refuse(stats.status());
  ServerMessage answer;
  wire::StatsToMessage(*stats, answer.mutable_stats());
  return Answer(answer);
}

Status Session::HandleGetCore(const proto::CoreRequest& request) {
  Status sent;
  const auto send = [&](std::span<const uint8_t> piece) {
    if (sent.ok()) sent = wire::SendChunks<ServerMessage>(stream_, piece);
  };
  const Status status = request.states() ? device_->WriteStates(send)
                                         : device_->WriteCore(request.program_digest(), send);
  RETURN_IF_ERROR(sent);
  if (!status.ok()) return Refuse(status);
  ServerMessage answer;
  answer.mutable_core_end();
  return Answer(answer);
}

Status Session::HandleReadSymbol(const proto::SymbolRequest& request) {
  StatusOr<std::vector<uint8_t>> bytes =
      device_->ReadSymbol(request.fabric_x(), request.fabric_y(), request.name());
  if (!bytes.ok()) return Refuse(bytes.status());
  ServerMessage answer;
  answer.mutable_symbol()->set_data(bytes->data(), bytes->size());
  return Answer(answer);
}

bool Session::CheckInterrupt() {
  if (!lost_.ok() || std::exchange(interrupt_came_, false)) return true;
  lost_ = CheckStop();
  if (!lost_.ok() || !stream_->Readable()) return !lost_.ok();
  ClientMessage message;
  lost_ = stream_->Receive(&message, wire::kStalledFrameTimeoutMs);
  if (lost_.ok() && !message.has_interrupt()) {
    lost_ = InvalidArgument("the client broke the protocol: it spoke while the fabric ran");
  }
  return true;
}

void Session::SendPortWords(uint32_t command, std::span<const uint32_t> words) {
  constexpr size_t kWords = wire::kChunkBytes / sizeof(uint32_t);
  while (!words.empty() && lost_.ok()) {
    const std::span<const uint32_t> some = words.first(std::min(words.size(), kWords));
    words = words.subspan(some.size());
    ServerMessage message;
    message.mutable_port_words()->set_command(command);
    message.mutable_port_words()->set_data(some.data(), some.size_bytes());
    if (Status status = stream_->Queue(message); !status.ok()) lost_ = status;
  }
}

void Session::SendLog(const fabric::LogRecord& record) {
  ServerMessage message;
  wire::LogToMessage(record, message.mutable_log());
  if (Status status = stream_->Queue(message); !status.ok() && lost_.ok()) lost_ = status;
}

}  // namespace csl::runtime
