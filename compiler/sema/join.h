// SPDX-License-Identifier: Apache-2.0
// Join: where run-time paths that bring a value meet (if, switch, labelled block, inline call).
//
// Each path's block stays open until Finish, because only then is the common type known; the
// conversions are emitted at its end.
#ifndef COMPILER_SEMA_JOIN_H_
#define COMPILER_SEMA_JOIN_H_

#include <vector>

#include "compiler/sema/handler.h"

namespace csl::sema {

// The type that a Type field asks for; invalid: none.
types::TypeId Requested(Frame& f, InstId at);
Operand CoerceToRequested(Frame& f, Operand value, InstId at, source::Span span);

class Join {
 public:
  // `type` invalid: the peers' common type.
  Join(Frame& f, types::TypeId type, source::Span span) : f_(f), type_(type), span_(span) {}

  // Runs a body at the builder's place and adds its end as a path, if it has one.
  void RunArm(lower::Body body);
  // A path that ends at the builder's place with this value.
  void Add(Operand value);
  void AddAll(std::vector<Incoming> paths);
  // Moves the builder to where the paths meet, and stores the value as instruction i's result.
  // kEnded if no path gets there.
  Flow Finish(InstId i);
  // The same without an instruction: the value, or nullopt for kEnded.
  std::optional<Operand> Meet();

 private:
  bool AllVoid() const;
  Operand MeetWithValues();

  Frame& f_;
  types::TypeId type_;
  source::Span span_;
  std::vector<Incoming> paths_;
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_JOIN_H_
