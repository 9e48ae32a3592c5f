// SPDX-License-Identifier: Apache-2.0
#include "worker/server/join.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/archive/beneath.h"
#include "base/file.h"
#include "base/http/client.h"
#include "base/http/url.h"
#include "base/join_line.h"
#include "base/secret_file.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string line;
  std::string config_dir;
  std::string work_dir;
  std::string listen;
  std::string advertise;
  std::string pin;
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

// This machine's address on the way to the service: where the service finds it, too.
StatusOr<std::string> OwnAddress(const std::string& url) {
  ASSIGN_OR_RETURN(const http::Url place, http::ParseUrl(url));
  const std::string& host = place.host;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(host.c_str(), std::to_string(place.port).c_str(), &hints, &found);
      error != 0) {
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
  return http::Bracketed(text);
}

// Whether the service answers, and knows the token.
Status TryService(const JoinLine& line, const std::string& pin) {
  ASSIGN_OR_RETURN(const http::Url url, http::ParseUrl(line.service));
  if (!pin.empty() && url.scheme != http::Url::Scheme::kHttps) {
    return InvalidArgument("--pin is given, but the line's url is '" + line.service +
                           "'; a pin holds for https://HOST:PORT");
  }
  http::Client client({.url = line.service, .bearer = line.token, .pin = pin});
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
  RETURN_IF_ERROR(TryService(line, options.pin));
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
  RETURN_IF_ERROR(WriteSecretFile(token, line.token + "\n"));
  nlohmann::ordered_json document = {
      {"service", line.service}, {"token_file", token.string()},
      {"name", line.worker},     {"work_dir", fs::absolute(options.work_dir).string()},
      {"listen", listen},
  };
  if (!options.pin.empty()) document["pin"] = options.pin;
  if (!options.advertise.empty()) document["advertise"] = options.advertise;
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
  app.add_option("--pin", options.pin, "For https: the service's pin, printed after the line");
  app.add_option("--config-dir", options.config_dir, "Folder of worker.json and worker.token")
      ->capture_default_str();
  app.add_option("--work-dir", options.work_dir, "Folder for jobs")->capture_default_str();
  app.add_option("--listen", options.listen,
                 "Where the service reaches it; default: this machine's address, any port");
  app.add_option("--advertise", options.advertise,
                 "URL at which the service reaches it, if it is not the address of --listen");
  app.add_flag("--replace", options.replace, "Replaces an existing configuration");
  CLI11_PARSE(app, argc, argv);
  const Status status = Join(options);
  if (status.ok()) return 0;
  std::cerr << "cs-worker: " << status.ToString() << std::endl;
  return StatusCodeToExitCode(status.code());
}

}  // namespace csl::worker
