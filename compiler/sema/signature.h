// SPDX-License-Identifier: Apache-2.0
// Signature: parameter and result types of one call, and its arguments in these types.
#ifndef COMPILER_SEMA_SIGNATURE_H_
#define COMPILER_SEMA_SIGNATURE_H_

#include <vector>

#include "compiler/sema/handler.h"

namespace csl::sema {

struct Signature {
  std::vector<Operand> args;   // coerced
  std::vector<bool> is_known;  // specialises the function: comptime, or of a comptime-only type
  types::TypeId result;
  bool comptime_only = false;  // can only be called at compile time

  // The function type of the run-time function: known parameters keep their place.
  types::TypeId Type(types::TypeStore& s) const;
};

// Evaluates the signature of `callee` (a fresh frame of the function) for these arguments. False if
// that was reported. Slots of the callee are bound on the way.
bool ResolveSignature(Frame& f, Frame& callee, std::span<const Operand> args,
                      std::span<const source::Span> spans, Signature* signature);

// True for arguments whose every part is comptime-known; reads nothing.
bool AsPassedOn(const Operand& o);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_SIGNATURE_H_
