// SPDX-License-Identifier: Apache-2.0
#include "runtime/device/system_device.h"

#include <unistd.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/digest/sha256.h"
#include "proto/system.pb.h"
#include "runtime/wire/convert.h"
#include "runtime/wire/frame.h"
#include "runtime/wire/limits.h"
#include "runtime/wire/socket.h"

namespace csl::runtime {
namespace {

using proto::ClientMessage;
using proto::ServerMessage;

std::string ClientName() {
  char host[256] = "unknown";
  ::gethostname(host, sizeof(host) - 1);
  return "process " + std::to_string(::getpid()) + " on " + host;
}

std::span<const uint8_t> AsBytes(std::span<const uint32_t> words) {
  return {reinterpret_cast<const uint8_t*>(words.data()), words.size_bytes()};
}

class SystemDevice : public Device, private DebugTarget {
 public:
  SystemDevice(wire::Address address, DeviceOptions options)
      : address_(std::move(address)), options_(std::move(options)) {}
  ~SystemDevice() override;

  Status Load(const Program& program) override;
  StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand command) override;
  StatusOr<fabric::CommandId> Submit(fabric::CopyCommand command) override;
  StatusOr<fabric::CommandId> Submit(fabric::StreamCommand command) override;
  StatusOr<fabric::CommandId> Submit(fabric::PortCommand command) override;
  Status Wait(fabric::CommandId id) override;
  StatusOr<bool> Poll(fabric::CommandId id) override;
  bool IsDone(fabric::CommandId id) const override {
    return id.index < commands_done_ || done_ahead_.contains(id.index);
  }
  Status Drain() override;
  StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                            std::string_view name) override;
  StatusOr<fabric::SimStats> Stats() override;
  Status WriteCore(std::string_view program_digest,
                   const std::function<void(std::span<const uint8_t>)>& sink) override;
  Status WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) override;

 private:
  StatusOr<std::vector<uint8_t>> PeekMemory(int fabric_x, int fabric_y, uint32_t address,
                                            uint32_t size_bytes) const override;
  StatusOr<std::string> StateJson(int fabric_x, int fabric_y) const override;

  // The tick of waits in which an interruption is passed on to the system, and of all others.
  Status PassInterruptOn();
  Status HeedInterrupt();

  Status TakeCore(const ClientMessage& request,
                  const std::function<void(std::span<const uint8_t>)>& sink);
  Status SayHello();
  Status SendProgram(const Program& program);
  // Sends a request and takes what comes back, up to and without logs and copy results. A Failure
  // becomes the returned status; anything that breaks the connection is remembered.
  Status Exchange(const ClientMessage& request, ServerMessage* reply);
  Status ReceiveReply(ServerMessage* reply);
  Status TakeCopyResult(uint32_t command);
  Status TakePortWords(const proto::PortWords& words);
  // Shows the debugger a cycle and tells the system how it continues.
  Status TakeDebugView(const proto::DebugView& message);
  // What the debugger asks of the system meanwhile.
  StatusOr<std::string> AskDebugged(const ClientMessage& request);
  StatusOr<bool> Advance(const ClientMessage& request);
  void NoteDone(fabric::CommandId id);
  // The words to the device, and where those to the host go: the other one is empty.
  StatusOr<fabric::CommandId> SendTransfer(const ClientMessage& request,
                                           std::span<const uint32_t> data,
                                           std::span<uint32_t> destination);
  StatusOr<fabric::CommandId> TakeSubmitted(const ServerMessage& reply);
  Status Broken(const Status& why);
  Status Unexpected() { return Broken(DataLoss("an answer that fits no question")); }

  wire::Address address_;
  DeviceOptions options_;
  std::optional<wire::FrameStream> stream_;
  Status broken_;  // why the connection is of no use any more
  bool interrupt_sent_ = false;
  uint32_t commands_done_ = 0;
  std::set<uint32_t> done_ahead_;  // commands behind these that are known to be done
  std::map<uint32_t, std::span<uint32_t>> destinations_;  // of copies to the host not done yet
  std::map<uint32_t, std::function<void(std::span<const uint32_t>)>> sinks_;  // of ports
};

SystemDevice::~SystemDevice() {
  if (!stream_ || !broken_.ok()) return;
  // Waits for the answer, so that whoever connects next finds the system free.
  stream_->set_tick({});
  ClientMessage bye;
  bye.mutable_bye();
  ServerMessage reply;
  if (stream_->Send(bye).ok()) (void)stream_->Receive(&reply, wire::kHandshakeTimeoutMs).ok();
}

Status SystemDevice::Broken(const Status& why) {
  broken_ =
      Status(why.code() == StatusCode::kAborted ? StatusCode::kAborted : StatusCode::kUnavailable,
             "CS system at " + address_.ToString() + ": " + why.message());
  return broken_;
}

