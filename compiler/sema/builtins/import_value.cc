// SPDX-License-Identifier: Apache-2.0
// @import_comptime_value: a form of SDK 1.x. Reads a value of a given type from a JSON file. The
// keys of an object are "name:type" and become the fields of a struct.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/architecture.h"

namespace csl::sema {

using diagnostics::Kind;
using Json = nlohmann::ordered_json;
using types::TypeId;
using types::Value;

namespace {

constexpr int kMaxNesting = 64;

class Reader {
 public:
  Reader(Frame& f, source::Span span) : f_(f), span_(span) {}

  // `type` may be invalid or comptime_struct for objects. Poison if reported.
  Operand Read(const Json& json, TypeId type, const std::string& where, int depth = 0) {
    if (depth > kMaxNesting) return Fail(Kind::kJsonTooDeep, {where});
    if (json.is_object()) return Object(json, type, where, depth);
    if (!type.valid() || type == types::kComptimeStructType) {
      return Expected(where, "an object, to become a struct");
    }
    if (types_.kind(type) == types::Kind::kArray) return Array(json, type, where);
    return Scalar(json, type, where);
  }

 private:
  Operand Fail(Kind kind, std::initializer_list<diagnostics::Argument> arguments) {
    return FailAt(f_, span_, kind, arguments);
  }
  Operand Expected(const std::string& where, const std::string& what) {
    return Fail(Kind::kJsonExpected, {where, what});
  }

  Operand Scalar(const Json& json, TypeId type, const std::string& where) {
    const std::string text = f_.sema.TypeText(type);
    if (type == types::kComptimeStringType) {
      if (!json.is_string()) return Expected(where, "a string");
      return Operand::Const(Value::String(json.get<std::string>()));
    }
    if (type == types::kBoolType) {
      if (!json.is_boolean()) return Expected(where, "true or false");
      return Operand::Const(Value::Bool(json.get<bool>()));
    }
    if (types::IsAnyFloat(types_, type)) {
      if (!json.is_number()) return Expected(where, "a number, to become " + text);
      return Coerce(f_, Operand::Const(Value::ComptimeFloat(json.get<double>())), type, span_);
    }
    if (!json.is_number_integer()) return Expected(where, "an integer, to become " + text);
    const types::BigInt number = json.is_number_unsigned()
                                     ? types::BigInt::FromUint64(json.get<uint64_t>())
                                     : types::BigInt(json.get<int64_t>());
    if (type == types::kColorType) return Color(number, where);
    if (types::IsAnyInt(types_, type)) {
      return Coerce(f_, Operand::Const(Value::ComptimeInt(number)), type, span_);
    }
    return Fail(Kind::kJsonType, {where, text});
  }

  Operand Color(const types::BigInt& number, const std::string& where) {
    const isa::Arch arch =
        f_.sema.context.options.arch == Arch::kWse2 ? isa::Arch::kWse2 : isa::Arch::kWse3;
    const auto colors = static_cast<uint64_t>(isa::LimitsOf(arch).num_colors);
    if (!number.FitsInt(false, 16) || number.Low64() >= colors) {
      return Expected(where, fmt::format("a color, 0 to {}", colors - 1));
    }
    return Operand::Const(Value::Immediate(types::kColorType, number.Low64()));
  }

  // Nested lists, or one list, in row-major order.
  bool Flatten(const Json& json, TypeId element, const std::string& where,
               std::vector<Value>* values) {
    if (!json.is_array()) {
      const Operand v = Scalar(json, element, where);
      if (v.is_poison()) return false;
      values->push_back(v.value);
      return true;
    }
    for (size_t n = 0; n < json.size(); ++n) {
      if (!Flatten(json[n], element, fmt::format("{}[{}]", where, n), values)) return false;
    }
    return true;
  }

  Operand Array(const Json& json, TypeId type, const std::string& where) {
    if (!json.is_array()) return Expected(where, "a list");
    std::vector<Value> values;
    if (!Flatten(json, types_.element(type), where, &values)) return Operand::Poison();
    if (values.size() != types_.element_count(type)) {
      return Fail(Kind::kJsonElements,
                  {where, values.size(), f_.sema.TypeText(type), types_.element_count(type)});
    }
    return Operand::Const(Value::Aggregate(type, std::move(values)));
  }

