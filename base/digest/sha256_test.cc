// SPDX-License-Identifier: Apache-2.0
#include "base/digest/sha256.h"

#include <gtest/gtest.h>

#include "base/digest/ticket.h"
#include "base/file.h"

namespace csl {
namespace {

TEST(Sha256Test, KnownAnswers) {  // FIPS 180-4 examples
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PiecesAndFilesGiveTheDigestOfTheWhole) {
  Sha256 hash;
  hash.Update("a");
  hash.Update("bc");
  EXPECT_EQ(hash.FinishHex(), Sha256Hex("abc"));
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "abc";
  ASSERT_TRUE(WriteFileAtomic(path, std::string_view("abc")).ok());
  EXPECT_EQ(*Sha256HexOfFile(path), Sha256Hex("abc"));
  EXPECT_EQ(Sha256HexOfFile("/nowhere").status().code(), StatusCode::kNotFound);
}

TEST(Sha256Test, OnlyTheCanonicalFormIsADigest) {
  EXPECT_TRUE(IsSha256Hex(Sha256Hex("x")));
  EXPECT_FALSE(IsSha256Hex("../../../../etc/passwd"));
  EXPECT_FALSE(IsSha256Hex(std::string(64, 'A')));
  EXPECT_FALSE(IsSha256Hex(std::string(63, 'a')));
}

TEST(RandomTest, NeverTheSameTwice) {
  EXPECT_EQ(RandomHex(16).size(), 32u);
  EXPECT_NE(RandomHex(16), RandomHex(16));
}

TEST(EqualConstantTimeTest, ComparesWholeTexts) {
  EXPECT_TRUE(EqualConstantTime("token", "token"));
  EXPECT_FALSE(EqualConstantTime("token", "tokem"));
  EXPECT_FALSE(EqualConstantTime("token", "tok"));
}

TEST(TicketTest, SignsTheNumber) {  // printf 's:7' | sha256sum
  EXPECT_EQ(MakeTicket(7, "s"),
            "7.24c18bd875778134c173172b00fa02e6b084f42bf064f01fe793182d602a8e72");
}

}  // namespace
}  // namespace csl
