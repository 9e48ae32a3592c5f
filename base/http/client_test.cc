// SPDX-License-Identifier: Apache-2.0
#include "base/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/file.h"
#include "base/http/problem.h"
#include "base/http/server.h"

namespace csl::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    httplib::Server& routes = server_.routes();
    routes.Get("/token", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.get_header_value("Authorization"), "text/plain");
    });
    routes.Put("/size", [](const httplib::Request&, httplib::Response& response,
                           const httplib::ContentReader& reader) {
      size_t size = 0;
      reader([&size](const char*, size_t piece) {
        size += piece;
        return true;
      });
      response.set_content(std::to_string(size), "text/plain");
    });
    routes.Get("/missing", [](const httplib::Request&, httplib::Response& response) {
      response.status = 404;
      response.set_content(ProblemBody(NotFound("job 'x' does not exist")), kProblemType);
    });
    const auto flaky = [this](const httplib::Request&, httplib::Response& response) {
      response.status = ++tries_ < 3 ? 503 : 200;
      response.set_content(std::to_string(tries_), "text/plain");
    };
    routes.Get("/flaky", flaky);
    routes.Post("/flaky", flaky);
    routes.Get("/long", [](const httplib::Request&, httplib::Response& response) {
      response.set_header("X-Next-Offset", "12");
      response.set_content(std::string(1 << 20, 'z'), "text/plain");
    });
    const auto port = server_.ListenTcp("127.0.0.1", 0);
    ASSERT_TRUE(port.ok());
    ASSERT_TRUE(server_.Start().ok());
    url_ = "http://127.0.0.1:" + std::to_string(*port);
  }

  std::atomic<int> tries_{0};
  Server server_;
  std::string url_;
};

TEST_F(ClientTest, SendsItsToken) {
  Client client({.url = url_, .bearer = "secret"});
  EXPECT_EQ(client.Do({.path = "/token"})->body, "Bearer secret");
}

TEST_F(ClientTest, AProblemComesBackAsTheStatusItWas) {
  Client client({.url = url_});
  EXPECT_EQ(client.Do({.path = "/missing"}).status(), NotFound("job 'x' does not exist"));
  EXPECT_EQ(client.Do({.path = "/nothing"}).status().code(), StatusCode::kNotFound);
}

