// SPDX-License-Identifier: Apache-2.0
#include "compiler/source/import_resolver.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace csl::source {
namespace {
namespace fs = std::filesystem;

class ImportResolverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = fs::path(::testing::TempDir()) / test->name();
    fs::remove_all(dir_);
    for (const char* name :
         {"work/here.csl", "app/root.csl", "app/beside.csl", "app/modules/a.csl",
          "app/modules/b.csl", "shared/up.csl", "imports/pack/x.csl", "library/math.csl",
          "library/pack/x.csl", "library/memcpy/memcpy.csl"}) {
      Write(name);
    }
  }
  void Write(const std::string& name) {
    fs::create_directories((dir_ / name).parent_path());
    ASSERT_TRUE(WriteFileAtomic(dir_ / name, "// " + name).ok());
  }
  // "// app/beside.csl" for what was found, else the error's text.
  std::string Find(std::string_view spelling, std::string_view importer = "app/root.csl") {
    auto from = sources_.Load(dir_ / importer, std::string(importer), std::string(importer));
    auto found = resolver().Load(spelling, *from);
    return found.ok() ? sources_.file(*found).text : found.status().message();
  }
  const ImportResolver& resolver() {
    if (!resolver_) {
      resolver_.emplace(&sources_, SearchPaths{.working_dir = dir_ / "work",
                                               .import_dirs = {dir_ / "imports"},
                                               .library_dir = dir_ / "library"});
      root_ = *resolver_->LoadRoot(dir_ / "app/root.csl");
    }
    return *resolver_;
  }
  fs::path dir_;
  Sources sources_;
  std::optional<ImportResolver> resolver_;
  FileId root_;
};

TEST_F(ImportResolverTest, RelativePathsAreTriedBesideTheImporterThenRootThenWorkingFolder) {
  EXPECT_EQ(Find("beside.csl"), "// app/beside.csl");
  EXPECT_EQ(Find("b.csl", "app/modules/a.csl"), "// app/modules/b.csl");
  EXPECT_EQ(Find("modules/b.csl", "app/modules/a.csl"), "// app/modules/b.csl");
  EXPECT_EQ(Find("here.csl"), "// work/here.csl");
  EXPECT_EQ(Find("../shared/up.csl"), "// shared/up.csl");
  EXPECT_EQ(Find((dir_ / "shared/up.csl").string()), "// shared/up.csl");
}

TEST_F(ImportResolverTest, AnglePathsAreTriedInImportFoldersThenLibrary) {
  EXPECT_EQ(Find("<pack/x>"), "// imports/pack/x.csl");
  EXPECT_EQ(Find("<math>"), "// library/math.csl");
  EXPECT_EQ(Find("<memcpy/memcpy.csl>"), "// library/memcpy/memcpy.csl");
}

TEST_F(ImportResolverTest, ErrorsNameThePlacesTried) {
  const std::string relative = Find("no.csl", "app/modules/a.csl");
  EXPECT_NE(relative.find("app/modules/no.csl"), std::string::npos) << relative;
  EXPECT_NE(relative.find("app/no.csl"), std::string::npos) << relative;
  EXPECT_NE(relative.find("work/no.csl"), std::string::npos) << relative;
  const std::string angle = Find("<no>");
  EXPECT_NE(angle.find("imports/no.csl"), std::string::npos) << angle;
  EXPECT_NE(angle.find("standard library"), std::string::npos) << angle;
  EXPECT_NE(Find("<../shared/up>").find("leaves the import folders"), std::string::npos);
  EXPECT_NE(Find("").find("empty"), std::string::npos);
}

TEST_F(ImportResolverTest, StableNamesHoldNoFolderOfThisMachine) {
  resolver();
  EXPECT_EQ(sources_.file(root_).stable_name, "root.csl");
  EXPECT_EQ(sources_.file(*resolver().Load("modules/a.csl", root_)).stable_name, "modules/a.csl");
  EXPECT_EQ(sources_.file(*resolver().Load("<math>", root_)).stable_name, "<math.csl>");
}

TEST_F(ImportResolverTest, OneFileUnderTwoSpellingsIsLoadedOnce) {
  resolver();
  EXPECT_EQ(*resolver().Load("beside.csl", root_), *resolver().Load("./beside.csl", root_));
}

TEST(SplitImportPath, DropsEmptyEntries) {
  EXPECT_EQ(SplitImportPath(nullptr).size(), 0u);
  EXPECT_EQ(SplitImportPath(":a::b/c:"), (std::vector<fs::path>{"a", "b/c"}));
}

}  // namespace
}  // namespace csl::source
