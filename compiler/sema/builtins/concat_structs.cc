// SPDX-License-Identifier: Apache-2.0
// @concat_structs: a form of SDK 1.x.
#include <algorithm>

#include "compiler/sema/handler.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

// Before SDK 0.9 a program added LAUNCH and data_type to what get_params gave. The fields of
// today's get_params are void where the layout named none, and give way.
bool IsLeftOpen(const types::TypeStore& s, const types::Field& field) {
  if (field.name != "LAUNCH" && field.name != "data_type") return false;
  return s.kind(field.type) == types::Kind::kVoid ||
         (s.is_tuple(field.type) && s.fields(field.type).empty());
}

}  // namespace

Operand Builtin_concat_structs(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  std::vector<types::Field> fields;
  std::vector<Operand> parts;
  std::string fact;  // the names of both
  for (size_t n = 0; n < call.args.size(); ++n) {
    const Operand o = Arg(f, call, n);
    if (o.is_poison()) return o;
    const bool is_struct = o.type.valid() && s.kind(o.type) == types::Kind::kStruct &&
                           (!s.is_tuple(o.type) || s.fields(o.type).empty());
    if (!is_struct) {
      return Fail(f, call.args[n], Kind::kExpectedKind,
                  {"an argument of @concat_structs", "a struct with named fields",
                   f.sema.TypeText(o.type)});
    }
    const auto more = s.fields(o.type);
    if (n > 0) fact += ";";
    for (uint32_t k = 0; k < more.size(); ++k) {
      const auto same = std::find_if(fields.begin(), fields.end(), [&](const types::Field& field) {
        return field.name == more[k].name;
      });
      if (same != fields.end()) {
        if (!IsLeftOpen(s, *same)) {
          return Fail(f, call.args[n], Kind::kFieldInBoth, {same->name});
        }
        parts.erase(parts.begin() + (same - fields.begin()));
        fact.erase(fact.find(std::string(same->name) + ","), same->name.size() + 1);
        fields.erase(same);
      }
      fact += std::string(more[k].name) + ",";
      Operand part = PartOf(f, o, k);
      if (part.is_poison()) return part;
      fields.push_back({more[k].name, part.type});
      parts.push_back(std::move(part));
    }
  }
  f.sema.NoteForm(diagnostics::Form::kConcatStructs, f.span(call.i), fact);
  if (fields.empty()) return Operand::Const(types::Value::Aggregate(s.Tuple({}), {}));
  return Assemble(f, s.AnonStruct(fields), std::move(parts));
}

}  // namespace csl::sema