Status SystemDevice::HeedInterrupt() {
  if (options_.check_interrupt && options_.check_interrupt()) return Aborted("interrupted");
  return OkStatus();
}

Status SystemDevice::PassInterruptOn() {
  if (stream_->sending() || HeedInterrupt().ok()) return OkStatus();
  if (interrupt_sent_) return Aborted("interrupted twice");  // the user will not wait any longer
  interrupt_sent_ = true;
  ClientMessage message;
  message.mutable_interrupt();
  return stream_->Send(message);
}

Status SystemDevice::ReceiveReply(ServerMessage* reply) {
  for (;;) {
    if (Status status = stream_->Receive(reply); !status.ok()) return Broken(status);
    switch (reply->body_case()) {
      case ServerMessage::kLog:
        if (options_.log_sink) options_.log_sink(wire::MessageToLog(reply->log()));
        break;
      case ServerMessage::kCopyResult:
        RETURN_IF_ERROR(TakeCopyResult(reply->copy_result().command()));
        break;
      case ServerMessage::kPortWords:
        RETURN_IF_ERROR(TakePortWords(reply->port_words()));
        break;
      case ServerMessage::kDebugView:
        RETURN_IF_ERROR(TakeDebugView(reply->debug_view()));
        break;
      case ServerMessage::kFailure:
        if (reply->failure().commands_done() > commands_done_) {
          commands_done_ = reply->failure().commands_done();
        }
        return wire::FailureToStatus(reply->failure());
      default:
        return OkStatus();
    }
  }
}

Status SystemDevice::Exchange(const ClientMessage& request, ServerMessage* reply) {
  if (!broken_.ok()) return broken_;
  CHECK(stream_.has_value()) << "a Device is used before Load";
  if (Status status = stream_->Send(request); !status.ok()) return Broken(status);
  return ReceiveReply(reply);
}

Status SystemDevice::TakeCopyResult(uint32_t command) {
  auto found = destinations_.find(command);
  if (found == destinations_.end()) return Unexpected();
  uint8_t* out = reinterpret_cast<uint8_t*>(found->second.data());
  const std::span<uint8_t> bytes(out, found->second.size_bytes());
  destinations_.erase(found);
  const Status status = wire::ReceiveInto<ServerMessage>(&*stream_, bytes);
  return status.ok() ? status : Broken(status);
}

Status SystemDevice::TakePortWords(const proto::PortWords& words) {
  const auto found = sinks_.find(words.command());
  const std::string& data = words.data();
  if (found == sinks_.end() || data.empty() || data.size() % sizeof(uint32_t) != 0) {
    return Unexpected();
  }
  std::vector<uint32_t> copy(data.size() / sizeof(uint32_t));
  std::memcpy(copy.data(), data.data(), data.size());
  found->second(copy);
  return OkStatus();
}

Status SystemDevice::TakeDebugView(const proto::DebugView& message) {
  if (!options_.debugger) return Unexpected();
  const Status status = options_.debugger(*this, wire::MessageToDebugView(message));
  if (!broken_.ok()) return broken_;
  ClientMessage answer;
  if (status.ok()) {
    answer.mutable_debug()->mutable_go();
  } else {
    wire::StatusToFailure(status, answer.mutable_debug()->mutable_end());
  }
  const Status sent = stream_->Send(answer);
  return sent.ok() ? sent : Broken(sent);
}

StatusOr<std::string> SystemDevice::AskDebugged(const ClientMessage& request) {
  if (!broken_.ok()) return broken_;
  ServerMessage reply;
  Status status = stream_->Send(request);
  if (status.ok()) status = stream_->Receive(&reply);
  if (!status.ok()) return Broken(status);
  if (reply.has_failure()) return wire::FailureToStatus(reply.failure());
  if (!reply.has_symbol()) return Unexpected();
  return reply.symbol().data();
}

// A DebugTarget is there to be looked at; here even that is a conversation.
StatusOr<std::vector<uint8_t>> SystemDevice::PeekMemory(int fabric_x, int fabric_y,
                                                        uint32_t address,
                                                        uint32_t size_bytes) const {
  ClientMessage request;
  proto::PeekMemory* const peek = request.mutable_debug()->mutable_peek();
  peek->set_fabric_x(fabric_x);
  peek->set_fabric_y(fabric_y);
  peek->set_address(address);
  peek->set_size_bytes(size_bytes);
  ASSIGN_OR_RETURN(const std::string data, const_cast<SystemDevice*>(this)->AskDebugged(request));
  return std::vector<uint8_t>(data.begin(), data.end());
}

