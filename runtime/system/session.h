// SPDX-License-Identifier: Apache-2.0
// The conversation with one client: the server's side of proto/system.proto.
//
// Nothing a client sends is trusted: every message is held against limits, the program's manifest
// and what was said before. A client that breaks the rules is told so and loses the connection.
#ifndef RUNTIME_SYSTEM_SESSION_H_
#define RUNTIME_SYSTEM_SESSION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "proto/system.pb.h"
#include "runtime/device/device.h"
#include "runtime/system/blob_cache.h"
#include "runtime/system/buffer_pool.h"
#include "runtime/wire/frame.h"

namespace csl::runtime {

// Of transfers that are done, for the next ones.
inline constexpr size_t kKeptBufferBytes = size_t{512} << 20;

class Session {
 public:
  // All must outlive the session. `stop` set from any thread ends it soon.
  Session(wire::FrameStream* stream, BlobCache* cache, const DeviceFactory* make_device,
          const std::atomic<bool>* stop)
      : stream_(stream), cache_(cache), make_device_(make_device), stop_(stop) {}

  // Serves the client until it says Bye (ok; the caller answers it once the system is free again),
  // leaves, or breaks the rules.
  Status Serve();

 private:
  // A command that is queued or under way, and its data on its way to the client.
  struct Queued {
    uint32_t id = 0;
    bool to_host = false;
    Buffer data;
  };

  Status CheckStop() const;
  Status Answer(const proto::ServerMessage& message);
  Status Refuse(const Status& why);
  // Refuses, and makes Serve end with the same failure.
  Status Violation(const std::string& what);

  Status Greet();
  Status Handle(const proto::ClientMessage& message);
  Status OpenProgram(const proto::OpenProgram& open);
  StatusOr<Program> ReceiveProgram(const proto::OpenProgram& open);
  StatusOr<Blob> ReceiveBlob(const proto::FileEntry& entry);
  Status HandleLaunch(const proto::Launch& launch);
  Status HandleCopy(const proto::Copy& copy);
  Status HandleStream(const proto::Stream& stream);
  Status HandlePort(const proto::Port& port);
  Status HandleEndlessPort(const proto::Port& port);
  Status TakeBuffer(uint64_t words, Buffer* data);
  // Checks a transfer and receives its data; of one to the host, makes room for it.
  StatusOr<fabric::HostTransfer> ReceiveTransfer(const proto::Transfer& message,
                                                 int64_t max_elements, Buffer* data);
  Status BadTransfer(const Status& why);
  template <typename Command>
  Status SubmitTransfer(Command command, fabric::HostTransfer transfer, Buffer data);
  template <typename Command>
  Status Submit(Command command, bool to_host, Buffer data);
  Status CheckRoom(uint64_t bytes) const;
  Status HandleAdvance(const proto::ClientMessage& message);
  Status SendResults();
  Status HandleStats();
  Status HandleGetCore(const proto::CoreRequest& request);
  Status HandleReadSymbol(const proto::SymbolRequest& request);
  Status AnswerSubmitted(uint32_t id);
  bool CheckInterrupt();
  // debugging.cc: tells the client of a cycle, and answers what it asks until it says go.
  Status ShowDebugger(const DebugTarget& target, const fabric::DebugView& view);
  Status AnswerDebugger(const DebugTarget& target, const proto::DebugStep& step);
  void SendPortWords(uint32_t command, std::span<const uint32_t> words);
  void SendLog(const fabric::LogRecord& record);
  uint32_t CommandsDone();

  wire::FrameStream* stream_;
  BlobCache* cache_;
  const DeviceFactory* make_device_;
  const std::atomic<bool>* stop_;

  image::Manifest manifest_;
  BufferPool buffers_{kKeptBufferBytes};
  std::unique_ptr<Device> device_;
  std::deque<Queued> queue_;
  std::vector<fabric::CommandId> commands_;  // all so far; the client names them by position
  uint32_t commands_done_ = 0;
  uint64_t queued_bytes_ = 0;
  bool interrupt_came_ = false;  // while time stood still for a debugger
  Status lost_;                  // why the client was lost while the fabric ran
};

}  // namespace csl::runtime

#endif  // RUNTIME_SYSTEM_SESSION_H_
