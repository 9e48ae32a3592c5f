// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/reserved.h"

#include "compiler/sema/analyzer.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

namespace {

enum class Owner : uint8_t { kSystem, kMemcpy };
enum class On : uint8_t { kBoth, kWse3 };

struct Reservation {
  Resource resource;
  uint16_t first, last;
  On on;
  Owner owner;
  const char* purpose;
};

// Task 29 is not here: a teardown task of the program's own is bound to it. Programs take output
// queue 0 on WSE-2, where every operation names its color, while memcpy is idle.
constexpr Reservation kReservations[] = {
    {Resource::kLocalTask, 27, 28, On::kBoth, Owner::kMemcpy, "memcpy"},
    {Resource::kLocalTask, 30, 30, On::kBoth, Owner::kSystem, "the system"},
    {Resource::kControlTask, 33, 37, On::kBoth, Owner::kMemcpy, "memcpy"},
    {Resource::kColor, 21, 21, On::kBoth, Owner::kMemcpy, "memcpy: copies to the host"},
    {Resource::kColor, 22, 22, On::kBoth, Owner::kMemcpy, "memcpy: commands of the host"},
    {Resource::kColor, 23, 23, On::kBoth, Owner::kMemcpy, "memcpy: copies from the host"},
    {Resource::kInputQueue, 0, 0, On::kBoth, Owner::kMemcpy, "memcpy"},
    {Resource::kInputQueue, 1, 1, On::kWse3, Owner::kMemcpy, "memcpy"},
    {Resource::kOutputQueue, 0, 0, On::kWse3, Owner::kMemcpy, "memcpy"},
};

constexpr std::string_view kNames[] = {"local task id", "control task id", "color", "input queue",
                                       "output queue"};

}  // namespace

void WarnIfReserved(const Frame& f, Resource resource, uint64_t number, source::Span span) {
  const Options& options = f.sema.context.options;
  for (const Reservation& r : kReservations) {
    if (r.resource != resource || number < r.first || number > r.last) continue;
    if (r.on == On::kWse3 && options.arch != Arch::kWse3) continue;
    if (r.owner == Owner::kMemcpy && !options.memcpy) continue;
    if (IsInLibrary(f, span)) return;
    f.sema.Report(&f, span, diagnostics::Kind::kReserved,
                  {kNames[static_cast<size_t>(resource)], number, r.purpose});
    return;
  }
}

bool IsRoutable(uint64_t color) {
  return color < static_cast<uint64_t>(isa::LimitsOf(isa::Arch::kWse2).num_colors);
}

bool CheckRoutable(Frame& f, uint64_t color, source::Span span) {
  if (IsRoutable(color)) return true;
  const int highest = isa::LimitsOf(isa::Arch::kWse2).num_colors - 1;
  FailAt(f, span, diagnostics::Kind::kOutOfRange,
         {"a color that wavelets carry", 0, highest, color});
  return false;
}

}  // namespace csl::sema
