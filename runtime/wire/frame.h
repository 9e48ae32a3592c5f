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

  // Queue and Flush of a frame made of two parts; `body` is sent from where it lies.
  Status SendParts(std::span<const char> head, std::span<const uint8_t> body);

  // Waits for one message. kUnavailable when the peer closed or broke the connection, kDataLoss for
  // bytes that are not a message or too many, kDeadlineExceeded when nothing came for first_byte_ms
  // (negative: no limit) or a frame stopped half-way.
  Status Receive(google::protobuf::MessageLite* message, int first_byte_ms = -1);

  // Waits for a frame. One that holds nothing but a field `tag` of type message, and in it nothing
  // but a field 1 of type bytes with 1..room.size() bytes, leaves these in `room` and their number
  // in *size. Of any other, *message is what it holds, and *size is 0. Fails as Receive does.
  Status ReceiveBytes(uint8_t tag, std::span<uint8_t> room, size_t* size,
                      google::protobuf::MessageLite* message, int first_byte_ms);

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
  Status ReadSize(uint32_t* size, int first_byte_ms);
  // Reads a frame's body from `done` on, which are there, and parses it.
  Status ReadMessage(uint32_t size, size_t done, google::protobuf::MessageLite* message);
  Status WriteBytes(std::span<const char> bytes, bool more_follows);

  Socket socket_;
  Tick tick_;
  int64_t last_tick_ms_ = 0;
  bool sending_ = false;
  std::string output_;
  std::string input_;
};

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_FRAME_H_
