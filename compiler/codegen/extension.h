// SPDX-License-Identifier: Apache-2.0
// What the high half of a register holds beside a 16-bit value. IR integers carry no sign, opcodes
// do: `ld.i16` leaves the value sign-extended, `ld.u16` zero-extended. Choosing by what the users
// need makes most extensions free.
#ifndef COMPILER_CODEGEN_EXTENSION_H_
#define COMPILER_CODEGEN_EXTENSION_H_

#include <cstdint>
#include <vector>

#include "compiler/ir/ir.h"

namespace csl::codegen {

struct Extension {
  bool is_sign = false;  // the register is the value sign-extended to 32 bits
  bool is_zero = false;  // ... zero-extended
};

class ExtensionChoice {
 public:
  explicit ExtensionChoice(const ir::Function& function);

  // The .u16 rather than the .i16 form makes this value.
  bool UseUnsigned(ir::ValueId id) const { return wants_zero_[id.index]; }
  Extension Of(ir::ValueId id) const { return known_[id.index]; }

 private:
  void Demand();
  void Provide();
  Extension Made(ir::ValueId id) const;

  const ir::Function& f_;
  std::vector<bool> wants_zero_;
  std::vector<Extension> known_;
};

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_EXTENSION_H_