  Operand Object(const Json& json, TypeId type, const std::string& where, int depth) {
    std::vector<types::Field> fields;
    std::vector<Value> values;
    std::vector<std::string> names;
    for (const auto& [key, value] : json.items()) {
      const size_t colon = key.find(':');
      names.push_back(Trimmed(key.substr(0, colon)));
      TypeId field;
      if (colon != std::string::npos) {
        field = ParseType(Trimmed(key.substr(colon + 1)));
        if (!field.valid()) return Fail(Kind::kJsonKeyType, {where, key});
      } else if (!value.is_object()) {
        return Fail(Kind::kJsonKey, {where, key});
      }
      const Operand v = Read(value, field, where + "." + names.back(), depth + 1);
      if (v.is_poison()) return v;
      values.push_back(v.value);
    }
    for (size_t n = 0; n < names.size(); ++n) fields.push_back({names[n], values[n].type()});
    const TypeId own = fields.empty() ? types_.Tuple({}) : types_.AnonStruct(fields);
    const Operand whole = Operand::Const(Value::Aggregate(own, std::move(values)));
    return type.valid() ? Coerce(f_, whole, type, span_) : whole;
  }

  static std::string Trimmed(const std::string& text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
  }

  // A word such as u16, or an array of it: [3]u16, [2, 4]f32.
  TypeId ParseType(const std::string& text) {
    if (text.empty() || text[0] != '[') return types_.FromWord(text);
    const size_t close = text.find(']');
    if (close == std::string::npos) return {};
    const TypeId element = types_.FromWord(Trimmed(text.substr(close + 1)));
    if (!element.valid()) return {};
    std::vector<uint32_t> dims;
    uint64_t count = 1;
    for (size_t at = 1; at < close;) {
      size_t end = text.find_first_of(",]", at);
      uint64_t size = 0;
      for (const char c : Trimmed(text.substr(at, end - at))) {
        if (c < '0' || c > '9' || size > kMostElements) return {};
        size = size * 10 + static_cast<uint64_t>(c - '0');
      }
      count *= size;
      if (count > kMostElements) return {};
      dims.push_back(static_cast<uint32_t>(size));
      at = end + 1;
    }
    return dims.empty() ? TypeId() : types_.Array(dims, element);
  }

  static constexpr uint64_t kMostElements = 1 << 22;

  Frame& f_;
  types::TypeStore& types_ = f_.sema.types;
  const source::Span span_;
};

// The value as a literal of its type.
std::string LiteralText(Frame& f, const Value& v) {
  const types::TypeStore& s = f.sema.types;
  const std::string type = f.sema.TypeText(v.type());
  std::string out;
  if (s.kind(v.type()) == types::Kind::kArray) {
    for (uint32_t n = 0; n < s.element_count(v.type()); ++n) {
      const bool is_id = s.element(v.type()) == types::kColorType;
      const Value element = v.element(n);
      out += (n == 0 ? " " : ", ") + (is_id ? LiteralText(f, element) : f.sema.ValueText(element));
    }
    return type + "{" + out + (out.empty() ? "}" : " }");
  }
  if (s.kind(v.type()) == types::Kind::kStruct) {
    const auto fields = s.fields(v.type());
    for (uint32_t n = 0; n < fields.size(); ++n) {
      out += (n == 0 ? " ." : ", .") + std::string(fields[n].name) + " = " +
             LiteralText(f, v.element(n));
    }
    return ".{" + out + (out.empty() ? "}" : " }");
  }
  if (v.type() == types::kColorType) return fmt::format("@get_color({})", v.bits());
  if (v.type() == types::kBoolType) return f.sema.ValueText(v);
  if (v.type() == types::kComptimeStringType) return Json(v.string()).dump();
  return fmt::format("@as({}, {})", type, f.sema.ValueText(v));
}

}  // namespace

Operand Builtin_import_comptime_value(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> type = TypeArg(f, call, 0);
  const std::optional<std::string> path = StringArg(f, call, 1);
  if (!type || !path) return Operand::Poison();
  const StatusOr<source::FileId> file = f.sema.context.resolver->Load(*path, f.file.file);
  if (!file.ok())
    return FailWith(f, f.span(call.args[1]), diagnostics::ImportProblem(file.status()));
  const std::string& text = f.sema.context.sources->file(*file).text;
  const Json json = Json::parse(text, nullptr, false, true);
  if (json.is_discarded()) {
    return Fail(f, call.args[1], Kind::kJsonInvalid, {*path});
  }
  Operand value = Reader(f, f.span(call.i)).Read(json, *type, "'" + *path + "'");
  if (f.sema.context.facts != nullptr && value.is_const()) {
    f.sema.NoteForm(diagnostics::Form::kImportComptimeValue, f.span(call.i),
                    LiteralText(f, value.value));
  }
  return value;
}

}  // namespace csl::sema
