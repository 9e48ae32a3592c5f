// SPDX-License-Identifier: Apache-2.0
// A CS system of this process, on a port of its own.
#ifndef RUNTIME_TESTING_TEST_SERVER_H_
#define RUNTIME_TESTING_TEST_SERVER_H_

#include <memory>
#include <thread>
#include <utility>

#include "runtime/system/server.h"

namespace csl::runtime {

class TestServer {
 public:
  explicit TestServer(DeviceFactory make_device) {
    server_ = SystemServer::Create(wire::Listen({"127.0.0.1", 0}).value(), std::move(make_device))
                  .value();
    thread_ = std::thread([this] { server_->Serve(); });
  }
  ~TestServer() {
    server_->Stop();
    thread_.join();
  }
  const wire::Address& address() const { return server_->address(); }

 private:
  std::unique_ptr<SystemServer> server_;
  std::thread thread_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_TESTING_TEST_SERVER_H_
