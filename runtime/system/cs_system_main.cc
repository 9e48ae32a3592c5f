// SPDX-License-Identifier: Apache-2.0
// cs-system: a simulated CS system behind IP:PORT, for the --cmaddr option of host scripts.
#include <fcntl.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/version.h"
#include "runtime/device/in_process_device.h"
#include "runtime/system/server.h"

namespace csl::runtime {
namespace {

SystemServer* g_server = nullptr;

void HandleSignal(int) { g_server->Stop(); }

struct Options {
  std::string listen = "127.0.0.1:0";
  int listen_fd = -1;
  int threads = 0;
};

// An inherited descriptor must be a socket that listens; anything else would fail at the first
// client.
StatusOr<wire::Socket> InheritedListener(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) {
    return InvalidArgument("--listen-fd " + std::to_string(fd) + ": not a listening socket");
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return wire::Socket(fd);
}

StatusOr<wire::Socket> MakeListener(const Options& options) {
  if (options.listen_fd >= 0) return InheritedListener(options.listen_fd);
  ASSIGN_OR_RETURN(wire::Address address, wire::ParseAddress(options.listen));
  return wire::Listen(address);
}

StatusOr<std::unique_ptr<SystemServer>> MakeServer(const Options& options) {
  ASSIGN_OR_RETURN(wire::Socket listener, MakeListener(options));
  const int threads = options.threads;
  return SystemServer::Create(std::move(listener), [threads](DeviceOptions options) {
    if (threads > 0) options.num_threads = threads;
    return MakeInProcessDevice(std::move(options));
  });
}

int Run(const Options& options) {
  StatusOr<std::unique_ptr<SystemServer>> server = MakeServer(options);
  if (!server.ok()) {
    std::fprintf(stderr, "cs-system: %s\n", server.status().message().c_str());
    return StatusCodeToExitCode(server.status().code());
  }
  g_server = server->get();
  struct sigaction action {};
  action.sa_handler = HandleSignal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::printf("listening on %s\n", (*server)->address().ToString().c_str());
  std::fflush(stdout);
  (*server)->Serve();
  return 0;
}

}  // namespace
}  // namespace csl::runtime

int main(int argc, char** argv) {
  CLI::App app{
      "Hosts one simulated CS system. Host scripts reach it with --cmaddr IP:PORT, one at a time.",
      "cs-system"};
  csl::runtime::Options options;
  auto* listen = app.add_option("--listen", options.listen,
                                "IP:PORT to listen on; port 0 lets the system choose. The address "
                                "is printed as 'listening on IP:PORT'")
                     ->capture_default_str();
  app.add_option("--listen-fd", options.listen_fd,
                 "descriptor of an inherited listening TCP socket")
      ->check(CLI::NonNegativeNumber)
      ->excludes(listen);
  app.add_option("--threads", options.threads,
                 "simulator threads, whatever clients request; 0: as each client requests")
      ->check(CLI::Range(0, csl::fabric::kMaxThreads))
      ->capture_default_str();
  app.set_version_flag("--version", std::string("cs-system ") + csl::kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return csl::runtime::Run(options);
}
