// SPDX-License-Identifier: Apache-2.0
// An HTTP client for one server, over TCP, TLS or a Unix socket, with a token and with retries.
//
// Connections are kept and reused, one a concurrent call. A call that may be repeated (GET, HEAD,
// PUT, DELETE, or any with an Idempotency-Key) is repeated after a connection that failed and after
// 502 and 503, with growing pauses, until its patience ends. Thread safe.
#ifndef BASE_HTTP_CLIENT_H_
#define BASE_HTTP_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/status.h"

namespace csl::http {

struct ClientOptions {
  std::string url;     // "http://HOST:PORT", "https://HOST:PORT" or "unix:/PATH"
  std::string bearer;  // token; never logged
  // Of https: the file with the authorities to trust; empty, and no pin: the system's.
  std::string ca_file;
  // Or the pin of the one authority to trust (base/tls/certificate.h).
  std::string pin;
  // Whom the certificate must be for; empty: the url's host.
  std::string server_name;
  // "http://[USER:PASSWORD@]HOST:PORT" of an HTTP proxy, which https passes through; empty: none.
  // Not for unix.
  std::string proxy;
  std::chrono::milliseconds connect_timeout{5'000};
};

struct Call {
  std::string method = "GET";
  std::string path;
  std::map<std::string, std::string> headers;
  std::string body;
  std::string content_type = "application/json";
  // Instead of body: this file, streamed.
  std::string body_file;
  // Told how far the file was read; after a failure it begins again.
  std::function<void(uint64_t done, uint64_t size)> on_sent;
  // Instead of body: stream_bytes bytes that this writes. Such a call is never repeated.
  std::function<bool(const std::function<bool(const char* data, size_t size)>& write)> stream;
  uint64_t stream_bytes = 0;
  // Where set, a successful response's body goes here in pieces instead of into Reply::body; false
  // ends the call. Such a call is not repeated once a piece has come.
  std::function<bool(const char* data, size_t size)> receive;
  // on_header and receive take an answer of 416, too: what its header says of the size is wanted.
  bool takes_416 = false;
  // Told the status and headers before the body.
  std::function<bool(int status, const std::map<std::string, std::string>& headers)> on_header;
  // Between two pieces of the response; a long poll needs its own wait added.
  std::chrono::milliseconds read_timeout{30'000};
  // How long failures are retried; zero: never.
  std::chrono::milliseconds patience{0};
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A response below 400, or the failure: the server's problem, kUnavailable naming the url,
  // kFailedPrecondition for a server that is not to be trusted, saying why, or kInvalidArgument for
  // a url that CheckUrl refuses, a file without authorities, a pin that is none.
  StatusOr<Reply> Do(const Call& call);

  // Ends calls under way; later ones fail.
  void Stop();
  // Ends calls under way, as if their connections had broken.
  void Interrupt();

  const std::string& url() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether a Client can take the url: "http://HOST[:PORT]", "https://HOST[:PORT]" or "unix:PATH".
Status CheckUrl(const std::string& url);

// The parts of ClientOptions::proxy; kInvalidArgument if it is not of that form.
struct Proxy {
  std::string host;
  int port = 0;
  std::string user;
  std::string password;
};
StatusOr<Proxy> ParseProxy(const std::string& url);

// Text as one segment of a path or value of a query.
std::string UrlEncode(std::string_view text);

}  // namespace csl::http

#endif  // BASE_HTTP_CLIENT_H_
