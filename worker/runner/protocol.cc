// SPDX-License-Identifier: Apache-2.0
#include "worker/runner/protocol.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace csl::worker {
namespace {

struct Head {
  MessageKind kind;
  uint32_t index;
  int32_t code;
  int32_t signal;
  int64_t max_rss_bytes;
};

constexpr size_t kMaxDescriptors = 4;

}  // namespace

Status SendMessage(int socket, const Message& message) {
  if (message.text.size() > kMaxMessageText) {
    return InvalidArgument("a command may have " + std::to_string(kMaxMessageText) +
                           " bytes, this one has " + std::to_string(message.text.size()));
  }
  CHECK(message.descriptors.size() <= kMaxDescriptors);
  Head head{message.kind, message.index, message.code, message.signal, message.max_rss_bytes};
  iovec parts[] = {{&head, sizeof head},
                   {const_cast<char*>(message.text.data()), message.text.size()}};
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = 2;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  if (!message.descriptors.empty()) {
    const size_t bytes = message.descriptors.size() * sizeof(int);
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(rights), message.descriptors.data(), bytes);
  }
  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) >= 0) return OkStatus();
    if (errno != EINTR) {
      return Unavailable(std::string("the runner cannot be told: ") + std::strerror(errno));
    }
  }
}

StatusOr<Message> ReceiveMessage(int socket) {
  Head head{};
  ssize_t size;
  do {  // of the packet: most are small, and one may have kMaxMessageText
    size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  const size_t most = sizeof head + kMaxMessageText + 1;
  std::string text(std::clamp<ssize_t>(size, sizeof head, most) - sizeof head, '\0');
  iovec parts[] = {{&head, sizeof head}, {text.data(), text.size()}};
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = 2;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return Unavailable("the other side of the runner's socket is gone");

  Message message;
  for (cmsghdr* rights = CMSG_FIRSTHDR(&header); rights != nullptr;
       rights = CMSG_NXTHDR(&header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    message.descriptors.resize((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(message.descriptors.data(), CMSG_DATA(rights),
                message.descriptors.size() * sizeof(int));
  }
  if (static_cast<size_t>(got) < sizeof head || (header.msg_flags & MSG_TRUNC) != 0 ||
      head.kind > MessageKind::kBegin) {
    for (const int fd : message.descriptors) ::close(fd);
    return DataLoss("a packet of the runner's socket is not a message");
  }
  message.kind = head.kind;
  message.index = head.index;
  message.code = head.code;
  message.signal = head.signal;
  message.max_rss_bytes = head.max_rss_bytes;
  text.resize(static_cast<size_t>(got) - sizeof head);
  message.text = std::move(text);
  return message;
}

}  // namespace csl::worker
