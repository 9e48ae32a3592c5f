// SPDX-License-Identifier: Apache-2.0
#include "runtime/system/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "base/digest/sha256.h"
#include "runtime/device/system_device.h"
#include "runtime/testing/fake_device.h"
#include "runtime/testing/test_program.h"
#include "runtime/testing/test_server.h"
#include "runtime/wire/convert.h"
#include "runtime/wire/limits.h"

namespace csl::runtime {
namespace {

using proto::ClientMessage;
using proto::ServerMessage;

std::unique_ptr<Device> Connect(const TestServer& server) {
  return MakeSystemDevice(server.address(), {});
}

wire::FrameStream RawConnection(const TestServer& server) {
  return wire::FrameStream(wire::Connect(server.address()).value());
}

TEST(ServerTest, ClientsComeOneAfterTheOther) {
  TestServer server(MakeFakeDevice);
  for (int i = 0; i < 20; ++i) {
    std::unique_ptr<Device> device = Connect(server);
    ASSERT_EQ(device->Load(MakeTestProgram()), OkStatus()) << i;
    ASSERT_EQ(device->Stats()->cycle_count, 0) << "each connection starts from a reset fabric";
    ASSERT_EQ(device->Wait(device->Submit(fabric::LaunchCommand{2, {1}}).value()), OkStatus());
  }
}

TEST(ServerTest, ASecondClientIsToldThatTheSystemIsInUse) {
  TestServer server(MakeFakeDevice);
  std::unique_ptr<Device> first = Connect(server);
  ASSERT_EQ(first->Load(MakeTestProgram()), OkStatus());
  std::unique_ptr<Device> second = Connect(server);
  const Status refused = second->Load(MakeTestProgram());
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_NE(refused.message().find(server.address().ToString()), std::string::npos);
  EXPECT_NE(refused.message().find("in use"), std::string::npos) << refused.message();
  // The first one's run is as it was.
  EXPECT_EQ(first->Wait(first->Submit(fabric::LaunchCommand{2, {1}}).value()), OkStatus());
}

TEST(ServerTest, AConnectionThatSaysNothingKeepsNobodyOut) {
  TestServer server(MakeFakeDevice);
  std::vector<wire::FrameStream> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(RawConnection(server));
  EXPECT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
}

TEST(ServerTest, HalfAHelloKeepsNobodyOut) {
  TestServer server(MakeFakeDevice);
  const wire::FrameStream half = RawConnection(server);
  ASSERT_EQ(::send(half.socket().fd(), "\x08\0\0\0\x0a", 5, 0), 5);
  EXPECT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
  EXPECT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
}

TEST(ServerTest, AHelloThatDoesNotComeInTimeIsAskedForNoLonger) {
  TestServer server(MakeFakeDevice);
  wire::FrameStream silent = RawConnection(server);
  ServerMessage answer;
  ASSERT_EQ(silent.Receive(&answer, 4 * kHelloTimeoutMs), OkStatus());
  EXPECT_EQ(answer.failure().message(), "the connection said no hello for 5 s");
}

TEST(ServerTest, AClientThatVanishesFreesTheSystem) {
  TestServer server(MakeFakeDevice);
  {
    wire::FrameStream stream = RawConnection(server);
    ClientMessage hello;
    hello.mutable_hello()->set_protocol(wire::kProtocolVersion);
    ServerMessage welcome;
    ASSERT_EQ(stream.Send(hello), OkStatus());
    ASSERT_EQ(stream.Receive(&welcome), OkStatus());
    ASSERT_TRUE(welcome.has_welcome());
  }
  EXPECT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
}

TEST(ServerTest, AnotherProtocolVersionIsRefusedInWords) {
  TestServer server(MakeFakeDevice);
  wire::FrameStream stream = RawConnection(server);
  ClientMessage hello;
  hello.mutable_hello()->set_protocol(wire::kProtocolVersion + 1);
  ServerMessage answer;
  ASSERT_EQ(stream.Send(hello), OkStatus());
  ASSERT_EQ(stream.Receive(&answer), OkStatus());
  EXPECT_NE(answer.failure().message().find("version"), std::string::npos);
}

TEST(ServerTest, FilesSeenBeforeDoNotTravelAgain) {
  TestServer server(MakeFakeDevice);
  ASSERT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
  // Asked again, the system misses the one file that changed, and no other.
  Program program = MakeTestProgram();
  wire::FrameStream stream = RawConnection(server);
  ClientMessage message;
  message.mutable_hello()->set_protocol(wire::kProtocolVersion);
  ServerMessage answer;
  ASSERT_EQ(stream.Send(message), OkStatus());
  ASSERT_EQ(stream.Receive(&answer), OkStatus());
  message.mutable_open()->set_num_threads(1);
  for (size_t i = 0; i < program.files.size(); ++i) {
    proto::FileEntry* entry = message.mutable_open()->add_files();
    if (i == 1) program.files[i].bytes.push_back(0);
    Sha256 digest;
    digest.Update(std::span<const uint8_t>(program.files[i].bytes));
    entry->set_path(program.files[i].path);
    entry->set_sha256(digest.FinishHex());
    entry->set_size_bytes(program.files[i].bytes.size());
  }
  ASSERT_EQ(stream.Send(message), OkStatus());
  ASSERT_EQ(stream.Receive(&answer), OkStatus());
  ASSERT_EQ(answer.missing().files_size(), 1);
  EXPECT_EQ(answer.missing().files(0), 1u);
}

TEST(ServerTest, ADamagedProgramIsRefusedAndTheNextOneServed) {
  TestServer server(MakeFakeDevice);
  Program damaged = MakeTestProgram();
  for (image::ArtifactFile& file : damaged.files) {
    if (file.path.ends_with(".elf")) file.bytes.resize(40);
  }
  EXPECT_EQ(Connect(server)->Load(damaged).code(), StatusCode::kDataLoss);
  EXPECT_EQ(Connect(server)->Load(MakeTestProgram()), OkStatus());
}

TEST(ServerTest, StoppingTheServerEndsTheClient) {
  auto server = std::make_unique<TestServer>(MakeFakeDevice);
  std::unique_ptr<Device> device = Connect(*server);
  ASSERT_EQ(device->Load(MakeTestProgram()), OkStatus());
  server.reset();
  const Status status = device->Submit(fabric::LaunchCommand{2, {1}}).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(device->Drain(), status) << "a broken connection stays broken";
}

TEST(ServerTest, NobodyThereNamesTheAddress) {
  wire::Address address;
  { address = TestServer(MakeFakeDevice).address(); }
  const Status status = MakeSystemDevice(address, {})->Load(MakeTestProgram());
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find(address.ToString()), std::string::npos);
}

}  // namespace
}  // namespace csl::runtime
