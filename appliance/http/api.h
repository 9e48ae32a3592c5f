// SPDX-License-Identifier: Apache-2.0
// The REST API over JobService: the routes of routes.def behind one gate.
//
// Every request passes the same steps in the same order: the Host is one of ours and no Origin is
// sent (a browser has no business here), the token is known, its role may use the route; routes for
// anyone ask for neither name nor token. Then the handler runs; a Status it returns becomes
// application/problem+json.
#ifndef APPLIANCE_HTTP_API_H_
#define APPLIANCE_HTTP_API_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "appliance/artifacts/blob_store.h"
#include "appliance/http/context.h"
#include "appliance/http/health.h"
#include "appliance/http/log_store.h"
#include "appliance/http/request_counts.h"
#include "appliance/http/worker_places.h"
#include "appliance/service/job_service.h"
#include "base/http/async_call.h"
#include "base/http/client.h"
#include "base/http/server.h"
#include "base/status.h"

namespace csl::appliance {

enum RoleBit : int {
  kAdmins = 1,
  kUsers = 2,
  kWorkers = 4,
  kMonitors = 8,
  kAnyone = 16,  // without a token
  kClients = kAdmins | kUsers,
  kWatchers = kAdmins | kMonitors,
  kEveryRole = kClients | kWorkers | kMonitors,
};

struct RouteRow {
  const char* handler;
  const char* method;  // "Get", "Put", "Post", "Delete"
  const char* path;
  int roles;
  const char* summary;
};
const std::vector<RouteRow>& AllRoutes();
// The route that a request of this method (HEAD as GET) and path takes; null: none.
const RouteRow* FindRoute(std::string_view method, std::string_view path);
// The methods of the routes of this path, as an Allow field has them; empty: there is no such path.
std::string AllowedMethods(std::string_view path);

// The OpenAPI 3 document of the routes, as JSON text.
const std::string& OpenApiDocument();

// Names and addresses by which this service may be called, without ports; localhost and loopback
// always may.
struct ApiOptions {
  std::vector<std::string> host_names;
  std::string version = {};  // of the program, for those who ask
  HealthOptions health = {};
  // Of TLS with workers: the file with the authority that has signed them, which need not be there
  // before, and what signs their requests, each for a server of the name given. Both, or neither.
  std::string ca_file = {};
  std::function<StatusOr<std::string>(const std::string& request, const std::string& name)> sign =
      {};
};

// How long a job may say RUNNING once its worker has not got the session any more. A worker that
// started anew registers at once, one that ends its jobs reports their ends.
inline constexpr std::chrono::milliseconds kEndPatience{20'000};

// Whether this is what a worker answers when it has no session of the job and ticket.
bool HasNoSession(const Status& answer);

class Api {
 public:
  Api(JobService& service, BlobStore& blobs, LogStore& logs, ApiOptions options);

  // Once, before the server starts.
  void AddTo(http::Server& server);

  // Since the last request of a client ended; zero while one runs. Workers do not count: they are
  // always there.
  std::chrono::steady_clock::duration IdleForClients() const;

  // Call it about once a second: /readyz answers from the latest look. `store`: how the store did.
  void LookAtHealth(const Status& store);

 private:
  using Handler = Status (Api::*)(Context&);
  void Serve(Handler handler, const httplib::Request& request, httplib::Response& response,
             const httplib::ContentReader* reader, int roles);
  // What is known of a request by its head alone; see gate.cc.
  Status CheckCaller(const http::Arrival& arrival) const;
  http::Admission Admit(const http::Arrival& arrival);

#define ROUTE(handler, ...) Status handler(Context& context);
#include "appliance/http/routes.def"
#undef ROUTE

  nlohmann::json ToJson(const JobView& view) const;
  Status ReplyQuota(Context& context, const QuotaSubject& subject);
  // A client for the worker that runs the session, reused between requests.
  std::shared_ptr<http::Client> WorkerClient(const SessionRoute& route);
  Status StreamEvents(Context& context, const std::string& job);
  Status StreamLog(Context& context, const std::string& job);
  StatusOr<LogStore::Piece> ReadLog(Context& context, const std::string& job, int64_t offset,
                                    int64_t max_bytes);
  Status ForwardDownload(Context& context, const std::string& path);
  // A request to the worker of a session, for whose answer no thread waits.
  struct Forwarded;
  // Sends one, unless this request has sent it before; null while the request waits for the answer.
  // `what.path` is relative to the session.
  StatusOr<const http::Reply*> ForwardWait(Context& context, http::AsyncCall what, int64_t wait_ms);
  std::shared_ptr<Forwarded> Forward(const SessionRoute& route, const std::string& job,
                                     http::AsyncCall what, int64_t wait_ms);
  void AskAgain(const std::shared_ptr<Forwarded>& forwarded);
  // For a request whose worker has not got the session any more, though the job still says RUNNING:
  // says what became of the job, once that is known. Ok: the request waits for it.
  Status AwaitSessionEnd(Context& context, bool only_reads, std::chrono::milliseconds wait);
  StatusOr<const http::Reply*> AnswerOf(const std::shared_ptr<Forwarded>& forwarded);
  // A place among the requests to a worker; null: the request waits for one.
  StatusOr<std::shared_ptr<void>> EnterRoom(WorkerPlaces& room, const std::string& worker);
  // The attempt of the path, for its own worker alone; with the job while the attempt is live.
  StatusOr<int64_t> OwnAttempt(Context& context);
  StatusOr<Job> JobOfOwnAttempt(Context& context);
  Status ReplyDryRun(Context& context, const JobRequest& request);
  Status SendBlob(Context& context, const std::string& digest);
  // Waits until the job's source or artifact is on the disk; before the job is accepted.
  Status SyncBlob(const Principal& who, const JobRequest& request);
  Status ReceiveBlob(Context& context, const std::string& digest, uint64_t* size);
  StatusOr<std::string> BlobNamespace(const Context& context);
  Status PutPart(Context& context, const std::string& digest, const std::string& name_space);
  // An accepted command on its way to its worker; while it lives, no other request sends it.
  struct Dispatch;
  // Null: another request sends it now, and this one waits for that.
  StatusOr<std::shared_ptr<Dispatch>> BeginDispatch(Context& context, Command& command);
  Status ContinueDispatch(Context& context, const std::shared_ptr<Dispatch>& dispatch);
  bool IsOnItsWay(const std::string& job, int64_t index);

  JobService& service_;
  BlobStore& blobs_;
  LogStore& logs_;
  const ApiOptions options_;
  Health health_;
  RequestCounts requests_;
  std::atomic<int> client_requests_{0};
  std::atomic<std::chrono::steady_clock::time_point> last_client_{std::chrono::steady_clock::now()};
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<http::Client>> workers_;
  std::set<std::pair<std::string, int64_t>> dispatching_;  // job and index of commands
  http::Server* server_ = nullptr;
  std::atomic<uint64_t> next_wait_{0};
  WorkerPlaces calls_;
  WorkerPlaces transfers_;
  std::unique_ptr<http::AsyncCalls> waits_;  // ends before the rest
};

}  // namespace csl::appliance

#endif  // APPLIANCE_HTTP_API_H_
