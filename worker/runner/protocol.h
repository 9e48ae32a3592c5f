// SPDX-License-Identifier: Apache-2.0
// What the agent and a session's runner say to each other, over one SOCK_SEQPACKET pair: one
// message a packet, descriptors beside it.
//
// The runner is the init of a session's sandbox and as trustworthy as the user: the agent checks
// what it says and never depends on it for an end.
#ifndef WORKER_RUNNER_PROTOCOL_H_
#define WORKER_RUNNER_PROTOCOL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl::worker {

enum class MessageKind : uint32_t {
  kReady,      // runner: stands and listens; after kBegin: `code` is 0, or an errno
  kRun,        // agent: run `text` as command `index`; descriptors: its stdout and stderr
  kExited,     // runner: command `index` ended; code, signal, max_rss_bytes
  kKill,       // agent: end command `index` with all processes of its group
  kListen,     // agent: listen on a free loopback port of the session
  kListening,  // runner: port in `code`; descriptor: the socket
  kBegin,      // agent: from now on the job's; `text`: its id, a newline, where commands start
};

struct Message {
  MessageKind kind = MessageKind::kReady;
  uint32_t index = 0;
  int32_t code = 0;    // as a shell gives it: 128 + signal for one that was killed
  int32_t signal = 0;  // 0: ended by itself
  int64_t max_rss_bytes = 0;
  std::string text;
  std::vector<int> descriptors;  // received ones belong to the receiver
};

// What one packet may carry; a shell takes no longer command either (MAX_ARG_STRLEN is 128 KiB).
inline constexpr size_t kMaxMessageText = 120 * 1024;
inline constexpr int kRunnerSocket = 3;  // the descriptor the runner finds its end at

// `cs-runner idle-...` is what a process list shows of a runner that has no job yet; kBegin puts
// the job's id in its place.
inline constexpr char kIdleRunner[] = "idle----------------------------";

// `cs-runner --if-open PIPE PROGRAM ARG...` becomes the program, unless nobody can write to the
// pipe (a descriptor) any more; then it ends with exit code 1.
inline constexpr char kIfOpen[] = "--if-open";

Status SendMessage(int socket, const Message& message);
// Waits for one. kUnavailable when the other side is gone, kDataLoss for what is not a message.
StatusOr<Message> ReceiveMessage(int socket);

}  // namespace csl::worker

#endif  // WORKER_RUNNER_PROTOCOL_H_
