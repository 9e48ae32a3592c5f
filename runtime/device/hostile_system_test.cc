// SPDX-License-Identifier: Apache-2.0
// A client does not trust the system either: whatever comes back, a call ends with a failure.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>
#include <thread>

#include "proto/system.pb.h"
#include "runtime/device/system_device.h"
#include "runtime/testing/test_program.h"
#include "runtime/wire/frame.h"
#include "runtime/wire/socket.h"

namespace csl::runtime {
namespace {

using proto::ServerMessage;

std::string Frame(const ServerMessage& message) {
  const std::string body = message.SerializeAsString();
  const uint32_t size = static_cast<uint32_t>(body.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + body;
}

// Answers to a client that loads a program, submits a copy to the host and waits for it.
std::string Answers() {
  ServerMessage message;
  message.mutable_welcome()->set_protocol(1);
  std::string bytes = Frame(message);
  message.mutable_missing();
  bytes += Frame(message);
  message.mutable_opened();
  bytes += Frame(message);
  message.mutable_submitted()->set_command(0);
  bytes += Frame(message);
  message.mutable_log()->set_message("a line");
  bytes += Frame(message);
  message.mutable_copy_result()->set_command(0);
  bytes += Frame(message);
  message.mutable_chunk()->set_data(std::string(48, 'x'));
  bytes += Frame(message);
  message.mutable_done()->set_finished(true);
  message.mutable_done()->set_commands_done(1);
  return bytes + Frame(message);
}

// Talks to a system that sends these bytes, whatever it is asked, and leaves.
Status Converse(const wire::Socket& listener, const std::string& bytes) {
  std::thread system([&] {
    wire::Socket client(::accept(listener.fd(), nullptr, nullptr));
    (void)!::send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(client.fd(), SHUT_WR);
    char drop[4096];
    while (::recv(client.fd(), drop, sizeof(drop), 0) > 0) {
    }
  });
  std::vector<uint32_t> words(12);
  Status status = [&]() -> Status {
    auto device = MakeSystemDevice(wire::LocalAddress(listener).value(), {});
    RETURN_IF_ERROR(device->Load(MakeTestProgram()));
    fabric::CopyCommand command;
    command.direction = fabric::CopyDirection::kDeviceToHost;
    command.width = 4;
    command.height = 3;
    command.destination = words;
    ASSIGN_OR_RETURN(fabric::CommandId id, device->Submit(std::move(command)));
    RETURN_IF_ERROR(device->Wait(id));
    return device->IsDone(id) && words[11] == 0x78787878 ? OkStatus() : Internal("no result");
  }();
  system.join();
  return status;
}

TEST(HostileSystemTest, TheSeedIsWellFormed) {
  const wire::Socket listener = wire::Listen({"127.0.0.1", 0}).value();
  EXPECT_EQ(Converse(listener, Answers()).ToString(), "ok");
}

TEST(HostileSystemTest, ChangedAnswersEndTheCallAndNothingElse) {
  const wire::Socket listener = wire::Listen({"127.0.0.1", 0}).value();
  const std::string seed = Answers();
  std::mt19937 random(23);
  int failed = 0;
  for (int round = 0; round < 1'000; ++round) {
    std::string bytes = seed;
    for (uint32_t i = 0; i < 1 + random() % 4; ++i) {
      const size_t at = random() % bytes.size();
      if (random() % 2 == 0) {
        bytes[at] = static_cast<char>(random());
      } else {
        bytes.erase(at, 1 + random() % 8);
      }
    }
    failed += Converse(listener, bytes).ok() ? 0 : 1;
  }
  EXPECT_GT(failed, 500);
}

// What the client has not asked for ends the connection.
TEST(HostileSystemTest, WordsAndViewsThatNobodyAskedForAreRefused) {
  const wire::Socket listener = wire::Listen({"127.0.0.1", 0}).value();
  ServerMessage line;
  line.mutable_log()->set_message("a line");
  const std::string seed = Answers();
  const size_t at = seed.find(Frame(line));
  ASSERT_NE(at, std::string::npos);
  ServerMessage words;
  words.mutable_port_words()->set_data("1234");
  ServerMessage view;
  view.mutable_debug_view()->set_cycle(7);
  for (const ServerMessage& message : {words, view}) {
    const Status status = Converse(listener, seed.substr(0, at) + Frame(message) + seed.substr(at));
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_NE(status.message().find("an answer that fits no question"), std::string::npos)
        << status.message();
  }
}

TEST(HostileSystemTest, AnEarlyEndIsUnavailable) {
  const wire::Socket listener = wire::Listen({"127.0.0.1", 0}).value();
  const std::string seed = Answers();
  for (size_t size = 0; size < seed.size(); ++size) {
    EXPECT_EQ(Converse(listener, seed.substr(0, size)).code(), StatusCode::kUnavailable) << size;
  }
}

}  // namespace
}  // namespace csl::runtime
