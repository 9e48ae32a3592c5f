// SPDX-License-Identifier: Apache-2.0
// The command line of cslc as a value.
#ifndef COMPILER_DRIVER_OPTIONS_H_
#define COMPILER_DRIVER_OPTIONS_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "compiler/diagnostics/dialect.h"
#include "fabric/isa/architecture.h"

namespace csl::driver {

enum class Stage : uint8_t {
  kNone,
  kTokens,
  kAst,
  kUntyped,
  kLayout,
  kIr,
  kConfig,
  kPasses,
  kAsm,
  kMemory
};

enum class Fix : uint8_t { kNone, kInPlace, kDiff };

// An option that is accepted and does nothing.
struct IgnoredOption {
  std::string name;
  std::string instead;  // what to do
};

struct Options {
  std::filesystem::path root;
  std::filesystem::path output = "out";
  isa::Arch arch = isa::Arch::kWse2;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  uint16_t fabric_width = 0;
  uint16_t fabric_height = 0;
  uint16_t offset_x = 0;
  uint16_t offset_y = 0;
  std::map<std::string, uint64_t> params;
  std::map<std::string, uint64_t> colors;
  bool memcpy = false;
  int channels = 0;
  int width_west_buf = 0;
  int width_east_buf = 0;
  std::vector<std::filesystem::path> import_dirs;
  uint32_t max_inlined_iterations = 0;  // 0: no limit
  uint32_t comptime_depth_limit = 1000;
  uint32_t comptime_recursion_limit = 1'000'000;
  uint64_t comptime_step_limit = 100'000'000;  // 0: no limit
  int max_parallelism = 0;                     // 0: one thread a core
  bool optimise = true;
  bool lines = true;  // false with -g0
  bool verbose = false;
  bool warnings_as_errors = false;
  bool no_deprecated = false;
  bool json_messages = false;  // --diagnostics=json
  bool route_checks = true;
  Fix fix = Fix::kNone;
  diagnostics::Language language = diagnostics::Language::kAll;
  std::vector<IgnoredOption> ignored;
  std::optional<std::filesystem::path> output_json;
  bool out_routes = false;
  std::map<std::string, uint32_t> section_starts;  // byte addresses
  Stage dump = Stage::kNone;
};

// What to do: compile with `options`, or print `text` and leave with `exit_code` (help, version: 0;
// bad usage: 2, and the text is for standard error).
struct CommandLine {
  std::optional<Options> options;
  std::string text;
  int exit_code = 0;
};

CommandLine ParseCommandLine(const std::vector<std::string>& args);

// "NAME:VALUE[,NAME:VALUE...]", values unsigned. kInvalidArgument quotes the part that is wrong.
Status ParseNameValues(const std::string& option, const std::string& text,
                       std::map<std::string, uint64_t>& out);

// "NAME:ADDRESS[,NAME:ADDRESS...]", byte addresses below 48 KB.
Status ParseSectionStarts(const std::string& text, std::map<std::string, uint32_t>& out);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_OPTIONS_H_
