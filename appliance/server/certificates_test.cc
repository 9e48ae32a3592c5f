// SPDX-License-Identifier: Apache-2.0
#include "appliance/server/certificates.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    state_ = fs::path(::testing::TempDir()) /
             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(state_);
    fs::create_directories(state_);
  }

  const std::vector<std::string> names_{"one.site"};
  // An authority that is due for renewal as soon as it is created.
  const CertificateLives short_{.authority = hours(24), .authority_renewal = hours(48)};
  fs::path state_;
};

TEST_F(CertificatesTest, ValidCertificatesAreKept) {
  const Certificates certificates(state_);
  const tls::Identity authority = *certificates.Authority();
  EXPECT_EQ(certificates.Authority()->chain, authority.chain);
  const tls::Identity own = *certificates.OfService(names_);
  EXPECT_EQ(certificates.OfService(names_)->chain, own.chain);
  EXPECT_NE(certificates.OfService({"two.site"})->chain, own.chain);
}

TEST_F(CertificatesTest, AnAuthorityAboutToExpireIsRenewedWithTheSameKeyAndPin) {
  const tls::Identity old = *Certificates(state_, short_).Authority();
  const tls::Identity own =
      *Certificates(state_, {.authority_renewal = hours(1)}).OfService(names_);
  ASSERT_TRUE(own.chain.ends_with(old.chain));
  const Certificates later(state_);
  const tls::Identity renewed = *later.Authority();
  EXPECT_NE(renewed.chain, old.chain);
  EXPECT_EQ(renewed.key, old.key);
  EXPECT_EQ(*tls::PinOf(renewed.chain), *tls::PinOf(old.chain));
  EXPECT_GT(tls::LookAt(renewed.chain)->not_after, tls::LookAt(old.chain)->not_after + hours(24));
  EXPECT_TRUE(tls::IsSignedBy(own.chain, renewed)) << "issued certificates stay valid";
  EXPECT_EQ(*ReadTextFile(later.ca_file()), renewed.chain);
  EXPECT_EQ(later.Authority()->chain, renewed.chain) << "renewed only once";
}

TEST_F(CertificatesTest, TheServicesChainHasTheRenewedAuthority) {
  const tls::Identity old = *Certificates(state_, short_).Authority();
  ASSERT_TRUE(Certificates(state_, {.authority_renewal = hours(1)})
                  .OfService(names_)
                  ->chain.ends_with(old.chain));
  const Certificates later(state_);
  const tls::Identity own = *later.OfService(names_);
  EXPECT_TRUE(own.chain.ends_with(later.Authority()->chain));
  EXPECT_EQ(*tls::PinOf(own.chain), *tls::PinOf(old.chain));
}

}  // namespace
}  // namespace csl::appliance
