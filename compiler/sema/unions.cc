// SPDX-License-Identifier: Apache-2.0
// Making union values: comptime-known ones, and in memory.
#include "compiler/sema/handler.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using types::TypeId;
using types::Value;

Operand MakeUnion(Frame& f, TypeId type, uint32_t field, const Operand& value, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const Operand member = Coerce(f, value, s.fields(type)[field].type, span);
  if (member.is_poison()) return member;
  if (std::optional<Value> known = AsKnown(f, member)) {
    return Operand::Const(Value::Union(type, field, *std::move(known)));
  }
  const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, type));
  const ir::ValueId memory = f.builder->Alloca(size, types::AlignOf(s, type));
  f.builder->Zero(memory, size);  // what the field leaves over
  Place whole;
  whole.kind = PlaceKind::kDynamic;
  whole.type = type;
  whole.address = memory;
  const Operand part =
      MemberPlace(f, Operand::Of(std::move(whole)), s.fields(type)[field].name, span);
  if (part.is_poison() || !StorePlace(f, part, member, span)) return Operand::Poison();
  return Operand::StableMemory(type, memory);
}

}  // namespace csl::sema
