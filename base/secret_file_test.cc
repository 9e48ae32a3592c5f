// SPDX-License-Identifier: Apache-2.0
#include "base/secret_file.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace csl {
namespace {

TEST(SecretFileTest, IsItsOwnersAloneWhateverWasThereBefore) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "secret";
  ASSERT_TRUE(WriteFileAtomic(path, std::string_view("open")).ok());
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_TRUE(WriteSecretFile(path, "closed").ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(*ReadTextFile(path), "closed");
  const std::filesystem::path other = std::filesystem::path(::testing::TempDir()) / "other";
  ASSERT_TRUE(WriteFileAtomic(other, std::string_view("open")).ok());
  ASSERT_EQ(::stat(other.c_str(), &info), 0);
  EXPECT_NE(info.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace csl
