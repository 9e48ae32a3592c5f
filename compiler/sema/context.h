// SPDX-License-Identifier: Apache-2.0
// What one compilation gives to every evaluation: options, sources, types, diagnostics.
#ifndef COMPILER_SEMA_CONTEXT_H_
#define COMPILER_SEMA_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/diagnostics/form_facts.h"
#include "compiler/layout/layout.h"
#include "compiler/lower/untyped.h"
#include "compiler/source/import_resolver.h"
#include "compiler/types/type_store.h"

namespace csl::sema {

enum class Arch : uint8_t { kWse2, kWse3 };

struct Options {
  Arch arch = Arch::kWse2;
  bool memcpy = false;  // --memcpy
  // The meaning that SDK 1.x gives to what 2.10 reads otherwise (Age::Changed of dialects.def).
  bool binds_queues = false;   // a fabin_dsd with a queue and a color binds one to the other
  bool single_halves = false;  // a fabric DSD without .simd_mode packs no 16-bit elements
  uint16_t fabric_width = 0, fabric_height = 0;  // --fabric-dims
  uint16_t offset_x = 0, offset_y = 0;           // --fabric-offsets
  std::map<std::string, uint64_t> params;        // --params
  std::map<std::string, uint64_t> colors;        // --colors
  uint32_t max_inlined_iterations = 0;           // per loop; 0: no limit
  uint32_t comptime_depth_limit = 1000;          // --comptime-func-depth-limit
  // Recursive calls within one call of a function at compile time: --comptime-recursion-limit.
  uint32_t comptime_recursion_limit = 1'000'000;
  // Calls and loop iterations at compile time, in the layout or in one tile program; 0: no limit.
  uint64_t comptime_step_limit = 100'000'000;  // --comptime-step-limit
  // Texts of @comptime_print, one line each; called under a lock. Null: they are dropped.
  std::function<void(const std::string&)> print;
};

// Shared by all evaluations of a compilation; everything in it is thread safe.
struct Context {
  Options options;
  source::Sources* sources = nullptr;
  source::ImportResolver* resolver = nullptr;
  types::TypeStore* types = nullptr;
  diagnostics::Engine* diagnostics = nullptr;
  diagnostics::FormFacts* facts = nullptr;  // may be null: nobody asks
  // A file, lowered; null when it has errors, which are reported. The same object every time.
  std::function<const lower::Untyped*(source::FileId)> lowered;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_CONTEXT_H_
