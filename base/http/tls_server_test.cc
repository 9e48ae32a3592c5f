// SPDX-License-Identifier: Apache-2.0
// The server and the clients over TLS: what is served, and what is made of others' handshakes.
#include <gmock/gmock.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/http/async_call.h"
#include "base/http/client.h"
#include "base/http/server_fixture.h"
#include "base/http/waiting.h"
#include "base/tls/certificate.h"

namespace csl::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr hours kLong{24 * 365};

size_t ThreadCount() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    count += entry.exists() ? 1 : 0;
  }
  return count;
}

// A blocking peer that OpenSSL itself plays.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd), context_(SSL_CTX_new(TLS_client_method())) {
    const int one = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd);
  }
  ~Peer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool Shake() { return SSL_connect(ssl_) == 1; }
  void Say(const std::string& text) {
    EXPECT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  // Until `text` has come, or the other side has ended the connection.
  std::string ReadTo(const std::string& text) {
    std::string out;
    char buffer[4096];
    while (text.empty() || out.find(text) == std::string::npos) {
      const int got = SSL_read(ssl_, buffer, sizeof buffer);
      if (got <= 0) {
        ended_well_ = SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
        return out;
      }
      out.append(buffer, static_cast<size_t>(got));
    }
    return out;
  }
  bool ended_well() const { return ended_well_; }
  SSL* ssl() { return ssl_; }
  int fd() const { return fd_; }

 private:
  const int fd_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool ended_well_ = false;
};

