// SPDX-License-Identifier: Apache-2.0
// The REST API of an appliance, as one client sees it: JSON in and out as text, blobs and files
// streamed. Thread safe.
//
// Calls that wait ask `interrupted` about four times a second and end with kCancelled when it says
// so. Calls that may be repeated are, over connections that break and 502 and 503; each POST
// carries an idempotency key, so that none has its effect twice. An embedded appliance that is gone
// is started again.
#ifndef CLIENT_NATIVE_SERVICE_H_
#define CLIENT_NATIVE_SERVICE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/http/client.h"
#include "base/status.h"
#include "client/native/endpoint.h"

namespace csl::client {

using Interrupted = std::function<bool()>;

struct LogPiece {
  std::string bytes;
  uint64_t next_offset = 0;
  bool is_complete = false;
};

struct Downloaded {
  bool is_folder = false;  // then it is a .tar.gz of it
  uint64_t size_bytes = 0;
};

// Told how much of a transfer is done, some times a second while it lasts and once when it has
// ended, however that was (then `done` is `total`). total 0: not known.
using Progress = std::function<void(const std::string& what, uint64_t done, uint64_t total)>;

// Brings an embedded service that is gone back; kept out of Service for tests.
using Revive = std::function<Status()>;

class Service {
 public:
  Service(Endpoint endpoint, Revive revive);

  const Endpoint& endpoint() const { return endpoint_; }
  // Of transfers that begin later. Called by the threads that transfer.
  void ShowProgress(Progress progress) { progress_ = std::move(progress); }

  // Version, quick to fail: whether anybody is there at all, and takes our token.
  StatusOr<std::string> Version();
  StatusOr<std::string> Get(const std::string& path);
  StatusOr<std::string> Post(const std::string& path, const std::string& body,
                             const std::string& key = "");

  StatusOr<std::string> Put(const std::string& path, const std::string& body);
  StatusOr<std::string> Delete(const std::string& path);

  // Events after `after`, as the JSON of the API; waits for the first up to wait_ms.
  StatusOr<std::string> Events(const std::string& job, int64_t after, int64_t wait_ms,
                               const Interrupted& interrupted);
  // The job's whole log, waiting for its end.
  StatusOr<std::string> WholeLog(const std::string& job, const Interrupted& interrupted);
  StatusOr<LogPiece> Log(const std::string& path, uint64_t offset, int64_t wait_ms);

  // Makes the file's bytes known to the namespace, sending them only if they are not; returns their
  // digest.
  StatusOr<std::string> UploadFile(const std::filesystem::path& file,
                                   const std::string& name_space);
  // The blob to `target`, which appears whole and with the right digest or not at all.
  Status DownloadBlob(const std::string& digest, const std::filesystem::path& target,
                      const Interrupted& interrupted);

  // Files of a session. `remote` is relative to its working folder.
  Status PutFile(const std::string& job, const std::filesystem::path& local,
                 const std::string& remote);
  // Writes to `target`, which must not exist.
  StatusOr<Downloaded> GetFile(const std::string& job, const std::string& remote,
                               const std::filesystem::path& target, const Interrupted& interrupted);

 private:
  StatusOr<http::Reply> Do(http::Call call);
  // In parts over several connections, those that do not exist yet.
  Status UploadInParts(const std::filesystem::path& file, uint64_t size_bytes,
                       const std::string& digest, const std::string& name_space);

  const Endpoint endpoint_;
  const Revive revive_;
  Progress progress_;
  http::Client client_;
};

// kUnavailable for a page that people are to read, as a proxy sends one in place of the answer.
Status CheckSender(int status, const std::map<std::string, std::string>& headers,
                   std::string_view body);

// "dir/my file" as path segments of a URL.
std::string EncodePath(const std::string& path);

}  // namespace csl::client

#endif  // CLIENT_NATIVE_SERVICE_H_
