// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/struct_reader.h"

#include <algorithm>
#include <vector>

#include "compiler/sema/suggest.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

StructReader::StructReader(Frame& f, Operand value, source::Span span, std::string what)
    : f_(f), value_(std::move(value)), span_(span), what_(std::move(what)) {
  if (value_.is_poison()) {
    ok_ = false;
  } else if (value_.is_none()) {
    absent_ = true;
  } else if (!value_.type.valid() || f.sema.types.kind(value_.type) != types::Kind::kStruct) {
    Error(Kind::kExpectedKind, {what_, "a struct", f.sema.TypeText(value_.type)});
  }
}

Operand StructReader::Error(Kind kind, std::initializer_list<diagnostics::Argument> arguments) {
  if (ok_) FailAt(f_, span_, kind, arguments);
  ok_ = false;
  return Operand::Poison();
}

void StructReader::Allow(std::initializer_list<std::string_view> names) {
  if (!ok_ || absent_) return;
  for (const types::Field& field : f_.sema.types.fields(value_.type)) {
    if (std::find(names.begin(), names.end(), field.name) != names.end()) continue;
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    Error(Kind::kNoField, {what_, field.name, Suggestion(field.name, candidates)});
    return;
  }
}

bool StructReader::Has(std::string_view name) {
  return ok_ && !absent_ && f_.sema.types.FindField(value_.type, name).has_value();
}

Operand StructReader::Get(std::string_view name) {
  if (!Has(name)) return Operand::None();
  return *FieldOf(f_, value_, name, span_);
}

Operand StructReader::Required(std::string_view name) {
  if (Has(name)) return Get(name);
  return Error(Kind::kMissingField, {what_, name});
}

bool StructReader::Bool(std::string_view name, bool otherwise) {
  const Operand o = Get(name);
  if (o.is_none()) return otherwise;
  const std::string text = "'." + std::string(name) + "'";
  const std::optional<Value> v = AsKnown(f_, o);
  if (!v) {
    Error(Kind::kNotComptime, {text});
    return otherwise;
  }
  if (v->type() != types::kBoolType) {
    Error(Kind::kExpectedKind, {text, "a bool", f_.sema.TypeText(v->type())});
    return otherwise;
  }
  return v->AsBool();
}

int64_t StructReader::Int(std::string_view name, int64_t lowest, int64_t highest,
                          int64_t otherwise) {
  const Operand o = Get(name);
  if (o.is_none()) return otherwise;
  const std::string text = "'." + std::string(name) + "'";
  const std::optional<Value> v = AsKnown(f_, o);
  if (!v) {
    Error(Kind::kNotComptime, {text});
    return otherwise;
  }
  const types::TypeStore& s = f_.sema.types;
  if (!types::IsAnyInt(s, v->type())) {
    Error(Kind::kExpectedInteger, {text, f_.sema.TypeText(v->type())});
    return otherwise;
  }
  const types::BigInt n = types::ToBigInt(s, *v);
  if (n < types::BigInt(lowest) || n > types::BigInt(highest)) {
    Error(Kind::kOutOfRange, {text, lowest, highest, n.ToString()});
    return otherwise;
  }
  return static_cast<int64_t>(n.Low64());
}

int StructReader::Choice(std::string_view name, std::initializer_list<std::string_view> names) {
  if (!Has(name)) return -1;
  StructReader nested = Nested(name);
  nested.Allow(names);
  int chosen = -1;
  int n = 0;
  for (std::string_view option : names) {
    if (nested.Bool(option)) {
      if (chosen >= 0) nested.Error(Kind::kChoiceAgain, {nested.what_});
      chosen = n;
    }
    ++n;
  }
  ok_ = ok_ && nested.ok();
  return chosen;
}

StructReader StructReader::Nested(std::string_view name) {
  Operand field = ok_ ? Get(name) : Operand::Poison();
  return StructReader(f_, std::move(field), span_, "'." + std::string(name) + "'");
}

void StructReader::Refuse(std::string_view name, std::string_view why) {
  if (!Has(name)) return;
  Error(Kind::kFieldNotHere, {what_, name, why});
}

}  // namespace csl::sema
