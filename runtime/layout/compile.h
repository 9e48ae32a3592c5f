// SPDX-License-Identifier: Apache-2.0
// From a layout to an artifact that runs: cslc compiles the layout's document, then the ports to
// the host and the initial data of symbols are put into what it left.
#ifndef RUNTIME_LAYOUT_COMPILE_H_
#define RUNTIME_LAYOUT_COMPILE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/isa/architecture.h"
#include "runtime/layout/resolve.h"

namespace csl::runtime::layout {

struct CompileOptions {
  std::filesystem::path compiler;            // the program cslc
  std::filesystem::path out;                 // folder of the artifact
  std::vector<std::string> library_folders;  // searched for <name> modules
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;
  bool save_port_map = false;
};

struct Compiled {
  ResolvedLayout resolved;  // the numbers of colors
  std::string warnings;     // of the compiler
};

// Leaves in `out`, beside the artifact: NAME.layout, the document; colors.json, the numbers of the
// user's colors; with save_port_map NAME_port_map.json, the ports to the host. NAME is the last
// part of `out`.
StatusOr<Compiled> Compile(const SdkLayout& layout, const CompileOptions& options);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_COMPILE_H_
