// SPDX-License-Identifier: Apache-2.0
// Authorities and what they sign; two sessions that speak with each other, and whom one trusts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/tls/certificate.h"
#include "base/tls/session.h"
#include "base/tls/trust.h"

namespace csl::tls {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr hours kLong{24 * 365};

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_), 0);
  }
  void TearDown() override {
    ::close(pair_[0]);
    ::close(pair_[1]);
  }

  // Why a client with this trust does not take a server of this identity; "" if it does.
  std::string Meet(const Identity& identity, TrustOptions options) {
    options.url = "https://here";
    trust_ = *Trust::Make(options);
    auto server_side = Context::OfServer(identity);
    auto client_side = Context::OfClient(trust_, options.host);
    EXPECT_TRUE(server_side.ok() && client_side.ok());
    server_ = std::make_unique<Session>(*server_side);
    client_ = std::make_unique<Session>(*client_side);
    (void)client_->Flush(pair_[0]);
    for (int i = 0; i < 10; ++i) {
      (void)server_->Read(pair_[1], at_server_);
      (void)client_->Read(pair_[0], at_client_);
    }
    EXPECT_EQ(client_->is_open() && server_->is_open(), client_->problem().empty());
    EXPECT_EQ(client_->problem(), trust_->problem());
    return client_->problem();
  }

  const Identity authority_ = *MakeAuthority("an authority", kLong);
  const std::string pin_ = *PinOf(authority_.chain);
  std::shared_ptr<Trust> trust_;
  std::unique_ptr<Session> server_;
  std::unique_ptr<Session> client_;
  std::string at_server_;
  std::string at_client_;
  int pair_[2] = {-1, -1};
};

TEST_F(TlsTest, WhatIsSignedHasItsNamesAndItsEnd) {
  const Identity made = *Issue(authority_, {"a.site", "10.0.0.1", "fd00::1"}, hours(48));
  const CertificateFacts facts = *LookAt(made.chain);
  EXPECT_THAT(facts.names, ElementsAre("a.site", "10.0.0.1", "fd00::1"));
  const auto left = facts.not_after - std::chrono::system_clock::now();
  EXPECT_GT(left, hours(47));
  EXPECT_LE(left, hours(48));
  EXPECT_TRUE(CheckIdentity(made).ok());
  EXPECT_TRUE(IsSignedBy(made.chain, authority_));
  EXPECT_FALSE(IsSignedBy(made.chain, *MakeAuthority("another", kLong)));
  EXPECT_EQ(*PinOf(made.chain), pin_);
  EXPECT_TRUE(CheckPin(pin_).ok());
}

