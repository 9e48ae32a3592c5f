// SPDX-License-Identifier: Apache-2.0
// In place of a session's runner: a command's text is its output, and it ends at once; one that
// begins with "wait" ends when it is killed. Nothing is run.
#include <signal.h>
#include <unistd.h>

#include <map>
#include <string>

#include "worker/runner/protocol.h"

namespace csl::worker {
namespace {

void Serve() {
  if (!SendMessage(kRunnerSocket, {.kind = MessageKind::kReady}).ok()) return;
  std::map<uint32_t, bool> waiting;
  for (;;) {
    auto message = ReceiveMessage(kRunnerSocket);
    if (!message.ok()) return;
    Message end{.kind = MessageKind::kExited, .index = message->index};
    if (message->kind == MessageKind::kRun) {
      if (!message->descriptors.empty()) {
        (void)!::write(message->descriptors[0], message->text.data(), message->text.size());
      }
      if (message->text.starts_with("wait")) waiting[message->index] = true;
    } else if (message->kind == MessageKind::kKill && waiting.erase(message->index) > 0) {
      end.code = 128 + SIGKILL;
      end.signal = SIGKILL;
    } else if (message->kind == MessageKind::kBegin) {
      end = {.kind = MessageKind::kReady};
    } else {
      continue;
    }
    for (const int fd : message->descriptors) ::close(fd);
    if (!waiting.contains(message->index)) (void)SendMessage(kRunnerSocket, end);
  }
}

}  // namespace
}  // namespace csl::worker

int main() {
  ::signal(SIGPIPE, SIG_IGN);
  csl::worker::Serve();
  return 0;
}
