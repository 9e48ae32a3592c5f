// SPDX-License-Identifier: Apache-2.0
// Commands of a session, with their output while they run.
#ifndef CLIENT_NATIVE_SESSION_H_
#define CLIENT_NATIVE_SESSION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "client/native/service.h"

namespace csl::client {

struct CommandWatch {
  // Told what a command writes, in pieces, soon after it has written it. May be empty.
  std::function<void(std::string_view)> on_stdout;
  std::function<void(std::string_view)> on_stderr;
  Interrupted interrupted;
};

struct CommandResult {
  int64_t index = 0;
  bool is_lost = false;  // its fate is not known: the session ended, or its worker is gone
  int exit_code = 0;
  int signal = 0;
  int64_t duration_ms = 0;
  int64_t max_rss_bytes = 0;
  std::string out;
  std::string err;
  std::string failure;  // one word where a limit or the session ended it; see docs/rest.md
  std::string message;
};

// The command `index` of a session, which another client may have started: all its output from the
// start, and its end. Otherwise as RunCommand.
StatusOr<CommandResult> FollowCommand(Service& service, const std::string& job, int64_t index,
                                      const CommandWatch& watch);

// Runs one command and waits for its end. An interrupt kills it and what it started, then returns
// kCancelled. A connection that breaks is picked up where it was; the command runs once.
StatusOr<CommandResult> RunCommand(Service& service, const std::string& job,
                                   const std::string& command, const CommandWatch& watch);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_SESSION_H_
