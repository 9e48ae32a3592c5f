// SPDX-License-Identifier: Apache-2.0
#include "runtime/core/near_names.h"

#include <gtest/gtest.h>

namespace csl::runtime {
namespace {

TEST(NearNamesTest, OffersALikelyName) {
  EXPECT_EQ(NearNames("comptue", {"A", "compute", "y"}), "did you mean 'compute'?");
  EXPECT_EQ(NearNames("Result", {"result"}), "did you mean 'result'?");
  EXPECT_EQ(NearNames("ad", {"A", "add"}), "did you mean 'add'?");
}

TEST(NearNamesTest, ListsWhatThereIs) {
  EXPECT_EQ(NearNames("nope", {"y", "A"}), "it exports 'A', 'y'");
  EXPECT_EQ(NearNames("x", {"y"}), "it exports 'y'");
  EXPECT_EQ(NearNames("nope", {}), "it exports nothing");
  EXPECT_NE(NearNames("nope", std::vector<std::string>(20, "symbol_name")).find("and 8 more"),
            std::string::npos);
}

}  // namespace
}  // namespace csl::runtime
