// SPDX-License-Identifier: Apache-2.0
// The embedded appliance: a private service of this user, started by the first client that needs it
// and shared by all that follow. It ends by itself when it has been idle for a while.
#ifndef CLIENT_NATIVE_EMBEDDED_H_
#define CLIENT_NATIVE_EMBEDDED_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/native/endpoint.h"

namespace csl::client {

struct EmbeddedOptions {
  std::filesystem::path state_folder;
  std::filesystem::path program;  // cs-appliance
  std::string version;  // a running one of another version is asked to end when it is idle
  std::chrono::milliseconds patience{15'000};  // until a started one answers
  int idle_exit_s = 600;
};

// The running one's address, or a new one's. One lock file decides who starts it, so that any
// number of clients get the same. A new one has its worker when this returns, or says in its log
// why not. Milliseconds when it runs already. Thread safe, and between processes too.
StatusOr<Endpoint> JoinEmbedded(const EmbeddedOptions& options);

// Starts `arguments` as a daemon: its own session, no descriptor, folder or terminal of the
// caller's, output to `log`, an environment of the variables that programs need. Does not wait; its
// process id.
StatusOr<pid_t> StartDaemon(const std::vector<std::string>& arguments,
                            const std::filesystem::path& log, const Environment& environment);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_EMBEDDED_H_
