// SPDX-License-Identifier: Apache-2.0
// Any program compiles or is told why not: no crash, no endless evaluation, no fault of the tool;
// a program without errors gives an artifact. Imports of the standard library are followed.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "base/file.h"
#include "compiler/driver/compile.h"
#include "compiler/testing/program_text.h"

namespace {

namespace fs = std::filesystem;
using namespace csl;  // NOLINT: a fuzz entry point

// Where programs are written and compiled; removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/compile_fuzz.XXXXXX";
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }
  void Empty() const {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
  }

 private:
  fs::path path_;
};

driver::Options OptionsFor(const std::string& text, const fs::path& folder) {
  driver::Options options;
  options.root = folder / "layout.csl";
  options.output = folder / "out";
  options.arch = text.size() % 2 == 0 ? isa::Arch::kWse2 : isa::Arch::kWse3;
  options.fabric_width = 40;
  options.fabric_height = 20;
  options.offset_x = 4;
  options.offset_y = 1;
  options.memcpy = text.find("memcpy") != std::string::npos;
  options.channels = options.memcpy ? 1 : 0;
  for (const char* name : {"width", "height", "M", "N", "size"}) {
    if (text.find(std::string("param ") + name) != std::string::npos) options.params[name] = 4;
  }
  options.max_inlined_iterations = 1000;
  options.comptime_depth_limit = 50;
  options.max_parallelism = 1;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  constexpr size_t kMaxSize = 1 << 18;
  if (size > kMaxSize) return 0;
  const std::string text(data, data + size);
  for (const testing::ProgramFile& file : testing::Split(text)) {
    const fs::path path = folder.path() / file.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (!error) (void)WriteFileAtomic(path, file.text);
  }
  const char* library = std::getenv("CSL_LIBRARY_DIR");
  const driver::Environment environment = {
      "", library != nullptr ? library : fs::absolute("compiler/stdlib")};
  const driver::Options options = OptionsFor(text, folder.path());
  const driver::Outcome outcome = driver::Compile(options, environment);
  CHECK(outcome.exit_code == 0 || outcome.exit_code == 1)
      << "exit code " << outcome.exit_code << ": " << outcome.err;
  CHECK(outcome.exit_code == 0 || !outcome.err.empty()) << "failed without a message";
  CHECK((outcome.exit_code == 0) == fs::exists(options.output));
  folder.Empty();
  return 0;
}
