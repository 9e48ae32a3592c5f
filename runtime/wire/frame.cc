// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/frame.h"

#include <google/protobuf/message_lite.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "runtime/wire/limits.h"

namespace csl::runtime::wire {
namespace {

// Output beyond this is sent without waiting for Flush.
constexpr size_t kOutputHighWater = size_t{2} << 20;

int64_t NowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Status Lost(int error) {
  return Unavailable(std::string("the connection broke: ") + std::strerror(error));
}

}  // namespace

Status FrameStream::Queue(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  if (size > kMaxFrameBytes) {
    return ResourceExhausted("a message of " + std::to_string(size) + " bytes; allowed are " +
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

Status FrameStream::Flush() {
  size_t done = 0;
  while (done < output_.size()) {
    const ssize_t put = ::send(socket_.fd(), output_.data() + done, output_.size() - done,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0) {
      done += static_cast<size_t>(put);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      sending_ = true;
      Status status = AwaitReady(Wanted::kWrite, -1);
      sending_ = false;
      RETURN_IF_ERROR(status);
    } else if (errno != EINTR) {
      return Lost(errno);
    }
  }
  output_.clear();
  return OkStatus();
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

Status FrameStream::Receive(google::protobuf::MessageLite* message, int first_byte_ms) {
  RETURN_IF_ERROR(Flush());
  uint32_t size = 0;
  RETURN_IF_ERROR(
      ReadBytes(std::span(reinterpret_cast<char*>(&size), sizeof(size)), first_byte_ms));
  if (size > kMaxFrameBytes) {
    return DataLoss("a frame of " + std::to_string(size) + " bytes; allowed are " +
                    std::to_string(kMaxFrameBytes));
  }
  // Grown as bytes come: a size alone makes nobody take memory.
  input_.clear();
  for (size_t done = 0; done < size;) {
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

bool FrameStream::Readable() const {
  pollfd entry{socket_.fd(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void FrameStream::FinishSending() { ::shutdown(socket_.fd(), SHUT_WR); }

}  // namespace csl::runtime::wire
