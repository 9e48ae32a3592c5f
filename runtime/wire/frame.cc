// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/frame.h"

#include <google/protobuf/message_lite.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

#include "runtime/wire/limits.h"

namespace csl::runtime::wire {
namespace {

// Output beyond this is sent without waiting for Flush.
constexpr size_t kOutputHighWater = size_t{2} << 20;

int64_t NowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// What may come before the bytes of a field in a message in a message.
constexpr size_t kMaxHeadBytes = 12;
constexpr uint8_t kBytesOfField1 = 0x0a;

// Takes a number in protobuf's encoding; 0 if it is not whole.
uint32_t TakeVarint(std::string_view* bytes) {
  uint32_t value = 0;
  for (int shift = 0; shift < 28 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    value |= uint32_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return 0;
}

// Size of what comes before the bytes, if the frame holds them and nothing else; else 0.
size_t BytesHead(std::string_view begin, uint8_t tag, size_t frame) {
  std::string_view left = begin;
  for (const uint8_t wanted : {tag, kBytesOfField1}) {
    if (left.empty() || static_cast<uint8_t>(left.front()) != wanted) return 0;
    left.remove_prefix(1);
    const uint32_t size = TakeVarint(&left);
    if (size == 0 || size != frame - (begin.size() - left.size())) return 0;
  }
  return begin.size() - left.size();
}

Status Lost(int error) {
  return Unavailable(std::string("the connection broke: ") + std::strerror(error));
}

}  // namespace

Status FrameStream::Queue(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kMaxFrameBytes) {
    return ResourceExhausted("a message of " + std::to_string(size) + " bytes; must be at most " +
                             std::to_string(kMaxFrameBytes));
  }
  const uint32_t prefix = static_cast<uint32_t>(size);
  output_.append(reinterpret_cast<const char*>(&prefix), sizeof(prefix));
  if (!message.AppendToString(&output_)) return Internal("a message could not be written");
  return output_.size() > kOutputHighWater ? Flush() : OkStatus();
}

Status FrameStream::Send(const google::protobuf::MessageLite& message) {
  RETURN_IF_ERROR(Queue(message));
  return Flush();
}

Status FrameStream::WriteBytes(std::span<const char> bytes, bool more_follows) {
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more_follows ? MSG_MORE : 0);
  while (!bytes.empty()) {
    const ssize_t put = ::send(socket_.fd(), bytes.data(), bytes.size(), flags);
    if (put >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(put));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      sending_ = true;
      Status status = AwaitReady(Wanted::kWrite, -1);
      sending_ = false;
      RETURN_IF_ERROR(status);
    } else if (errno != EINTR) {
      return Lost(errno);
    }
  }
  return OkStatus();
}

Status FrameStream::Flush() {
  RETURN_IF_ERROR(WriteBytes(output_, false));
  output_.clear();
  return OkStatus();
}

Status FrameStream::SendParts(std::span<const char> head, std::span<const uint8_t> body) {
  const auto size = static_cast<uint32_t>(head.size() + body.size());
  output_.append(reinterpret_cast<const char*>(&size), sizeof(size));
  output_.append(head.data(), head.size());
  RETURN_IF_ERROR(WriteBytes(output_, true));
  output_.clear();
  return WriteBytes({reinterpret_cast<const char*>(body.data()), body.size()}, false);
}

Status FrameStream::AwaitReady(Wanted wanted, int limit_ms) {
  const int64_t start = NowMs();
  for (;;) {
    const int64_t now = NowMs();
    if (tick_ && now - last_tick_ms_ >= kTickMs) {
      last_tick_ms_ = now;
      RETURN_IF_ERROR(tick_());
    }
    if (limit_ms >= 0 && now - start > limit_ms) {
      return {StatusCode::kDeadlineExceeded,
              "the other side sent nothing for " + std::to_string(limit_ms) + " ms"};
    }
    pollfd entry{socket_.fd(), static_cast<short>(wanted == Wanted::kRead ? POLLIN : POLLOUT), 0};
    const int ready = ::poll(&entry, 1, kTickMs);
    if (ready > 0) return OkStatus();
    if (ready < 0 && errno != EINTR) return Lost(errno);
  }
}

Status FrameStream::ReadBytes(std::span<char> out, int first_byte_ms) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::recv(socket_.fd(), out.data() + done, out.size() - done, MSG_DONTWAIT);
    if (got > 0) {
      done += static_cast<size_t>(got);
      first_byte_ms = kStalledFrameTimeoutMs;
    } else if (got == 0) {
      return Unavailable("the other side closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      RETURN_IF_ERROR(AwaitReady(Wanted::kRead, first_byte_ms));
    } else if (errno != EINTR) {
      return Lost(errno);
    }
  }
  return OkStatus();
}

Status FrameStream::ReadSize(uint32_t* size, int first_byte_ms) {
  RETURN_IF_ERROR(Flush());
  RETURN_IF_ERROR(
      ReadBytes(std::span(reinterpret_cast<char*>(size), sizeof(*size)), first_byte_ms));
  if (*size <= kMaxFrameBytes) return OkStatus();
  return DataLoss("a frame of " + std::to_string(*size) + " bytes; must be at most " +
                  std::to_string(kMaxFrameBytes));
}

Status FrameStream::ReadMessage(uint32_t size, size_t done,
                                google::protobuf::MessageLite* message) {
  // Grown as bytes come: a size alone makes nobody take memory.
  while (done < size) {
    const size_t step = std::min<size_t>(size - done, kChunkBytes);
    input_.resize(done + step);
    RETURN_IF_ERROR(ReadBytes(std::span(input_.data() + done, step), kStalledFrameTimeoutMs));
    done += step;
  }
  if (!message->ParseFromArray(input_.data(), static_cast<int>(size))) {
    return DataLoss("a frame of " + std::to_string(size) + " bytes holds no message");
  }
  return OkStatus();
}

Status FrameStream::Receive(google::protobuf::MessageLite* message, int first_byte_ms) {
  uint32_t size = 0;
  RETURN_IF_ERROR(ReadSize(&size, first_byte_ms));
  input_.clear();
  return ReadMessage(size, 0, message);
}

Status FrameStream::ReceiveBytes(uint8_t tag, std::span<uint8_t> room, size_t* size,
                                 google::protobuf::MessageLite* message, int first_byte_ms) {
  *size = 0;
  uint32_t frame = 0;
  RETURN_IF_ERROR(ReadSize(&frame, first_byte_ms));
  input_.resize(std::min<size_t>(frame, kMaxHeadBytes));
  RETURN_IF_ERROR(ReadBytes(input_, kStalledFrameTimeoutMs));
  const size_t head = BytesHead(input_, tag, frame);
  if (head == 0 || frame - head > room.size()) return ReadMessage(frame, input_.size(), message);
  const size_t here = input_.size() - head;
  std::memcpy(room.data(), input_.data() + head, here);
  *size = frame - head;
  return ReadBytes({reinterpret_cast<char*>(room.data()) + here, *size - here},
                   kStalledFrameTimeoutMs);
}

bool FrameStream::Readable() const {
  pollfd entry{socket_.fd(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void FrameStream::FinishSending() { ::shutdown(socket_.fd(), SHUT_WR); }

}  // namespace csl::runtime::wire