TEST_F(TlsTest, WhatCannotBeSignedIsRefused) {
  for (const char* name : {"", "a b", "a,DNS:b", "IP:1.2.3.4", "a:b"}) {
    const auto made = Issue(authority_, {name}, kLong);
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_EQ(made.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(made.status().message(), HasSubstr("'" + std::string(name) + "'"));
  }
  EXPECT_FALSE(Issue(authority_, {}, kLong).ok());
  std::string request = MakeRequest()->request;
  EXPECT_TRUE(Sign(authority_, request, {"a"}, kLong).ok());
  EXPECT_FALSE(Sign(authority_, "", {"a"}, kLong).ok());
  EXPECT_FALSE(Sign(authority_, authority_.chain, {"a"}, kLong).ok());
  request[request.size() / 2] = request[request.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(Sign(authority_, request, {"a"}, kLong).ok());
}

TEST_F(TlsTest, AnIdentityIsAKeyAndItsCertificate) {
  const Identity one = *Issue(authority_, {"a"}, kLong);
  const Identity other = *Issue(authority_, {"a"}, kLong);
  EXPECT_FALSE(CheckIdentity({one.chain, other.key}).ok());
  EXPECT_FALSE(CheckIdentity({"", one.key}).ok());
  EXPECT_FALSE(CheckIdentity({one.chain, ""}).ok());
  EXPECT_FALSE(CheckIdentity({one.key, one.chain}).ok());
  EXPECT_FALSE(Context::OfServer({one.chain, other.key}).ok());
}

TEST_F(TlsTest, APinHasOneForm) {
  const std::string digits(64, 'a');
  EXPECT_TRUE(CheckPin("sha256:" + digits).ok());
  for (const std::string& bad :
       {std::string(), digits, std::string("sha256:"), "sha256:" + digits + "a", "sha1:" + digits,
        "sha256:" + std::string(64, 'A')}) {
    EXPECT_THAT(CheckPin(bad).message(), HasSubstr("'" + bad + "'"));
  }
}

TEST_F(TlsTest, APinOrAnAuthorityOrBothMakeTrust) {
  const Identity made = *Issue(authority_, {"a.site", "10.0.0.1"}, kLong);
  EXPECT_EQ(Meet(made, {.host = "a.site", .pin = pin_}), "");
  EXPECT_EQ(Meet(made, {.host = "10.0.0.1", .authorities = authority_.chain}), "");
  EXPECT_EQ(Meet(made, {.host = "a.site", .authorities = authority_.chain, .pin = pin_}), "");
}

TEST_F(TlsTest, APinOfTheCertificateItselfIsEnough) {
  const Identity made = *Issue(authority_, {"a.site"}, kLong);
  const std::string own = made.chain.substr(0, made.chain.find("-----BEGIN", 1));
  EXPECT_EQ(Meet({own, made.key}, {.host = "a.site", .pin = *PinOf(own)}), "");
}

TEST_F(TlsTest, AWrongPinIsShownBesideTheOneFound) {
  const Identity made = *Issue(authority_, {"a.site"}, kLong);
  EXPECT_THAT(Meet(made, {.host = "a.site", .pin = "sha256:" + std::string(64, '0')}),
              ::testing::AllOf(HasSubstr("https://here"), HasSubstr(pin_),
                               HasSubstr("sha256:" + std::string(64, '0'))));
}

TEST_F(TlsTest, WhoIsNotTrustedIsToldWhy) {
  const Identity other = *MakeAuthority("another", kLong);
  const Identity made = *Issue(authority_, {"a.site", "10.0.0.1"}, kLong);
  EXPECT_THAT(Meet(made, {.host = "b.site", .pin = pin_}),
              HasSubstr("is not for 'b.site', it is for a.site, 10.0.0.1"));
  EXPECT_THAT(Meet(made, {.host = "10.0.0.2", .pin = pin_}), HasSubstr("is not for '10.0.0.2'"));
  EXPECT_THAT(
      Meet(made, {.host = "a.site", .authorities = other.chain, .authorities_from = "other.pem"}),
      ::testing::AllOf(HasSubstr("not trusted by 'other.pem'"), HasSubstr(pin_)));
  EXPECT_THAT(Meet(made, {.host = "a.site"}), HasSubstr("not trusted"));
  EXPECT_THAT(Meet(*Issue(authority_, {"a.site"}, hours(-1)), {.host = "a.site", .pin = pin_}),
              HasSubstr("expired"));
}

// The chain shows the pinned authority, which has not signed what is before it.
TEST_F(TlsTest, AnAuthorityThatIsOnlyShownProvesNothing) {
  const Identity other = *MakeAuthority("an authority", kLong);
  const Identity made = *Issue(other, {"a.site"}, kLong);
  const std::string own = made.chain.substr(0, made.chain.find("-----BEGIN", 1));
  EXPECT_THAT(Meet({own + authority_.chain, made.key}, {.host = "a.site", .pin = pin_}),
              HasSubstr("not trusted by the pin"));
}

TEST_F(TlsTest, WhatASignedServerSignsIsWorthNothing) {
  const Identity server = *Issue(authority_, {"a.site"}, kLong);
  const Identity made = *Issue(server, {"b.site"}, kLong);
  EXPECT_NE(Meet(made, {.host = "b.site", .pin = pin_}), "");
}

TEST_F(TlsTest, BytesOfAnyNumberComeAcross) {
  ASSERT_EQ(Meet(*Issue(authority_, {"a"}, kLong), {.host = "a", .pin = pin_}), "");
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i);
  size_t sent = 0;
  while (at_server_.size() < text.size()) {
    const ssize_t put = client_->Write(pair_[0], std::string_view(text).substr(sent));
    ASSERT_GE(put, 0);
    sent += static_cast<size_t>(put);
    if (sent == text.size()) (void)client_->Flush(pair_[0]);
    ASSERT_NE(server_->Read(pair_[1], at_server_), Session::Result::kClosed);
  }
  EXPECT_EQ(at_server_, text);
  server_->End(pair_[1]);
  EXPECT_EQ(client_->Read(pair_[0], at_client_), Session::Result::kClosed);
  EXPECT_EQ(client_->problem(), "");
}

TEST_F(TlsTest, WhoProvokesAnswersAndTakesNoneIsCutOff) {
  ASSERT_EQ(Meet(*Issue(authority_, {"a"}, kLong), {.host = "a", .pin = pin_}), "");
  // The client reads nothing: the server's side fills up.
  const std::string text(1 << 20, 'x');
  while (server_->Write(pair_[1], text) > 0) {
  }
  EXPECT_GT(server_->unsent(), 0u);
  EXPECT_LT(server_->unsent(), 128u * 1024);
}

}  // namespace
}  // namespace csl::tls