class TlsServerTest : public ServerTest {
 protected:
  void ServeTls(ServerLimits limits = {}) {
    server_ = std::make_unique<Server>(limits);
    server_->routes().Get("/hello", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("hello", "text/plain");
    });
    server_->routes().Post("/echo",
                           [](const httplib::Request& request, httplib::Response& response) {
                             response.set_content(request.body, "text/plain");
                           });
    server_->routes().Get("/much", [](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(kMuch, "application/octet-stream",
                                    [](size_t offset, size_t length, auto& sink) {
                                      const std::string piece(std::min<size_t>(length, 300'000),
                                                              static_cast<char>('a' + offset % 26));
                                      return sink.write(piece.data(), piece.size());
                                    });
    });
    server_->routes().Get("/poll", [this](const httplib::Request&, httplib::Response& response) {
      const std::string news = News();
      if (news.empty() && WaitFor("news", milliseconds(60'000))) return;
      response.set_content(news, "text/plain");
    });
    server_->routes().Get("/events", [this](const httplib::Request&, httplib::Response& response) {
      const std::string news = News();
      if (news.ends_with("end")) {
        (void)StreamEnd(news);
      } else if (!StreamAndWait(news + ".", "news", milliseconds(60'000))) {
        response.status = 429;
      }
    });
    AddCount();
    server_->SetGate([](const Arrival& arrival) {
      const bool streams = arrival.head.target == "/much" || arrival.head.target == "/count";
      return Admission{.lane = streams ? Lane::kTransfers : Lane::kShared};
    });
    server_->SetObserver([this](const Answered&) { ++served_; });
    server_->RequireTls();
    ASSERT_TRUE(server_->SetIdentity(*tls::Issue(authority_, {"127.0.0.1", "a.site"}, kLong)).ok());
    const auto url = server_->Listen("127.0.0.1:0");
    ASSERT_TRUE(url.ok()) << url.status().message();
    ASSERT_TRUE(server_->Start().ok());
    url_ = *url;
    port_ = std::stoi(url_.substr(url_.rfind(':') + 1));
  }

  std::string News() {
    std::lock_guard lock(mutex_);
    return news_;
  }
  void Publish(const std::string& news) {
    {
      std::lock_guard lock(mutex_);
      news_ = news;
    }
    server_->Wake("news");
  }
  // A thousand that have shaken hands, or as many as there are descriptors for.
  std::vector<std::unique_ptr<Peer>> ManyPeers() {
    rlimit files{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    const size_t most = std::min<size_t>(1'000, files.rlim_cur / 4);
    std::vector<std::unique_ptr<Peer>> peers;
    for (size_t i = 0; i < most; ++i) {
      peers.push_back(std::make_unique<Peer>(Connect()));
      EXPECT_TRUE(peers.back()->Shake());
    }
    return peers;
  }
  std::string FileWith(const std::string& text) {
    const std::string path = ::testing::TempDir() + "/authority.pem";
    EXPECT_TRUE(WriteFileAtomic(path, text).ok());
    return path;
  }

  static constexpr size_t kMuch = 40'000'000;
  const tls::Identity authority_ = *tls::MakeAuthority("an authority", kLong);
  const std::string pin_ = *tls::PinOf(authority_.chain);
  std::string url_;
  std::atomic<int> served_{0};
  std::mutex mutex_;
  std::string news_;
};

TEST_F(TlsServerTest, AClientIsServedByPinAndByFile) {
  ServeTls();
  EXPECT_THAT(url_, HasSubstr("https://127.0.0.1:"));
  for (int i = 0; i < 3; ++i) {
    Client by_pin({.url = url_, .pin = pin_});
    EXPECT_EQ(by_pin.Do({.path = "/hello"})->body, "hello");
    EXPECT_EQ(by_pin.Do({.path = "/hello"})->body, "hello");
    Client by_file({.url = url_, .ca_file = FileWith(authority_.chain)});
    EXPECT_EQ(by_file.Do({.path = "/hello"})->body, "hello");
    Client by_name({.url = url_, .pin = pin_, .server_name = "a.site"});
    EXPECT_EQ(by_name.Do({.path = "/hello"})->body, "hello");
  }
}

TEST_F(TlsServerTest, AClientSaysWhomItDoesNotTrustAndAsksNothing) {
  ServeTls();
  const std::string wrong = "sha256:" + std::string(64, '0');
  struct Case {
    ClientOptions options;
    std::string says;
  };
  const tls::Identity other = *tls::MakeAuthority("another", kLong);
  for (const Case& one :
       {Case{{.url = url_, .pin = wrong}, wrong}, Case{{.url = url_, .pin = wrong}, pin_},
        Case{{.url = url_, .pin = wrong}, url_},
        Case{{.url = url_, .ca_file = FileWith(other.chain)}, "not trusted"},
        Case{{.url = url_}, "not trusted"},
        Case{{.url = url_, .pin = pin_, .server_name = "b.site"}, "not for 'b.site'"}}) {
    Client client(one.options);
    const auto reply = client.Do({.path = "/hello", .patience = milliseconds(10'000)});
    EXPECT_EQ(reply.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(reply.status().message(), HasSubstr(one.says));
  }
  Client nameless({.url = url_, .pin = "abc"});
  EXPECT_EQ(nameless.Do({.path = "/hello"}).status().code(), StatusCode::kInvalidArgument);
  Client fileless({.url = url_, .ca_file = "/nowhere/ca.pem"});
  EXPECT_THAT(fileless.Do({.path = "/hello"}).status().message(), HasSubstr("/nowhere/ca.pem"));
  Client empty({.url = url_, .ca_file = FileWith("")});
  EXPECT_EQ(empty.Do({.path = "/hello"}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(served_, 0);
}

TEST_F(TlsServerTest, AnExpiredCertificateIsSaidToBeAndANewOneTakesItsPlace) {
  ServeTls();
  ASSERT_TRUE(server_->SetIdentity(*tls::Issue(authority_, {"127.0.0.1"}, hours(-1))).ok());
  Client client({.url = url_, .pin = pin_});
  const auto reply = client.Do({.path = "/hello"});
  EXPECT_EQ(reply.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(reply.status().message(), AllOf(HasSubstr(url_), HasSubstr("expired")));
  ASSERT_TRUE(server_->SetIdentity(*tls::Issue(authority_, {"127.0.0.1"}, kLong)).ok());
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
}

TEST_F(TlsServerTest, PlainHttpIsToldWhatIsSpokenHere) {
  ServeTls();
  Client plain({.url = "http" + url_.substr(5)});
  const auto reply = plain.Do({.path = "/hello"});
  EXPECT_EQ(reply.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(reply.status().message(), HasSubstr("https://"));
}

TEST_F(TlsServerTest, AClientOfTlsSaysSoOfAPlainServer) {
  Serve();
  Client client({.url = "https://127.0.0.1:" + std::to_string(port_), .pin = pin_});
  const auto reply = client.Do({.path = "/hello"});
  EXPECT_EQ(reply.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.status().message(), HasSubstr("does it speak https?"));
}

TEST_F(TlsServerTest, GarbageEndsTheConnection) {
  ServeTls();
  for (const std::string& garbage :
       {std::string("\x16\x03\x01\xff\xff"), std::string(300, '\0'), std::string(70'000, '\x16'),
        std::string("\x16\x03\x01\x00\x05hello"), std::string("\x15\x03\x01\x00\x02\x02\x28", 7)}) {
    const int fd = Connect();
    ASSERT_GT(::send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL), 0);
    ::shutdown(fd, SHUT_WR);
    const std::string answer = ReadAll(fd);
    EXPECT_LT(answer.size(), 64u);  // an alert at most
    ::close(fd);
  }
  Client client({.url = url_, .pin = pin_});
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
}

TEST_F(TlsServerTest, AHandshakeThatStallsHoldsNoThreadAndEndsWithItsDeadline) {
  ServeTls({.header_timeout = milliseconds(1'000)});
  Client client({.url = url_, .pin = pin_});
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
  const size_t threads = ThreadCount();
  // A hello's beginning, then a byte now and then: each must not give it more time.
  std::vector<int> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(Connect());
    ASSERT_EQ(::send(slow.back(), "\x16\x03\x01\x02\x00\x01", 6, MSG_NOSIGNAL), 6);
  }
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
  EXPECT_LE(ThreadCount(), threads + 1) << "two threads at most do handshakes";
  const auto began = std::chrono::steady_clock::now();
  bool is_open = true;
  while (is_open) {
    pollfd look{slow.front(), POLLIN, 0};
    is_open = ::poll(&look, 1, 100) == 0;
    (void)::send(slow.front(), "\x01", 1, MSG_NOSIGNAL);
    ASSERT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(45));
  }
  for (const int fd : slow) {
    EXPECT_EQ(ReadAll(fd), "");
    ::close(fd);
  }
}

TEST_F(TlsServerTest, AConnectionThatIsCutInItsHandshakeLeavesNothing) {
  ServeTls();
  for (int i = 0; i < 50; ++i) {
    Peer peer(Connect());
    // Its first words go out, and it goes before the answer.
    SSL_set_connect_state(peer.ssl());
    ASSERT_EQ(::shutdown(peer.fd(), SHUT_RD), 0);
    (void)peer.Shake();
  }
  Client client({.url = url_, .pin = pin_});
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
}

TEST_F(TlsServerTest, OldVersionsAndRenegotiationAreRefused) {
  ServeTls();
  {
    Peer old(Connect());
    SSL_set_min_proto_version(old.ssl(), TLS1_VERSION);
    SSL_set_max_proto_version(old.ssl(), TLS1_1_VERSION);
    EXPECT_FALSE(old.Shake());
  }
  Peer peer(Connect());
  SSL_set_max_proto_version(peer.ssl(), TLS1_2_VERSION);
  ASSERT_TRUE(peer.Shake());
  EXPECT_STREQ(SSL_get_version(peer.ssl()), "TLSv1.2");
  SSL_renegotiate(peer.ssl());
  (void)SSL_do_handshake(peer.ssl());
  // An alert of no renegotiation: as warning the connection continues, and serves.
  Peer other(Connect());
  ASSERT_TRUE(other.Shake());
  EXPECT_STREQ(SSL_get_version(other.ssl()), "TLSv1.3");
  other.Say("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(other.ReadTo("hello"), HasSubstr("200 OK"));
  // New keys, asked for in mid-connection.
  ASSERT_EQ(SSL_key_update(other.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  other.Say("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(other.ReadTo("hello"), HasSubstr("200 OK"));
}

TEST_F(TlsServerTest, AnEndIsToldAndRequestsInOneRecordAreServed) {
  ServeTls();
  Peer peer(Connect());
  ASSERT_TRUE(peer.Shake());
  peer.Say(
      "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n"
      "Connection: close\r\n\r\n");
  const std::string all = peer.ReadTo("");
  EXPECT_EQ(all.find("hello") != all.rfind("hello"), true) << all;
  EXPECT_TRUE(peer.ended_well());
}

TEST_F(TlsServerTest, AHeadThatComesByteByByteIsRead) {
  ServeTls();
  Peer peer(Connect());
  ASSERT_TRUE(peer.Shake());
  for (const char c : std::string("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")) {
    peer.Say(std::string(1, c));
  }
  EXPECT_THAT(peer.ReadTo("hello"), HasSubstr("200 OK"));
}

TEST_F(TlsServerTest, LargeBodiesGoBothWays) {
  ServeTls();
  Client client({.url = url_, .pin = pin_});
  const std::string file = ::testing::TempDir() + "/large";
  std::ofstream(file) << std::string(kMuch, 'u');
  EXPECT_EQ(client.Do({.method = "PUT", .path = "/count", .body_file = file})->body,
            std::to_string(kMuch));
  size_t got = 0;
  EXPECT_TRUE(client
                  .Do({.path = "/much",
                       .receive =
                           [&got](const char*, size_t size) {
                             got += size;
                             return true;
                           }})
                  .ok());
  EXPECT_EQ(got, kMuch);
  for (const size_t size : {1u, 16'384u, 65'535u, 65'536u, 1'000'000u, 3'000'000u}) {
    const std::string body(size, 'b');
    EXPECT_EQ(client.Do({.method = "POST", .path = "/echo", .body = body})->body, body) << size;
  }
}

TEST_F(TlsServerTest, AnAnswerThatIsReadSlowlyHoldsNoThread) {
  ServeTls();
  const size_t size = 3'000'000;
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>(Connect()));
    ASSERT_TRUE(peers.back()->Shake());
    peers.back()->Say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
                      "\r\n\r\n" + std::string(size, 'b') + "");
  }
  Client client({.url = url_, .pin = pin_});
  EXPECT_EQ(client.Do({.path = "/hello"})->body, "hello");
  for (auto& peer : peers) {
    peer->Say("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string all = peer->ReadTo("");
    EXPECT_GT(all.size(), size);
    EXPECT_TRUE(all.ends_with("hello"));
    EXPECT_TRUE(peer->ended_well());
  }
}

TEST_F(TlsServerTest, PollsAndEventsWaitWithoutThreads) {
  ServeTls();
  const auto peers = ManyPeers();
  for (size_t i = 0; i < peers.size(); ++i) {
    peers[i]->Say(std::string("GET ") + (i % 2 == 0 ? "/poll" : "/events") +
                  " HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i % 2 == 1) {
      EXPECT_THAT(peers[i]->ReadTo("."), HasSubstr("text/event-stream"));
    }
  }
  EXPECT_LT(ThreadCount(), 200u);
  Publish("the end");
  for (auto& peer : peers) EXPECT_THAT(peer->ReadTo("the end"), HasSubstr("the end"));
}

TEST_F(TlsServerTest, ConnectionsThatWaitAreServedAgain) {
  ServeTls();
  const auto peers = ManyPeers();
  const std::string ask = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
  for (int round = 0; round < 2; ++round) {
    for (auto& peer : peers) {
      peer->Say(ask);
      ASSERT_THAT(peer->ReadTo("hello"), HasSubstr("200 OK"));
    }
  }
}

TEST_F(TlsServerTest, AsyncCallsShareConnectionsToAWorkerByItsName) {
  ServeTls();
  AsyncCalls calls(FileWith(authority_.chain));
  const auto ask = [&calls](AsyncCall call) {
    auto promise = std::make_shared<std::promise<StatusOr<Reply>>>();
    calls.Start(call, [promise](StatusOr<Reply> reply) { promise->set_value(std::move(reply)); });
    return promise->get_future().get();
  };
  for (const char* name : {"", "a.site"}) {
    for (int i = 0; i < 5; ++i) {
      const auto reply = ask({.url = url_, .server_name = name, .path = "/hello"});
      ASSERT_TRUE(reply.ok()) << reply.status().ToString();
      EXPECT_EQ(reply->body, "hello");
    }
    for (const size_t size : {size_t{1}, size_t{100'000}, size_t{3} << 20}) {
      const auto reply = ask({.url = url_,
                              .server_name = name,
                              .method = "POST",
                              .path = "/echo",
                              .body = std::string(size, 'b')});
      ASSERT_TRUE(reply.ok()) << reply.status().ToString();
      EXPECT_EQ(reply->body.size(), size);
    }
  }
  const auto stranger = ask({.url = url_, .server_name = "b.site", .path = "/hello"});
  EXPECT_EQ(stranger.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(stranger.status().message(), HasSubstr("not for 'b.site'"));
  EXPECT_THAT(ask({.url = "https://127.0.0.1:1", .path = "/"}).status().message(),
              HasSubstr("no answer from https://127.0.0.1:1"));
  // One that ended the connection, and one that takes the request and says nothing.
  server_->Stop();
  ServeTls({.idle_timeout = milliseconds(1)});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(ask({.url = url_, .path = "/hello"}).ok());
    ::usleep(2'000);
  }
  const auto late = ask({.url = url_, .path = "/poll", .timeout = milliseconds(10)});
  EXPECT_EQ(late.status().code(), StatusCode::kUnavailable);
}

TEST_F(TlsServerTest, BeforeThereIsACertificateConnectionsAreClosed) {
  server_ = std::make_unique<Server>();
  server_->RequireTls();
  Listen();
  const int fd = Connect();
  EXPECT_EQ(ReadAll(fd), "");
  ::close(fd);
}

}  // namespace
}  // namespace csl::http
