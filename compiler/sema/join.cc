// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/join.h"

#include <algorithm>

#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

TypeId Requested(Frame& f, InstId at) {
  const Operand& o = f.OptionalResult(at);
  if (!o.is_const() || o.type != types::kTypeType) return {};
  return Use(f, o).AsType();
}

Operand CoerceToRequested(Frame& f, Operand value, InstId at, source::Span span) {
  const TypeId type = Requested(f, at);
  if (!type.valid() || value.is_poison()) return value;
  return Coerce(f, value, type, span);
}

void Join::RunArm(lower::Body body) {
  const Flow flow = RunBody(f_, body);
  switch (flow) {
    case Flow::kNext:
      Add(Operand::Void());
      break;
    case Flow::kYield:
      Add(std::move(f_.yielded));
      break;
    case Flow::kEnded:
      break;
    case Flow::kError:
      Add(Operand::Poison());
      break;
    default:
      Add(FailAt(f_, span_, Kind::kNotSupportedYet,
                 {"leaving a compile-time loop under a run-time condition"}));
  }
}

void Join::Add(Operand value) {
  const bool is_noreturn = value.type == types::kNoreturnType;
  if (is_noreturn) {
    f_.builder->Unreachable();
    return;
  }
  paths_.push_back({f_.builder->block(), std::move(value), span_});
}

void Join::AddAll(std::vector<Incoming> paths) {
  for (Incoming& path : paths) paths_.push_back(std::move(path));
}

bool Join::AllVoid() const {
  return std::all_of(paths_.begin(), paths_.end(), [](const Incoming& p) {
    return p.value.is_none() || p.value.type == types::kVoidType;
  });
}

Flow Join::Finish(InstId i) {
  std::optional<Operand> value = Meet();
  if (!value) {
    f_.result(i) = Operand::Const(types::Value::Immediate(types::kNoreturnType, 0));
    return Flow::kEnded;
  }
  return f_.Set(i, *std::move(value));
}

std::optional<Operand> Join::Meet() {
  if (paths_.empty()) return std::nullopt;
  ir::IrBuilder& b = *f_.builder;
  // One path: whatever is known there is known here.
  if (paths_.size() == 1) {
    b.SetBlock(paths_[0].from);
    Operand value = std::move(paths_[0].value);
    if (type_.valid() && !value.is_poison()) value = Coerce(f_, value, type_, paths_[0].span);
    const ir::BlockId end = b.NewBlock();
    b.Br(end);
    b.SetBlock(end);
    return value;
  }
  const bool poisoned = std::any_of(paths_.begin(), paths_.end(),
                                    [](const Incoming& p) { return p.value.is_poison(); });
  if (poisoned || (AllVoid() && (!type_.valid() || type_ == types::kVoidType))) {
    const ir::BlockId end = b.NewBlock();
    for (const Incoming& path : paths_) {
      b.SetBlock(path.from);
      b.Br(end);
    }
    b.SetBlock(end);
    return poisoned ? Operand::Poison() : Operand::Void();
  }
  return MeetWithValues();
}

Operand Join::MeetWithValues() {
  ir::IrBuilder& b = *f_.builder;
  types::TypeStore& s = f_.sema.types;
  if (!type_.valid()) {
    std::vector<Operand> values;
    for (const Incoming& path : paths_) values.push_back(path.value);
    type_ = PeerType(f_, values, span_);
  }
  Operand result = Operand::Poison();
  const bool usable = type_.valid() && types::HasRuntimeBits(s, type_);
  if (type_.valid() && !usable) {
    FailAt(f_, span_, Kind::kRunTimeComptimeOnly, {f_.sema.TypeText(type_)});
  }
  const bool is_scalar = usable && IsScalar(s, type_);
  ir::ValueId memory;
  if (usable && !is_scalar) {
    memory = b.Alloca(static_cast<uint32_t>(types::SizeOf(s, type_)), types::AlignOf(s, type_));
  }
  const ir::BlockId end = is_scalar ? b.NewBlock({IrType(s, type_)}) : b.NewBlock();
  bool ok = usable;
  for (const Incoming& path : paths_) {
    b.SetBlock(path.from);
    const Operand v = usable ? Coerce(f_, path.value, type_, path.span) : Operand::Poison();
    ok = ok && !v.is_poison();
    if (is_scalar) {
      const ir::ValueId arg[] = {v.is_poison() ? b.Undef(IrType(s, type_))
                                               : ToScalar(f_, v, path.span)};
      b.Br(end, arg);
    } else {
      if (!v.is_poison()) StoreTo(f_, memory, 0, v, path.span);
      b.Br(end);
    }
  }
  b.SetBlock(end);
  if (!ok) return Operand::Poison();
  if (is_scalar) return Operand::Runtime(type_, b.BlockParam(end, 0));
  return Operand::StableMemory(type_, memory);
}

}  // namespace csl::sema
