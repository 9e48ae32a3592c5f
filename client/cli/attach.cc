// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "client/cli/answers.h"
#include "client/cli/escape.h"
#include "client/cli/options.h"
#include "client/native/session.h"

namespace csl::cli {
namespace {

using client::Service;
using nlohmann::json;

constexpr int kSignalBase = 128;  // as shells count exits by signals

volatile sig_atomic_t g_interrupted = 0;
void OnInterrupt(int) { g_interrupted = 1; }

// One command with its output as it comes; an interrupt ends it.
StatusOr<int> RunOne(Service& service, const Options& options, const std::string& command) {
  const auto show = [&options](std::ostream& out) {
    return [&out, raw = options.raw](std::string_view piece) {
      if (raw) {
        out << piece << std::flush;
      } else {
        out << EscapeControls(piece) << std::flush;
      }
    };
  };
  client::CommandWatch watch{show(std::cout), show(std::cerr), [] { return g_interrupted != 0; }};
  g_interrupted = 0;
  ASSIGN_OR_RETURN(const client::CommandResult result,
                   client::RunCommand(service, options.id, command, watch));
  if (result.is_lost || !result.failure.empty()) {
    return Unavailable("the command was ended: " + result.failure + " " + result.message);
  }
  return result.signal != 0 ? kSignalBase + result.signal : result.exit_code;
}

Status CheckSession(Service& service, const Options& options) {
  ASSIGN_OR_RETURN(const json job, Ask(service, "/v1/jobs/" + client::EncodePath(options.id)));
  const std::string kind = client::TextField(job, "kind");
  if (kind != "launch") {
    return FailedPrecondition("job " + options.id + " is a " + kind +
                              " job and has no session to attach to");
  }
  const std::string state = client::TextField(job, "state");
  if (state == "RUNNING") return OkStatus();
  return FailedPrecondition("job " + options.id + " is " + state +
                            "; a session takes commands while RUNNING");
}

}  // namespace

Status Attach(Service& service, Options& options) {
  RETURN_IF_ERROR(CheckSession(service, options));
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  ::sigaction(SIGINT, &action, nullptr);
  if (!options.words.empty()) {
    std::string command;
    for (const std::string& word : options.words) command += (command.empty() ? "" : " ") + word;
    ASSIGN_OR_RETURN(options.exit_code, RunOne(service, options, command));
    return OkStatus();
  }
  const bool prompts = ::isatty(STDIN_FILENO) == 1;
  if (prompts) {
    std::cerr
        << "Each line is a command of its own in the session's folder: cd and exports last to "
           "its end. An empty input (Ctrl-D) leaves; the session continues.\n";
  }
  for (std::string line;;) {
    if (prompts) std::cerr << options.id << "$ " << std::flush;
    if (!std::getline(std::cin, line)) return OkStatus();
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    const auto code = RunOne(service, options, line);
    if (!code.ok() && code.status().code() != StatusCode::kCancelled) return code.status();
    options.exit_code = code.ok() ? *code : kSignalBase + SIGINT;
  }
}

}  // namespace csl::cli
