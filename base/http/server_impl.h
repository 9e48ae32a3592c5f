// SPDX-License-Identifier: Apache-2.0
// The inside of Server: one thread that watches sockets (server_loop.cc), many that serve requests
// (server_requests.cc).
#ifndef BASE_HTTP_SERVER_IMPL_H_
#define BASE_HTTP_SERVER_IMPL_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/http/connection.h"
#include "base/http/fair_queue.h"
#include "base/http/parked_connections.h"
#include "base/http/server.h"
#include "base/http/thread_pool.h"

namespace csl::http {

// Makes the library's protected request handling callable with our own stream.
class Routes : public httplib::Server {
 public:
  Routes();
  // The library streams bodies only while this holds an open descriptor.
  void SetAlive(int fd) { svr_sock_ = fd; }
  bool Process(ConnectionStream& stream, const Connection& connection, bool& closed);
};

class Server::Impl {
 public:
  explicit Impl(ServerLimits limits);
  ~Impl();

  Status AddListener(int fd);
  Status SetIdentity(const tls::Identity& identity);
  Status Start();
  void Stop(std::chrono::milliseconds grace);
  void Wake(const std::string& channel);
  void WakeAll();
  Clock::duration IdleFor() const;

  Routes routes;
  Gate gate;
  Observer observer;
  bool requires_tls = false;  // of TCP
  std::string unix_path;
  ino_t unix_inode = 0;

 private:
  static constexpr size_t kHandshakeThreads = 2;
  static constexpr size_t kWakeSlots = 1024;  // channels share them; a wake too many is harmless

  // The loop's thread.
  void Loop();
  void Watch(int fd, uint32_t events) const;
  void Accept(int listener);
  bool CloseIdlest();
  void PauseAccepting();
  void ResumeAccepting();
  void OnReady(int fd);
  void OnReadable(std::unique_ptr<Connection> connection);
  // The same on another thread: the cryptography of a handshake takes as long as many requests.
  void ContinueHandshake(std::unique_ptr<Connection> connection);
  // False: nobody can be served over TLS yet.
  bool AddTls(Connection& connection) const;
  void RefusePlain(std::unique_ptr<Connection> connection);
  void OnDeadlines();
  int MsToNextDeadline() const;
  void WakeLoop() const;

  // Any thread. Each takes the connection over, and closes it by dropping it.
  void Park(std::unique_ptr<Connection> connection);
  void Advance(std::unique_ptr<Connection> connection);  // as far as what was read allows
  std::unique_ptr<Connection> Admit(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> Refuse(std::unique_ptr<Connection> connection, int status,
                                     const std::string& problem, bool may_keep,
                                     const std::string& fields = "");
  void Observe(const Connection& connection, int status, uint64_t received, uint64_t sent) const;
  void Linger(std::unique_ptr<Connection> connection);
  void Dispatch(std::unique_ptr<Connection> connection);
  void Serve(std::unique_ptr<Connection> connection);
  // The rest of a response, as far as the other side takes it; Finish when it is sent.
  void SendRest(std::unique_ptr<Connection> connection);
  // After a run of a handler that streams events: its piece, and the end if that has come.
  void SendPiece(std::unique_ptr<Connection> connection);
  void Finish(std::unique_ptr<Connection> connection, bool keep, bool whole);
  std::unique_ptr<Connection> RefuseBody(std::unique_ptr<Connection> connection);
  void Wait(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> TakeParked(int fd);
  void DispatchParked(const std::function<std::vector<int>()>& which);

  const ServerLimits limits_;
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<int> listeners_;
  bool is_accepting_ = true;  // false: there were no descriptors left
  std::thread loop_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> wakes_{0};
  std::atomic<uint64_t> latest_wake_[kWakeSlots] = {};

  HeldCounts held_;
  HeldCounts waits_;  // requests that wait, by principal

  mutable std::mutex mutex_;
  std::shared_ptr<tls::Context> tls_;
  ParkedConnections parked_;
  std::map<int, Connection*> serving_;  // on a thread, or in line for one
  Clock::time_point last_request_ = Clock::now();
  std::atomic<size_t> handshaking_{0};  // on such a thread, or queued for one

  // Last: their threads use the rest.
  FairQueue shared_;
  FairQueue reserved_;
  FairQueue transfers_;
  ThreadPool handshakes_{kHandshakeThreads};
};

}  // namespace csl::http

#endif  // BASE_HTTP_SERVER_IMPL_H_
