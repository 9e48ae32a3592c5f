// SPDX-License-Identifier: Apache-2.0
// @get_dsd for circular buffers: base, elements per operation, elements until it wraps around.
#include "compiler/sema/dsd.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/dsd_value.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

Operand CircularDsd(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[1]);
  StructReader fields(f, Arg(f, call, 1), span, "a circbuf_dsd");
  fields.Allow({"base_address", "extent", "wraparound"});
  const Operand base = fields.Required("base_address");
  fields.Required("extent");
  if (!fields.ok()) return Operand::Poison();
  if (s.kind(base.type) != types::Kind::kPointer || !base.is_const()) {
    return FailAt(
        f, span, Kind::kExpectedKind,
        {"'.base_address'", "a pointer known at compile time", f.sema.TypeText(base.type)});
  }
  const TypeId tensor = s.pointee(base.type);
  const bool is_tensor = s.kind(tensor) == types::Kind::kArray;
  const int64_t size = is_tensor ? static_cast<int64_t>(s.element_count(tensor)) : 0x7fff;
  if (!is_tensor) fields.Required("wraparound");
  types::DsdData data;
  data.base = Use(f, base);
  data.extent[0] = static_cast<uint16_t>(fields.Int("extent", 0, 0x7fff, 0));
  data.stride[0] = 1;
  data.wraparound = static_cast<uint16_t>(fields.Int("wraparound", 1, size, size));
  if (!fields.ok()) return Operand::Poison();
  return Operand::Const(Value::Dsd(types::kCircbufDsdType, std::move(data)));
}

}  // namespace csl::sema
