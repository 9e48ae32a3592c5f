// SPDX-License-Identifier: Apache-2.0
#include "client/native/embedded.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "base/archive/beneath.h"
#include "base/database_folder.h"
#include "base/file.h"
#include "base/http/client.h"
#include "client/native/fields.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using archive::Fd;
using nlohmann::json;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPoll{3};
constexpr milliseconds kQuickAnswer{2'000};
constexpr int kStarts = 5;
// In the log of one that ended: any failure, and the one that passes.
constexpr std::string_view kComplaint = "cs-appliance: ";
constexpr std::string_view kFolderTaken = "another process uses the folder";

// A connection to whoever listens there; not valid if nobody does.
Fd Connect(const fs::path& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = socket_path.string();
  if (text.size() >= sizeof(address.sun_path)) return Fd();
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Fd();
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return Fd();
  return fd;
}

pid_t PeerOf(const Fd& connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
  return peer.uid == ::geteuid() ? peer.pid : -1;
}

StatusOr<Endpoint> EndpointIn(const fs::path& folder) {
  Endpoint endpoint;
  endpoint.is_embedded = true;
  endpoint.url = "unix:" + (folder / "api.sock").string();
  ASSIGN_OR_RETURN(endpoint.token, ReadTextFile(folder / "token"));
  return endpoint;
}

StatusOr<json> Ask(http::Client& client, const std::string& path) {
  http::Call call;
  call.path = path;
  call.read_timeout = kQuickAnswer;
  ASSIGN_OR_RETURN(const http::Reply reply, client.Do(call));
  return ParseObject(reply.body);
}

// Whether it runs still; one that ended and that nobody has waited for does not.
bool IsAlive(pid_t process) {
  const auto stat = ReadTextFile("/proc/" + std::to_string(process) + "/stat");
  if (!stat.ok()) return false;
  const size_t name_end = stat->rfind(") ");
  return name_end != std::string::npos && (*stat)[name_end + 2] != 'Z';
}

// What was written into the file behind its first `before` bytes, in one line.
std::string NewsIn(const fs::path& log, uint64_t before) {
  const auto read = ReadTextFile(log);
  std::string text = read.ok() ? *read : "";
  text.erase(0, std::min<uint64_t>(before, text.size()));
  while (text.ends_with('\n')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class Joining {
 public:
  explicit Joining(const EmbeddedOptions& options)
      : options_(options), socket_(options.state_folder / "api.sock") {}

  StatusOr<Endpoint> Run();

 private:
  bool IsUp() const { return Connect(socket_).valid(); }
  Status WaitUntil(const std::function<bool()>& done, const std::string& what) const;
  StatusOr<bool> MustGiveWay(const Endpoint& endpoint) const;
  Status AskToEnd() const;
  StatusOr<pid_t> Spawn() const;
  Status WhyItEnded(uint64_t written) const;
  StatusOr<bool> TryToStart() const;
  Status Start() const;

  const EmbeddedOptions& options_;
  const fs::path socket_;
};

Status Joining::WaitUntil(const std::function<bool()>& done, const std::string& what) const {
  const auto until = Steady::now() + options_.patience;
  while (!done()) {
    if (Steady::now() > until) {
      return Unavailable("the embedded appliance " + what + "; its log is '" +
                         (options_.state_folder / "service.log").string() + "'");
    }
    std::this_thread::sleep_for(kPoll);
  }
  return OkStatus();
}

// Whether the running one is of another version and has nothing to do.
StatusOr<bool> Joining::MustGiveWay(const Endpoint& endpoint) const {
  if (options_.version.empty()) return false;
  http::Client client({.url = endpoint.url, .bearer = endpoint.token, .ca_file = ""});
  ASSIGN_OR_RETURN(const json version, Ask(client, "/v1/version"));
  if (TextField(version, "service_version") == options_.version) return false;
  ASSIGN_OR_RETURN(const json jobs, Ask(client, "/v1/jobs?limit=1"));
  return ListField(jobs, "jobs").empty();
}

Status Joining::AskToEnd() const {
  const pid_t service = PeerOf(Connect(socket_));
  if (service <= 0 || ::kill(service, SIGTERM) != 0) return OkStatus();
  return WaitUntil([service] { return ::kill(service, 0) != 0; },
                   "of another version does not end");
}

StatusOr<pid_t> Joining::Spawn() const {
  return StartDaemon(
      {options_.program.string(), "serve", "--state-dir", options_.state_folder.string(),
       "--listen", "unix:" + socket_.string(), "--local-worker", "--allow-no-sandbox",
       "--idle-exit-s", std::to_string(options_.idle_exit_s)},
      options_.state_folder / "service.log", SystemEnvironment);
}

// Of one that ended before it answered. OK: nothing was wrong with it, somebody has ended it.
Status Joining::WhyItEnded(uint64_t written) const {
  const fs::path log = options_.state_folder / "service.log";
  std::string why = NewsIn(log, written);
  const bool complains = why.find(kComplaint) != std::string::npos;
  const bool waited = why.find(kFolderTaken) != std::string::npos;  // for one that starts, too
  const Status disk = CheckHoldsDatabase(options_.state_folder);
  if (disk.ok() && (!complains || waited)) return OkStatus();
  if (!disk.ok()) why += (why.empty() ? "" : " ") + disk.message();
  return Unavailable("the embedded appliance ended at its start: " + why + "; its log is '" +
                     log.string() + "'");
}

// False: it has ended while we waited for it, and nothing is wrong with it.
StatusOr<bool> Joining::TryToStart() const {
  const fs::path log = options_.state_folder / "service.log";
  std::error_code error;
  const uint64_t written = fs::exists(log, error) ? fs::file_size(log, error) : 0;
  ASSIGN_OR_RETURN(const pid_t daemon, Spawn());
  RETURN_IF_ERROR(WaitUntil([&] { return IsUp() || !IsAlive(daemon); }, "does not answer"));
  if (!IsUp()) {
    RETURN_IF_ERROR(WhyItEnded(written));
    return false;
  }
  ASSIGN_OR_RETURN(const Endpoint endpoint, EndpointIn(options_.state_folder));
  http::Client client({.url = endpoint.url, .bearer = endpoint.token, .ca_file = ""});
  // Jobs could wait for the worker as well, but would not know yet how large it is.
  bool is_there = true;
  RETURN_IF_ERROR(WaitUntil(
      [&] {
        const auto workers = Ask(client, "/v1/workers");
        is_there = workers.ok() || IsUp();
        return !is_there || (workers.ok() && !ListField(*workers, "workers").empty());
      },
      "has no worker"));
  return is_there;
}

Status Joining::Start() const {
  for (int i = 0; i < kStarts; ++i) {
    ASSIGN_OR_RETURN(const bool runs, TryToStart());
    if (runs) return OkStatus();
  }
  return Unavailable("the embedded appliance was ended " + std::to_string(kStarts) +
                     " times while it started; its log is '" +
                     (options_.state_folder / "service.log").string() + "'");
}

StatusOr<Endpoint> Joining::Run() {
  // Without the lock first: the usual case costs one connection.
  if (IsUp()) {
    ASSIGN_OR_RETURN(const Endpoint endpoint, EndpointIn(options_.state_folder));
    const auto give_way = MustGiveWay(endpoint);
    if (give_way.ok() && !*give_way) return endpoint;
  }
  const fs::path lock_path = options_.state_folder / "lock";
  const Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return Unavailable("cannot open '" + lock_path.string() + "': " + std::strerror(errno));
  }
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return Unavailable("cannot lock '" + lock_path.string() + "'");
  }
  if (IsUp()) {
    ASSIGN_OR_RETURN(const Endpoint endpoint, EndpointIn(options_.state_folder));
    ASSIGN_OR_RETURN(const bool give_way, MustGiveWay(endpoint));
    if (!give_way) return endpoint;
    RETURN_IF_ERROR(AskToEnd());
  }
  RETURN_IF_ERROR(Start());
  return EndpointIn(options_.state_folder);
}

}  // namespace

StatusOr<Endpoint> JoinEmbedded(const EmbeddedOptions& options) { return Joining(options).Run(); }

}  // namespace csl::client
