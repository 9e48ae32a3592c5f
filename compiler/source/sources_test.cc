// SPDX-License-Identifier: Apache-2.0
#include "compiler/source/sources.h"

#include <gtest/gtest.h>

namespace csl::source {
namespace {

TEST(Sources, PlacesOfSeveralFilesAreToldApart) {
  Sources sources;
  const FileId a = sources.AddText("a.csl", "one\ntwo\n");
  const FileId b = sources.AddText("b.csl", "");
  const FileId c = sources.AddText("c.csl", "x");
  EXPECT_EQ(sources.Describe(sources.file(a).At(0)), "a.csl:1:1");
  EXPECT_EQ(sources.Describe(sources.file(a).At(5)), "a.csl:2:2");
  EXPECT_EQ(sources.Describe(sources.file(a).At(8)), "a.csl:3:1");
  EXPECT_EQ(sources.Describe(sources.file(b).At(0)), "b.csl:1:1");
  EXPECT_EQ(sources.Describe(sources.file(c).At(1)), "c.csl:1:2");
  EXPECT_EQ(sources.Describe(Location()), "<nowhere>");
}

TEST(Sources, LinesAreGivenWithoutTheirEnds) {
  Sources sources;
  const File& file = sources.file(sources.AddText("a.csl", "one\r\n\nthree"));
  EXPECT_EQ(file.Line(1), "one");
  EXPECT_EQ(file.Line(2), "");
  EXPECT_EQ(file.Line(3), "three");
  EXPECT_EQ(file.Line(4), "");
  EXPECT_EQ(file.Line(0), "");
}

TEST(Sources, MissingFileIsAnErrorThatNamesIt) {
  Sources sources;
  auto loaded = sources.Load("no/such/file.csl", "file.csl", "file.csl");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.status().code(), StatusCode::kNotFound);
  EXPECT_NE(loaded.status().message().find("no/such/file.csl"), std::string::npos);
}

}  // namespace
}  // namespace csl::source