StatusOr<std::string> SystemDevice::StateJson(int fabric_x, int fabric_y) const {
  ClientMessage request;
  request.mutable_debug()->mutable_state()->set_fabric_x(fabric_x);
  request.mutable_debug()->mutable_state()->set_fabric_y(fabric_y);
  return const_cast<SystemDevice*>(this)->AskDebugged(request);
}

Status SystemDevice::SayHello() {
  ClientMessage request;
  request.mutable_hello()->set_protocol(wire::kProtocolVersion);
  request.mutable_hello()->set_client(ClientName());
  ServerMessage reply;
  if (Status status = Exchange(request, &reply); !status.ok()) {
    return broken_.ok() ? Broken(status) : broken_;  // the server closes after a refusal
  }
  return reply.has_welcome() ? OkStatus() : Unexpected();
}

Status SystemDevice::SendProgram(const Program& program) {
  ClientMessage request;
  proto::OpenProgram* open = request.mutable_open();
  for (const image::ArtifactFile& file : program.files) {
    proto::FileEntry* entry = open->add_files();
    entry->set_path(file.path);
    entry->set_size_bytes(file.bytes.size());
    Sha256 digest;
    digest.Update(std::span<const uint8_t>(file.bytes));
    entry->set_sha256(digest.FinishHex());
  }
  open->set_num_threads(static_cast<uint32_t>(options_.num_threads));
  open->set_num_shards(static_cast<uint32_t>(options_.num_shards));
  open->set_engine(options_.engine == fabric::EngineKind::kReference ? proto::ENGINE_PLAIN
                                                                     : proto::ENGINE_SHARDED);
  open->set_command_limit_cycles(static_cast<uint64_t>(options_.command_limit_cycles));
  open->set_warn_after_cycles(static_cast<uint64_t>(options_.warn_after_cycles));
  open->set_trace(options_.trace);
  open->set_refuse_long_copies(options_.refuse_long_copies);
  open->set_debug(options_.debugger != nullptr);
  open->set_min_log_level(static_cast<uint32_t>(options_.min_log_level));
  ServerMessage reply;
  RETURN_IF_ERROR(Exchange(request, &reply));
  if (!reply.has_missing()) return Unexpected();
  for (const uint32_t index : reply.missing().files()) {
    if (index >= program.files.size()) return Unexpected();
    Status status = wire::SendChunks<ClientMessage>(&*stream_, program.files[index].bytes);
    if (!status.ok()) return Broken(status);
  }
  RETURN_IF_ERROR(ReceiveReply(&reply));
  return reply.has_opened() ? OkStatus() : Unexpected();
}

Status SystemDevice::Load(const Program& program) {
  CHECK(!stream_.has_value()) << "a Device loads one program";
  const wire::Tick tick = [this] { return HeedInterrupt(); };
  ASSIGN_OR_RETURN(wire::Socket socket, wire::Connect(address_, tick));
  stream_.emplace(std::move(socket));
  stream_->set_tick(tick);
  RETURN_IF_ERROR(SayHello());
  return SendProgram(program);
}

StatusOr<fabric::CommandId> SystemDevice::TakeSubmitted(const ServerMessage& reply) {
  if (!reply.has_submitted()) return Unexpected();
  return fabric::CommandId(reply.submitted().command());
}

StatusOr<fabric::CommandId> SystemDevice::Submit(fabric::LaunchCommand command) {
  ClientMessage request;
  request.mutable_launch()->set_export_id(command.export_id);
  for (const uint32_t word : command.args) request.mutable_launch()->add_args(word);
  ServerMessage reply;
  RETURN_IF_ERROR(Exchange(request, &reply));
  return TakeSubmitted(reply);
}

StatusOr<fabric::CommandId> SystemDevice::SendTransfer(const ClientMessage& request,
                                                       std::span<const uint32_t> data,
                                                       std::span<uint32_t> destination) {
  if (!broken_.ok()) return broken_;
  Status sent = stream_->Queue(request);
  if (sent.ok()) sent = wire::SendChunks<ClientMessage>(&*stream_, AsBytes(data));
  if (sent.ok()) sent = stream_->Flush();
  if (!sent.ok()) return Broken(sent);
  ServerMessage reply;
  RETURN_IF_ERROR(ReceiveReply(&reply));
  ASSIGN_OR_RETURN(fabric::CommandId id, TakeSubmitted(reply));
  if (!destination.empty()) destinations_.emplace(id.index, destination);
  return id;
}

StatusOr<fabric::CommandId> SystemDevice::Submit(fabric::CopyCommand command) {
  ClientMessage request;
  request.mutable_copy()->set_export_id(command.export_id);
  request.mutable_copy()->set_element_bits(command.element_bits);
  wire::TransferToMessage(command, request.mutable_copy()->mutable_transfer());
  return SendTransfer(request, command.input(), command.destination);
}

