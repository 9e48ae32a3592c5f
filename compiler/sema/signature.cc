// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/signature.h"

#include <algorithm>

#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

bool AsPassedOn(const Operand& o) {
  if (o.is_const()) return true;
  return o.kind == OperandKind::kFields &&
         std::all_of(o.fields->begin(), o.fields->end(), AsPassedOn);
}

TypeId Signature::Type(types::TypeStore& s) const {
  std::vector<types::FnParam> params;
  for (size_t n = 0; n < args.size(); ++n) params.push_back({args[n].type, is_known[n]});
  return s.Fn(params, result);
}

namespace {

// The type that a body of the signature yields; invalid if reported.
TypeId SignatureType(Frame& callee, lower::Body body) {
  const Operand v = RunComptime(callee, body);
  if (v.is_poison()) return {};
  const std::optional<Value> type = KnownValue(callee, v, callee.span(body.first), "a type");
  if (!type) return {};
  if (type->type() != types::kTypeType) {
    FailAt(callee, callee.span(body.first), Kind::kExpectedType,
           {callee.sema.TypeText(type->type())});
    return {};
  }
  return type->AsType();
}

void Bind(Frame& callee, size_t n, const Operand& arg) {
  Slot& slot = callee.slots[n];
  slot.kind = SlotKind::kBound;
  slot.is_const = true;
  slot.type = arg.type;
  slot.bound = arg;
}

}  // namespace

bool ResolveSignature(Frame& f, Frame& callee, std::span<const Operand> args,
                      std::span<const source::Span> spans, Signature* signature) {
  types::TypeStore& s = f.sema.types;
  const lower::Function& function = callee.file.functions[callee.decl.function];
  const TypeId cached = f.sema.FunctionType(callee.instance.id, callee.decl_index, &f);
  if (!cached.valid()) return false;
  for (size_t n = 0; n < args.size(); ++n) {
    const lower::Param& param = function.params[n];
    TypeId type = s.params(cached)[n].type;
    if (param.is_anytype) {
      type = args[n].is_none() ? types::kVoidType : args[n].type;
    } else if (type == types::kAnytypeType) {
      type = SignatureType(callee, param.type);
    }
    if (!type.valid()) return false;
    Operand arg = Coerce(f, args[n], type, spans[n]);
    if (arg.is_poison()) return false;
    const bool is_comptime_only = types::IsComptimeOnly(s, type);
    const bool is_known = param.is_comptime || is_comptime_only;
    if (is_known && !AsPassedOn(arg)) {
      FailAt(f, spans[n], Kind::kNotComptime, {"this argument"});
      return false;
    }
    if (f.emits() && function.is_inline && !is_known) arg = Detach(f, arg, spans[n]);
    Bind(callee, n, arg);
    signature->args.push_back(std::move(arg));
    signature->is_known.push_back(is_known);
  }
  signature->result = s.result(cached);
  if (signature->result == types::kAnytypeType) {
    signature->result = SignatureType(callee, function.return_type);
  }
  if (!signature->result.valid()) return false;
  // Inline functions expand, so their result may be known at run time as well.
  signature->comptime_only = !function.is_inline && types::IsComptimeOnly(s, signature->result);
  return true;
}

}  // namespace csl::sema
