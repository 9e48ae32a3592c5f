// SPDX-License-Identifier: Apache-2.0
// Frames over a connection: a little-endian 32-bit size, then one message (proto/system.proto).
//
// A FrameStream is used from one thread at a time. A failure leaves the stream unusable: the place
// of the next frame is lost.
#ifndef RUNTIME_WIRE_FRAME_H_
#define RUNTIME_WIRE_FRAME_H_

#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"
#include "runtime/wire/socket.h"

namespace google::protobuf {
class MessageLite;
}  // namespace google::protobuf

namespace csl::runtime::wire {

class FrameStream {
 public:
  explicit FrameStream(Socket socket) : socket_(std::move(socket)) {}

  // Asked while Send and Receive wait, at most every kTickMs.
  void set_tick(Tick tick) { tick_ = std::move(tick); }

  // Adds the message to the output; Flush, Receive or enough data sends it.
  Status Queue(const google::protobuf::MessageLite& message);
  Status Flush();
  // Queue and Flush.
  Status Send(const google::protobuf::MessageLite& message);

  // Waits for one message. kUnavailable when the peer closed or broke the connection, kDataLoss for
  // bytes that are no message or too many, kDeadlineExceeded when nothing came for first_byte_ms
  // (negative: no limit) or a frame stopped half-way.
  Status Receive(google::protobuf::MessageLite* message, int first_byte_ms = -1);

  // Whether Receive has something to look at, the end of the connection included. Never waits.
  bool Readable() const;
  // Whether a tick is being asked in the middle of sending: no place for another message.
  bool sending() const { return sending_; }
  // Tells the peer that nothing more will come.
  void FinishSending();

  const Socket& socket() const { return socket_; }

 private:
  enum class Wanted { kRead, kWrite };
  // Waits until the socket is ready; limit_ms counts from the call.
  Status AwaitReady(Wanted wanted, int limit_ms);
  Status ReadBytes(std::span<char> out, int first_byte_ms);

  Socket socket_;
  Tick tick_;
  int64_t last_tick_ms_ = 0;
  bool sending_ = false;
  std::string output_;
  std::string input_;
};

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_FRAME_H_