StatusOr<fabric::CommandId> SystemDevice::Submit(fabric::StreamCommand command) {
  ClientMessage request;
  request.mutable_stream()->set_color(command.color);
  wire::TransferToMessage(command, request.mutable_stream()->mutable_transfer());
  return SendTransfer(request, command.input(), command.destination);
}

StatusOr<fabric::CommandId> SystemDevice::Submit(fabric::PortCommand command) {
  ClientMessage request;
  request.mutable_port()->set_port(command.port);
  if (command.sink != nullptr) {
    request.mutable_port()->set_to_host(true);
    request.mutable_port()->set_endless(true);
    ASSIGN_OR_RETURN(const fabric::CommandId id, SendTransfer(request, {}, {}));
    sinks_.emplace(id.index, std::move(command.sink));
    return id;
  }
  request.mutable_port()->set_to_host(!command.destination.empty());
  request.mutable_port()->set_words(command.input().size() + command.destination.size());
  return SendTransfer(request, command.input(), command.destination);
}

// Wait, Poll and Drain: the system's clock runs until it answers.
StatusOr<bool> SystemDevice::Advance(const ClientMessage& request) {
  if (!broken_.ok()) return broken_;
  interrupt_sent_ = false;
  stream_->set_tick([this] { return PassInterruptOn(); });
  ServerMessage reply;
  Status status = Exchange(request, &reply);
  stream_->set_tick([this] { return HeedInterrupt(); });
  RETURN_IF_ERROR(status);
  if (!reply.has_done()) return Unexpected();
  if (reply.done().commands_done() > commands_done_) commands_done_ = reply.done().commands_done();
  return reply.done().finished();
}

void SystemDevice::NoteDone(fabric::CommandId id) {
  done_ahead_.insert(id.index);
  done_ahead_.erase(done_ahead_.begin(), done_ahead_.lower_bound(commands_done_));
}

Status SystemDevice::Wait(fabric::CommandId id) {
  ClientMessage request;
  request.mutable_wait()->set_command(id.index);
  RETURN_IF_ERROR(Advance(request).status());
  NoteDone(id);
  return OkStatus();
}

StatusOr<bool> SystemDevice::Poll(fabric::CommandId id) {
  ClientMessage request;
  request.mutable_poll()->set_command(id.index);
  ASSIGN_OR_RETURN(const bool is_done, Advance(request));
  if (is_done) NoteDone(id);
  return is_done;
}

Status SystemDevice::Drain() {
  ClientMessage request;
  request.mutable_drain();
  return Advance(request).status();
}

StatusOr<std::vector<uint8_t>> SystemDevice::ReadSymbol(int fabric_x, int fabric_y,
                                                        std::string_view name) {
  ClientMessage request;
  request.mutable_read_symbol()->set_fabric_x(fabric_x);
  request.mutable_read_symbol()->set_fabric_y(fabric_y);
  request.mutable_read_symbol()->set_name(std::string(name));
  ServerMessage reply;
  RETURN_IF_ERROR(Exchange(request, &reply));
  if (!reply.has_symbol()) return Unexpected();
  return std::vector<uint8_t>(reply.symbol().data().begin(), reply.symbol().data().end());
}

StatusOr<fabric::SimStats> SystemDevice::Stats() {
  ClientMessage request;
  request.mutable_get_stats();
  ServerMessage reply;
  RETURN_IF_ERROR(Exchange(request, &reply));
  if (!reply.has_stats()) return Unexpected();
  return wire::MessageToStats(reply.stats());
}

Status SystemDevice::WriteCore(std::string_view program_digest,
                               const std::function<void(std::span<const uint8_t>)>& sink) {
  ClientMessage request;
  request.mutable_get_core()->set_program_digest(std::string(program_digest));
  return TakeCore(request, sink);
}

Status SystemDevice::WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) {
  ClientMessage request;
  request.mutable_get_core()->set_states(true);
  return TakeCore(request, sink);
}

Status SystemDevice::TakeCore(const ClientMessage& request,
                              const std::function<void(std::span<const uint8_t>)>& sink) {
  ServerMessage reply;
  RETURN_IF_ERROR(Exchange(request, &reply));
  while (reply.has_chunk()) {
    const std::string& data = reply.chunk().data();
    sink({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
    RETURN_IF_ERROR(ReceiveReply(&reply));
  }
  return reply.has_core_end() ? OkStatus() : Unexpected();
}

}  // namespace

std::unique_ptr<Device> MakeSystemDevice(wire::Address address, DeviceOptions options) {
  return std::make_unique<SystemDevice>(std::move(address), std::move(options));
}

}  // namespace csl::runtime
