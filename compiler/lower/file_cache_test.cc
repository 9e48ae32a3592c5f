// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/file_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace csl::lower {
namespace {

TEST(FileCache, ThreadsShareOneLowering) {
  source::Sources sources;
  diagnostics::Engine engine(&sources);
  const auto file = sources.AddText("a.csl", "const n = 3;\n");
  FileCache cache(&sources, &engine);
  const Untyped* seen[4] = {};
  std::vector<std::thread> threads;
  for (auto& slot : seen) threads.emplace_back([&] { slot = cache.Get(file); });
  for (std::thread& thread : threads) thread.join();
  ASSERT_NE(seen[0], nullptr);
  for (const Untyped* untyped : seen) EXPECT_EQ(untyped, seen[0]);
  EXPECT_EQ(seen[0]->by_name.count("n"), 1u);
}

TEST(FileCache, AFaultyFileIsNullAndReportedOnce) {
  source::Sources sources;
  diagnostics::Engine engine(&sources);
  const auto bad = sources.AddText("bad.csl", "const n = ;\n");
  const auto good = sources.AddText("good.csl", "param p: u16;\n");
  FileCache cache(&sources, &engine);
  EXPECT_EQ(cache.Get(bad), nullptr);
  EXPECT_EQ(cache.Get(bad), nullptr);
  EXPECT_EQ(engine.num_errors(), 1u);
  EXPECT_NE(cache.Get(good), nullptr) << "errors of one file do not spoil another";
}

}  // namespace
}  // namespace csl::lower
