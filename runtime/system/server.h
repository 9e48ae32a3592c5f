// SPDX-License-Identifier: Apache-2.0
// SystemServer: one simulated CS system behind a listening socket.
//
// One client at a time: each connection starts from a reset fabric. A second client waits
// kBusyGraceMs, since scripts often end and begin at the same moment, and is then told that the
// system is in use, and by whom. A connection is a client once its hello has come; until then it
// keeps nobody out, and it is closed after kHelloTimeoutMs.
#ifndef RUNTIME_SYSTEM_SERVER_H_
#define RUNTIME_SYSTEM_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "runtime/device/device.h"
#include "runtime/system/blob_cache.h"
#include "runtime/wire/frame.h"
#include "runtime/wire/socket.h"

namespace csl::runtime {

inline constexpr int kBusyGraceMs = 500;
inline constexpr int kHelloTimeoutMs = 5'000;
// Connections that wait for the system or for their refusal to be read. Of more, one that has said
// nothing is closed, or the newest.
inline constexpr size_t kMaxWaitingClients = 64;
inline constexpr uint64_t kBlobCacheBytes = uint64_t{512} << 20;

class SystemServer {
 public:
  // `make_device` makes the fabric that a client gets.
  static StatusOr<std::unique_ptr<SystemServer>> Create(wire::Socket listener,
                                                        DeviceFactory make_device);
  ~SystemServer();

  const wire::Address& address() const { return address_; }

  // Serves clients until Stop. Call once.
  void Serve();
  // Ends Serve and the session under way. From any thread, and from signal handlers.
  void Stop();

 private:
  struct Waiting {
    enum class State {
      kSilent,   // no hello yet
      kClient,   // waits for the system
      kRefused,  // reads why
    };
    std::unique_ptr<wire::FrameStream> stream;
    int64_t deadline_ms = 0;  // of its state
    State state = State::kSilent;
    bool half = false;  // a part of its hello has come
  };

  SystemServer(wire::Socket listener, wire::Socket wake, wire::Address address,
               DeviceFactory make_device);

  void Accept();
  // Makes room for one more, if need be and if a connection has said nothing.
  void CloseASilentOne();
  // Moves a silent connection on; true when it is to be closed.
  bool TendSilent(Waiting* client, int64_t now_ms);
  void StartSession(std::unique_ptr<wire::FrameStream> stream);
  void RunSession();
  // Gives the free system to who waits longest; refuses who waited enough.
  void TendWaiting(int64_t now_ms);
  void Refuse(Waiting* client, const std::string& why, int64_t now_ms);
  void PollOnce();

  wire::Socket listener_;
  wire::Socket wake_;  // an eventfd: a session ended, or Stop was called
  wire::Address address_;
  DeviceFactory make_device_;
  BlobCache cache_{kBlobCacheBytes};
  std::atomic<bool> stop_{false};
  std::atomic<bool> busy_{false};
  std::thread session_thread_;
  std::unique_ptr<wire::FrameStream> session_stream_;
  std::string session_peer_;
  std::vector<Waiting> waiting_;  // longest wait first
};

}  // namespace csl::runtime

#endif  // RUNTIME_SYSTEM_SERVER_H_