TEST_F(ClientTest, RepeatsWhatMayBeRepeated) {
  Client client({.url = url_});
  EXPECT_EQ(client.Do({.path = "/flaky", .patience = milliseconds(60'000)})->body, "3");
  tries_ = 0;
  const auto post =
      client.Do({.method = "POST", .path = "/flaky", .patience = milliseconds(60'000)});
  EXPECT_EQ(post.status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(tries_, 1);
  tries_ = 0;
  EXPECT_EQ(client
                .Do({.method = "POST",
                     .path = "/flaky",
                     .headers = {{"Idempotency-Key", "k"}},
                     .patience = milliseconds(60'000)})
                ->body,
            "3");
}

TEST_F(ClientTest, StreamsFilesAndResponses) {
  const std::string path = ::testing::TempDir() + "/body";
  ASSERT_TRUE(WriteFileAtomic(path, std::string(3'000'000, 'x')).ok());
  Client client({.url = url_});
  EXPECT_EQ(client.Do({.method = "PUT", .path = "/size", .body_file = path})->body, "3000000");
  size_t received = 0;
  std::string offset;
  Call call{.path = "/long"};
  call.on_header = [&](int, const std::map<std::string, std::string>& headers) {
    offset = headers.at("x-next-offset");
    return true;
  };
  call.receive = [&](const char*, size_t size) {
    received += size;
    return true;
  };
  ASSERT_TRUE(client.Do(call).ok());
  EXPECT_EQ(received, size_t{1} << 20);
  EXPECT_EQ(offset, "12");
  call.path = "/missing";
  EXPECT_EQ(client.Do(call).status(), NotFound("job 'x' does not exist"));
}

TEST_F(ClientTest, NoServerIsNamed) {
  Client client({.url = "http://127.0.0.1:1"});
  const auto result = client.Do({.path = "/"});
  EXPECT_EQ(result.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(result.status().message(), HasSubstr("http://127.0.0.1:1"));
  EXPECT_FALSE(Client({.url = "unix:/nowhere/at.sock"}).Do({.path = "/"}).ok());
}

TEST_F(ClientTest, ConcurrentCallsHaveConnectionsOfTheirOwn) {
  Client client({.url = url_});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) good += client.Do({.path = "/token"}).ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

// A socket that listens on a free port of loopback, for a server that is played by hand.
void Listen(int* listener, std::string* url) {
  *listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(*listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(*listener, 8), 0);
  ASSERT_EQ(::getsockname(*listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  *url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

// A server that says more than it was asked, as one does that lost track of a request's end.
TEST(ClientReuseTest, BytesThatNobodyAskedForAreNoAnswer) {
  int listener = -1;
  std::string url;
  ASSERT_NO_FATAL_FAILURE(Listen(&listener, &url));
  std::atomic<int> accepted{0};
  std::thread server([&] {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const int number = ++accepted;
      char buffer[4096];
      (void)!::recv(fd, buffer, sizeof buffer, 0);
      const std::string mine =
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number);
      const std::string stray = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nforeign";
      (void)!::send(fd, mine.data(), mine.size(), MSG_NOSIGNAL);
      std::this_thread::sleep_for(milliseconds(20));  // not in one piece with the answer
      (void)!::send(fd, stray.data(), stray.size(), MSG_NOSIGNAL);
      (void)!::recv(fd, buffer, sizeof buffer, 0);  // until the client has done with it
      ::close(fd);
    }
  });
  {
    Client client({.url = url});
    EXPECT_EQ(client.Do({.path = "/"})->body, "1");
    std::this_thread::sleep_for(milliseconds(60));  // the stray bytes are in the socket by now
    EXPECT_EQ(client.Do({.path = "/"})->body, "2");
  }
  ::shutdown(listener, SHUT_RDWR);
  server.join();
  ::close(listener);
}

// The first connection ends in the middle of the body, the second takes it all.
TEST(ClientRetryTest, AnUploadThatIsCutInTheMiddleIsRepeated) {
  int listener = -1;
  std::string url;
  ASSERT_NO_FATAL_FAILURE(Listen(&listener, &url));
  constexpr size_t kBody = 3'000'000;
  std::thread server([listener] {
    for (const size_t take : {size_t{100'000}, kBody}) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      std::vector<char> buffer(1 << 16);
      for (size_t got = 0; got < take;) {
        const ssize_t piece = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (piece <= 0) break;
        got += static_cast<size_t>(piece);
      }
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
      if (take == kBody) (void)!::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (take == kBody) (void)!::recv(fd, buffer.data(), buffer.size(), 0);
      ::close(fd);
    }
  });
  const std::string file = ::testing::TempDir() + "/upload";
  ASSERT_TRUE(WriteFileAtomic(file, std::string(kBody, 'x')).ok());
  {
    Client client({.url = url});
    const auto reply = client.Do(
        {.method = "PUT", .path = "/", .body_file = file, .patience = milliseconds(30'000)});
    ASSERT_TRUE(reply.ok()) << reply.status().message();
    EXPECT_EQ(reply->body, "done");
  }
  server.join();
  ::close(listener);
}

// 0.2 had the text as the code.
TEST(ProblemTest, TheCodeIsAnIdentifierAndThatOfTheReleaseBeforeIsUnderstood) {
  const Status failure(StatusCode::kAborted, "attempt 7 is over");
  const std::string body = ProblemBody(failure);
  EXPECT_NE(body.find(R"("code":"ABORTED")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("title":"aborted")"), std::string::npos) << body;
  EXPECT_EQ(StatusFromResponse(409, body), failure);
  EXPECT_EQ(StatusFromResponse(409, R"({"code": "aborted", "detail": "attempt 7 is over"})"),
            failure);
  EXPECT_EQ(StatusFromResponse(501, R"({"code": "not supported yet", "detail": "x"})"),
            Unimplemented("x"));
  EXPECT_EQ(StatusFromResponse(404, R"({"code": "OF_A_LATER_RELEASE", "detail": "x"})"),
            NotFound("x"));
}

TEST(UrlEncodeTest, KeepsOnlyWhatIsPlain) { EXPECT_EQ(UrlEncode("a b/%ü"), "a%20b%2F%25%C3%BC"); }

TEST(ClientUrlTest, AUrlThatNobodyCanAskIsRefusedByName) {
  for (const char* url : {"http://h:1", "https://example.org", "http://[::1]:80", "unix:/x"}) {
    EXPECT_TRUE(CheckUrl(url).ok()) << url;
  }
  for (const char* url : {"", "unix:", "ftp://h", "httpx://h", "http://", "http://h:p",
                          "http://h:0", "http://h:65536", "http://h:1/path", "http://a b", "h:1"}) {
    Client client({.url = url, .bearer = "", .ca_file = ""});
    Call call;
    call.path = "/";
    const auto reply = client.Do(call);
    EXPECT_EQ(reply.status().code(), StatusCode::kInvalidArgument) << url;
    EXPECT_NE(reply.status().message().find("'" + std::string(url) + "'"), std::string::npos);
  }
}

}  // namespace
}  // namespace csl::http
