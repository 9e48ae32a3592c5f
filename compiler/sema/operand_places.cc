// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/operand_places.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

size_t CountSources(const types::TypeStore& s, std::span<const Operand> operands,
                    types::Kind kind) {
  size_t count = 0;
  for (const Operand& o : operands.subspan(1)) count += s.kind(o.type) == kind ? 1 : 0;
  return count;
}

}  // namespace

bool CheckOperandPlaces(Frame& f, const BuiltinCall& call, std::span<const Operand> operands,
                        int sources) {
  const types::TypeStore& s = f.sema.types;
  const std::string_view name = BuiltinName(call.kind);
  const auto refuse = [&](size_t n, std::string_view what) {
    Fail(f, call.args[n], Kind::kDsdOperands, {name, what});
    return false;
  };
  if (s.kind(operands[0].type) == types::Kind::kFabinDsd) {
    return refuse(0, "a fabin_dsd as its destination; it is a source");
  }
  for (size_t n = 1; n < operands.size(); ++n) {
    if (s.kind(operands[n].type) == types::Kind::kFaboutDsd) {
      return refuse(n, "a fabout_dsd as a source; it is a destination");
    }
  }
  if (CountSources(s, operands, types::Kind::kFifoDsd) > 1) {
    return refuse(2, "two fifo_dsd sources");
  }
  if (sources == 2 && s.kind(operands[1].type) == types::Kind::kFifoDsd) {
    return refuse(1, "a fifo_dsd as its first source; let it be the second");
  }
  if (f.sema.context.options.arch == Arch::kWse3 &&
      CountSources(s, operands, types::Kind::kFabinDsd) > 1) {
    return refuse(2, "two fabin_dsd sources on WSE-3; a FIFO may hold one of them");
  }
  return true;
}

}  // namespace csl::sema
