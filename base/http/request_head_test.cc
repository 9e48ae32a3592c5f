// SPDX-License-Identifier: Apache-2.0
#include "base/http/request_head.h"

#include <gtest/gtest.h>

namespace csl::http {
namespace {

int StatusOf(const std::string& bytes) {
  RequestHead head;
  HeadRefusal refusal;
  return ParseRequestHead(bytes, head, refusal) ? 200 : refusal.status;
}

TEST(RequestHeadTest, ReadsWhatIsPlain) {
  RequestHead head;
  HeadRefusal refusal;
  const std::string bytes =
      "PUT /v1/a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-LENGTH:\t42 \r\nX-Empty:\r\n"
      "Connection: close\r\n\r\nbody";
  ASSERT_TRUE(ParseRequestHead(bytes, head, refusal)) << refusal.why;
  EXPECT_EQ(head.method, "PUT");
  EXPECT_EQ(head.target, "/v1/a%20b?x=1");
  EXPECT_EQ(head.Path(), "/v1/a b");
  EXPECT_EQ(head.content_length, 42u);
  EXPECT_EQ(head.Header("host"), "h");
  EXPECT_TRUE(head.wants_close);
  EXPECT_EQ(head.size_bytes, bytes.size() - 4);
}

struct Row {
  int status;
  std::string bytes;
};

// RFC 9112: what two readers could understand differently.
TEST(RequestHeadTest, RefusesWhatIsMalformed) {
  const std::string ok = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string put = "PUT / HTTP/1.1\r\nHost: h\r\n";
  const Row rows[] = {
      {200, ok + "\r\n"},
      {400, "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /\r\nHost: h\r\n\r\n"},
      {400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
      {400, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /\xc3\xbc HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /#x HTTP/1.1\r\nHost: h\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
      {400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
      {414, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {200, "GET / HTTP/1.0\r\n\r\n"},
      {400, ok + "Host: g\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: h\n\r\n\r\n"},
      {400, ok + "A: b\rC: d\r\n\r\n"},
      {400, ok + "A: b\nC: d\r\n\r\n"},
      {400, ok + " A: b\r\n\r\n"},
      {400, ok + "A: b\r\n folded\r\n\r\n"},
      {400, ok + "A : b\r\n\r\n"},
      {400, ok + ": b\r\n\r\n"},
      {400, ok + "A\r\n\r\n"},
      {400, ok + "_ange: bytes=0-\r\n\r\n"},
      {400, ok + std::string("A: b\0c\r\n\r\n", 10)},
      {400, ok + "A: b\x01\r\n\r\n"},
      {431, ok + "A: " + std::string(9000, 'a') + "\r\n\r\n"},
      {400, put + "Content-Length: 0x10\r\n\r\n"},
      {400, put + "Content-Length: +5\r\n\r\n"},
      {400, put + "Content-Length: -5\r\n\r\n"},
      {400, put + "Content-Length: 5, 5\r\n\r\n"},
      {400, put + "Content-Length: 5 5\r\n\r\n"},
      {400, put + "Content-Length: 5.0\r\n\r\n"},
      {400, put + "Content-Length:\r\n\r\n"},
      {400, put + "Content-Length: 99999999999999999999\r\n\r\n"},
      {400, put + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
      {400, put + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, put + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
      {411, put + "Transfer-Encoding: chunked\r\n\r\n"},
      {400, put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"},
      {501, put + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
      {501, put + "Transfer-Encoding: xchunked\r\n\r\n"},
      {400, "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET /%u0041 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /% HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {400, "GET /?x=%zz HTTP/1.1\r\nHost: h\r\n\r\n"},
      {200, "GET /%c3%BC%00?x=%25 HTTP/1.1\r\nHost: h\r\n\r\n"},
      {415, put + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"},
      {415, put + "Content-Encoding: identity, br\r\nContent-Length: 5\r\n\r\n"},
      {415, put + "Content-Encoding: identity\r\nContent-Encoding: deflate\r\n\r\n"},
      {200, put + "Content-Encoding: Identity\r\nContent-Length: 5\r\n\r\n"},
      {417, put + "Expect: miracles\r\n\r\n"},
      {200, put + "Expect: 100-Continue\r\nContent-Length: 00005\r\n\r\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(StatusOf(row.bytes), row.status) << row.bytes;
  std::string many = ok;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  EXPECT_EQ(StatusOf(many + "\r\n"), 431);
}

TEST(RequestHeadTest, AHiddenFieldHasAnotherNameAndTheRestStays) {
  std::string bytes = "GET /Range: HTTP/1.1\r\nHost: h\r\nrAnge: bytes=0-\r\n\r\nRange: x\r\n";
  HideField(bytes, bytes.find("\r\n\r\n") + 4, "range");
  EXPECT_EQ(bytes, "GET /Range: HTTP/1.1\r\nHost: h\r\n_Ange: bytes=0-\r\n\r\nRange: x\r\n");
}

}  // namespace
}  // namespace csl::http
