// SPDX-License-Identifier: Apache-2.0
// Hostile bytes: whatever a client sends, the system lives on and serves the next one.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <random>

#include "base/digest/sha256.h"
#include "runtime/device/system_device.h"
#include "runtime/system/session.h"
#include "runtime/testing/fake_device.h"
#include "runtime/testing/test_program.h"
#include "runtime/testing/test_server.h"
#include "runtime/wire/limits.h"

namespace csl::runtime {
namespace {

using proto::ClientMessage;

std::string Frame(const ClientMessage& message) {
  const std::string body = message.SerializeAsString();
  const uint32_t size = static_cast<uint32_t>(body.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + body;
}

// What a proper client sends to open the test program, all files included.
std::string Opening() {
  const Program program = MakeTestProgram();
  ClientMessage message;
  message.mutable_hello()->set_protocol(wire::kProtocolVersion);
  std::string bytes = Frame(message);
  message.mutable_open()->set_num_threads(1);
  std::string chunks;
  for (const image::ArtifactFile& file : program.files) {
    proto::FileEntry* entry = message.mutable_open()->add_files();
    Sha256 digest;
    digest.Update(std::span<const uint8_t>(file.bytes));
    entry->set_path(file.path);
    entry->set_sha256(digest.FinishHex());
    entry->set_size_bytes(file.bytes.size());
    ClientMessage chunk;
    chunk.mutable_chunk()->set_data(file.bytes.data(), file.bytes.size());
    chunks += Frame(chunk);
  }
  return bytes + Frame(message) + chunks;
}

std::string Commands() {
  ClientMessage message;
  message.mutable_launch()->set_export_id(2);
  message.mutable_launch()->add_args(7);
  std::string bytes = Frame(message);
  message.mutable_copy()->set_element_bits(32);
  proto::Transfer* transfer = message.mutable_copy()->mutable_transfer();
  transfer->set_width(4);
  transfer->set_height(3);
  transfer->set_x_step(1);
  transfer->set_y_step(1);
  transfer->set_elements_per_pe(2);
  bytes += Frame(message);
  ClientMessage chunk;
  chunk.mutable_chunk()->set_data(std::string(96, 'x'));
  bytes += Frame(chunk);
  ClientMessage stream;
  stream.mutable_stream()->set_color(5);
  *stream.mutable_stream()->mutable_transfer() = *transfer;
  stream.mutable_stream()->mutable_transfer()->set_broadcast(proto::BROADCAST_ROWS);
  bytes += Frame(stream);
  chunk.mutable_chunk()->set_data(std::string(24, 'x'));
  bytes += Frame(chunk);
  transfer->set_to_host(true);
  bytes += Frame(message);
  message.mutable_wait()->set_command(2);
  bytes += Frame(message);
  message.mutable_poll()->set_command(1);
  bytes += Frame(message);
  message.mutable_get_stats();
  bytes += Frame(message);
  message.mutable_read_symbol()->set_name("A_array");
  bytes += Frame(message);
  message.mutable_drain();
  return bytes + Frame(message);
}

// Serves one client that sends these bytes and leaves. Returns how the session ended.
Status ServeBytes(const std::string& bytes, BlobCache* cache) {
  int fds[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  wire::Socket client(fds[0]);
  wire::FrameStream stream{wire::Socket(fds[1])};
  int large = 4 << 20;
  ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &large, sizeof(large));
  CHECK(::send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
        static_cast<ssize_t>(bytes.size()));
  ::shutdown(client.fd(), SHUT_WR);
  std::atomic<bool> stop{false};
  DeviceFactory make_device = MakeFakeDevice;
  Session session(&stream, cache, &make_device, &stop);
  return session.Serve();
}

TEST(FuzzSmokeTest, TheSeedIsWellFormed) {
  BlobCache cache(0);
  ClientMessage bye;
  bye.mutable_bye();
  EXPECT_EQ(ServeBytes(Opening() + Commands() + Frame(bye), &cache), OkStatus());
}

TEST(FuzzSmokeTest, ChangedBytesEndTheSessionAndNothingElse) {
  const std::string seed = Opening() + Commands();
  std::mt19937 random(20);
  BlobCache cache(0);  // so that every session needs every file
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = seed;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        default:
          bytes.insert(at, std::string(1 + random() % 8, static_cast<char>(random())));
      }
      if (bytes.empty()) break;
    }
    // Ends by itself: the client has left. Without Bye that is a failure.
    const Status status = ServeBytes(bytes, &cache);
    EXPECT_FALSE(status.message().empty() && !status.ok());
  }
}

TEST(FuzzSmokeTest, RandomMessagesInAnyOrderAreAnsweredOrRefused) {
  const std::string opening = Opening();
  std::mt19937 random(21);
  BlobCache cache(0);
  const auto any = [&random]() -> uint32_t {
    const uint32_t values[] = {0, 1, 2, 3, 64, 0x7fffffff, 0x80000000, 0xffffffff};
    return values[random() % std::size(values)];
  };
  for (int round = 0; round < 1'000; ++round) {
    std::string bytes = opening;
    for (int i = 0; i < 6; ++i) {
      ClientMessage message;
      const auto any_int = [&any] { return static_cast<int32_t>(any()); };
      proto::Transfer transfer;
      transfer.set_to_host(random() % 2);
      transfer.set_x(any_int());
      transfer.set_y(any_int());
      transfer.set_width(any_int());
      transfer.set_height(any_int());
      transfer.set_x_step(random() % 2 ? 1 : any_int());
      transfer.set_y_step(random() % 2 ? 1 : any_int());
      transfer.set_broadcast(static_cast<proto::Broadcast>(random() % 5));
      transfer.set_elements_per_pe(any_int());
      if (random() % 2 == 0) {
        message.mutable_copy()->set_export_id(any());
        message.mutable_copy()->set_element_bits(random() % 2 ? 32 : any_int());
        *message.mutable_copy()->mutable_transfer() = transfer;
      } else {
        message.mutable_stream()->set_color(any_int());
        *message.mutable_stream()->mutable_transfer() = transfer;
      }
      if (random() % 2 == 0) message.mutable_wait()->set_command(any());
      bytes += Frame(message);
    }
    EXPECT_FALSE(ServeBytes(bytes, &cache).ok());
  }
}

TEST(FuzzSmokeTest, AServerThatMetNoiseServesTheNextClient) {
  TestServer server(MakeFakeDevice);
  std::mt19937 random(22);
  for (int round = 0; round < 20; ++round) {
    wire::Socket client = wire::Connect(server.address()).value();
    std::string noise(random() % 300, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    (void)!::send(client.fd(), noise.data(), noise.size(), MSG_NOSIGNAL);
  }
  std::unique_ptr<Device> device = MakeSystemDevice(server.address(), {});
  EXPECT_EQ(device->Load(MakeTestProgram()), OkStatus());
}

}  // namespace
}  // namespace csl::runtime
