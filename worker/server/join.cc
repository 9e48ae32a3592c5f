// SPDX-License-Identifier: Apache-2.0
#include "worker/server/join.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/archive/beneath.h"
#include "base/file.h"
#include "base/http/client.h"
#include "base/join_line.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string line;
  std::string config_dir;
  std::string work_dir;
  std::string listen;
  bool replace = false;
};

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Below the user's own folders, or the system's for root.
std::string DefaultFolder(const char* of_root, const char* variable, const char* below_home) {
  if (::geteuid() == 0) return of_root;
  const std::string given = Variable(variable);
  return (given.empty() ? Variable("HOME") + below_home : given) + "/csl-worker";
}

// "HOST" and "PORT" of an http url that CheckUrl takes.
std::pair<std::string, std::string> HostAndPort(const std::string& url) {
  const bool tls = url.starts_with("https://");
  std::string rest = url.substr(tls ? 8 : 7);
  std::string port = tls ? "443" : "80";
  const size_t bracket = rest.find(']');
  const size_t colon = rest.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    port = rest.substr(colon + 1);
    rest.resize(colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  return {rest, port};
}

// This machine's address on the way to the service: where the service finds it, too.
StatusOr<std::string> OwnAddress(const std::string& url) {
  const auto [host, port] = HostAndPort(url);
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Unavailable("cannot find '" + host + "': " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> keep(found, &::freeaddrinfo);
  const archive::Fd probe(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  char text[NI_MAXHOST] = "";
  if (!probe.valid() || ::connect(probe.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
      ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
    return Unavailable("no way leads to '" + host + "'; give --listen");
  }
  return found->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : std::string(text);
}

Status WriteSecret(const fs::path& file, const std::string& text) {
  const mode_t mask = ::umask(0177);
  const Status written = WriteFileAtomic(file, text);
  ::umask(mask);
  return written;
}

// Whether the service answers, and knows the token.
Status TryService(const JoinLine& line) {
  RETURN_IF_ERROR(http::CheckUrl(line.service));
  http::Client client({.url = line.service, .bearer = line.token, .ca_file = ""});
  http::Call call;
  call.path = "/v1/version";
  return client.Do(call).status();
}

Status Join(const Options& options) {
  ASSIGN_OR_RETURN(const JoinLine line, ParseJoinLine(options.line));
  const fs::path folder = fs::absolute(options.config_dir);
  const fs::path config = folder / "worker.json";
  const fs::path token = folder / "worker.token";
  std::error_code error;
  if (!options.replace && fs::exists(config, error)) {
    return {StatusCode::kAlreadyExists,
            "'" + config.string() + "' is there already; --replace writes it anew"};
  }
  RETURN_IF_ERROR(TryService(line));
  std::string listen = options.listen;
  if (listen.empty() && line.service.starts_with("unix:")) {
    listen = "unix:" + (folder / "worker.sock").string();
  } else if (listen.empty()) {
    ASSIGN_OR_RETURN(listen, OwnAddress(line.service));
    listen += ":0";
  }
  fs::create_directories(folder, error);
  if (error) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
  }
  RETURN_IF_ERROR(WriteSecret(token, line.token + "\n"));
  const nlohmann::ordered_json document = {
      {"service", line.service}, {"token_file", token.string()},
      {"name", line.worker},     {"work_dir", fs::absolute(options.work_dir).string()},
      {"listen", listen},
  };
  RETURN_IF_ERROR(WriteFileAtomic(config, document.dump(2) + "\n"));
  std::cout << "worker '" << line.worker << "' can start: cs-worker --config " << config.string()
            << std::endl;
  return OkStatus();
}

}  // namespace

int JoinMain(int argc, char** argv) {
  CLI::App app("Makes a worker's token and configuration from the line that its service printed.",
               "cs-worker join");
  Options options;
  options.config_dir = DefaultFolder("/etc/csl-worker", "XDG_CONFIG_HOME", "/.config");
  options.work_dir = DefaultFolder("/var/lib/csl-worker", "XDG_STATE_HOME", "/.local/state");
  app.add_option("line", options.line, "URL#NAME#TOKEN, as cs-appliance printed it")->required();
  app.add_option("--config-dir", options.config_dir, "Folder of worker.json and worker.token")
      ->capture_default_str();
  app.add_option("--work-dir", options.work_dir, "Folder for jobs")->capture_default_str();
  app.add_option("--listen", options.listen,
                 "Where the service reaches it; default: this machine's address, any port");
  app.add_flag("--replace", options.replace, "Writes over a configuration that is there");
  CLI11_PARSE(app, argc, argv);
  const Status status = Join(options);
  if (status.ok()) return 0;
  std::cerr << "cs-worker: " << status.ToString() << std::endl;
  return StatusCodeToExitCode(status.code());
}

}  // namespace csl::worker
