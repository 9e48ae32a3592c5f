// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <limits>
#include <set>

#include "compiler/layout/parameter_text.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/print.h"

namespace csl::layout {
namespace {

using types::BigInt;
using types::Kind;
using types::TypeId;
using types::TypeStore;
using types::Value;

constexpr int kMaxNesting = 32;
constexpr uint32_t kMaxColor = 23;
// No array of a parameter is larger than a PE's memory.
constexpr uint32_t kMaxElements = 48 * 1024;

constexpr std::string_view kDirectionNames[] = {"NORTH", "SOUTH", "EAST", "WEST", "RAMP"};

std::optional<BigInt> ParseInteger(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const bool is_hex = text.starts_with("0x");
  if (is_hex) text.remove_prefix(2);
  auto number = BigInt::Parse(text, is_hex ? 16 : 10);
  return number && is_negative ? std::optional(-*number) : number;
}

std::optional<double> ParseFloat(std::string_view text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

class ValueReader {
 public:
  ValueReader(TextCursor& cursor, TypeStore& types) : cursor_(cursor), types_(types) {}

  std::optional<Value> Binding(int depth) {
    if (cursor_.Take(":")) return Typed();
    if (!cursor_.Expect("=")) return std::nullopt;
    return Literal(depth);
  }

 private:
  // Absent, and reported.
  std::optional<Value> Fail(std::string_view expected) {
    cursor_.Fail(expected);
    return std::nullopt;
  }

  // Behind the colon.
  std::optional<Value> Typed() {
    const std::optional<TypeId> type = ReadType(cursor_, types_);
    if (!type || !cursor_.Expect("=")) return std::nullopt;
    return OfType(*type);
  }

  std::optional<Value> OfType(TypeId type) {
    if (types_.kind(type) != Kind::kArray) return Scalar(type);
    if (types_.kind(types_.element(type)) == Kind::kArray) return Fail("an array of numbers");
    std::vector<Value> elements;
    if (!cursor_.Expect("{")) return std::nullopt;
    while (!cursor_.Take("}")) {
      if (!elements.empty() && !cursor_.Expect(",")) return std::nullopt;
      std::optional<Value> element = Scalar(types_.element(type));
      if (!element) return std::nullopt;
      elements.push_back(*std::move(element));
    }
    const uint64_t count = types_.element_count(type);
    if (elements.size() != count) {
      return Fail(std::to_string(count) + " elements, not " + std::to_string(elements.size()));
    }
    return Value::Aggregate(type, std::move(elements));
  }

  std::optional<Value> Scalar(TypeId type) {
    if (type == types::kColorType) {
      const auto color = cursor_.Number("a color", kMaxColor);
      if (!color) return std::nullopt;
      return Value::Immediate(type, *color);
    }
    if (type == types::kTypeType) {
      const std::optional<TypeId> value = ReadType(cursor_, types_);
      if (!value) return std::nullopt;
      return Value::Type(*value);
    }
    if (types::IsInt(types_, type)) return Integer(type);
    if (types::IsFixedFloat(types_, type)) {
      const size_t begin = cursor_.position();
      const auto text = cursor_.NumberText("a number");
      if (!text) return std::nullopt;
      const auto number = ParseFloat(*text);
      if (!number) {
        cursor_.Rewind(begin);
        return Fail("a number");
      }
      return types::FloatValue(types_, type, *number);
    }
    return Fail("a type of numbers, color or type");
  }

  std::optional<Value> Integer(TypeId type) {
    const size_t begin = cursor_.position();
    const auto text = cursor_.NumberText("an integer");
    if (!text) return std::nullopt;
    const auto number = ParseInteger(*text);
    const bool is_signed = types_.int_is_signed(type);
    const uint32_t bits = types_.int_bits(type);
    if (!number || !number->FitsInt(is_signed, bits)) {
      cursor_.Rewind(begin);
      return Fail("an integer of " + std::string(is_signed ? "i" : "u") + std::to_string(bits));
    }
    return types::IntValue(types_, type, *number);
  }

  // A value that tells its type.
  std::optional<Value> Literal(int depth) {
    if (cursor_.Take("true")) return Value::Bool(true);
    if (cursor_.Take("false")) return Value::Bool(false);
    if (cursor_.Take("{")) {
      if (!cursor_.Expect("}")) return std::nullopt;
      return Value::Void();
    }
    for (size_t i = 0; i < std::size(kDirectionNames); ++i) {
      if (cursor_.Take(kDirectionNames[i])) {
        return Value::OfDirection(static_cast<types::Direction>(i));
      }
    }
    if (cursor_.Take(".{")) {
      if (depth >= kMaxNesting) return Fail("fewer levels of braces");
      return Struct(depth + 1);
    }
    if (cursor_.Take("?")) return Fail("a value that a layout document can hold");
    if (cursor_.NextIs('"')) {
      auto text = cursor_.Quoted("a text");
      if (!text) return std::nullopt;
      return Value::String(*std::move(text));
    }
    const size_t begin = cursor_.position();
    const auto text = cursor_.NumberText("a value");
    if (!text) return std::nullopt;
    if (const auto integer = ParseInteger(*text)) return Value::ComptimeInt(*integer);
    if (const auto number = ParseFloat(*text)) return Value::ComptimeFloat(*number);
    cursor_.Rewind(begin);
    return Fail("a value");
  }

  // Behind ".{".
  std::optional<Value> Struct(int depth) {
    std::vector<std::string> names;
    std::vector<Value> values;
    while (!cursor_.Take("}")) {
      if (!values.empty() && !cursor_.Expect(",")) return std::nullopt;
      std::optional<Value> value;
      if (cursor_.Take(".{")) {
        if (depth >= kMaxNesting) return Fail("fewer levels of braces");
        value = Struct(depth + 1);
      } else if (cursor_.Take(".")) {
        const auto name = cursor_.Name("the name of a field");
        if (!name) return std::nullopt;
        names.push_back(*name);
        value = Binding(depth);
      } else {
        value = cursor_.Take(":") ? Typed() : Literal(depth);
      }
      if (!value) return std::nullopt;
      values.push_back(*std::move(value));
    }
    if (!names.empty() && names.size() != values.size()) return Fail("a name for each field");
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
      return Fail("fields of different names");
    }
    return Build(names, std::move(values));
  }

  Value Build(const std::vector<std::string>& names, std::vector<Value> values) {
    if (names.empty()) {
      std::vector<TypeId> elements;
      for (const Value& v : values) elements.push_back(v.type());
      return Value::Aggregate(types_.Tuple(elements), std::move(values));
    }
    std::vector<types::Field> fields;
    for (size_t i = 0; i < names.size(); ++i) fields.push_back({names[i], values[i].type()});
    return Value::Aggregate(types_.AnonStruct(fields), std::move(values));
  }

  TextCursor& cursor_;
  TypeStore& types_;
};

class TypeReader {
 public:
  TypeReader(TextCursor& cursor, TypeStore& types) : cursor_(cursor), types_(types) {}

  std::optional<TypeId> Read(int depth, std::vector<ExportInput>* inputs) {
    if (depth >= kMaxNesting) return Fail("a shorter type");
    if (cursor_.Take("*")) return Pointer(depth, false);
    if (cursor_.Take("[")) {
      if (!cursor_.Take("*")) return Array(depth);
      if (!cursor_.Expect("]")) return std::nullopt;
      return Pointer(depth, true);
    }
    if (cursor_.Take("fn")) return Function(depth, false, inputs);
    if (cursor_.Take("task")) return Function(depth, true, inputs);
    const size_t begin = cursor_.position();
    const auto word = cursor_.Name("a type");
    if (!word) return std::nullopt;
    const TypeId type = types_.FromWord(*word);
    if (type.valid()) return type;
    cursor_.Rewind(begin);
    return Fail("a type");
  }

 private:
  std::optional<TypeId> Fail(std::string_view expected) {
    cursor_.Fail(expected);
    return std::nullopt;
  }

  std::optional<TypeId> Pointer(int depth, bool is_many) {
    const bool is_const = cursor_.Take("const");
    const auto pointee = Read(depth + 1, nullptr);
    if (!pointee) return std::nullopt;
    return types_.Pointer(*pointee, is_const, is_many);
  }

  std::optional<TypeId> Array(int depth) {
    std::vector<uint32_t> dims;
    uint64_t count = 1;
    do {
      const auto dim = cursor_.Number("the size of an array", kMaxElements);
      if (!dim) return std::nullopt;
      dims.push_back(*dim);
      count *= *dim;
      if (count > kMaxElements) return Fail("an array that fits a PE");
    } while (cursor_.Take(","));
    if (!cursor_.Expect("]")) return std::nullopt;
    const auto element = Read(depth + 1, nullptr);
    if (!element) return std::nullopt;
    return types_.Array(dims, *element);
  }

  std::optional<TypeId> Function(int depth, bool is_task, std::vector<ExportInput>* inputs) {
    std::vector<types::FnParam> params;
    if (!cursor_.Expect("(")) return std::nullopt;
    while (!cursor_.Take(")")) {
      if (!params.empty() && !cursor_.Expect(",")) return std::nullopt;
      const size_t begin = cursor_.position();
      std::string name = cursor_.NextIs('[') || cursor_.NextIs('*')
                             ? ""
                             : cursor_.Name("a parameter").value_or("");
      if (!cursor_.Take(":")) {
        name.clear();
        cursor_.Rewind(begin);
      }
      const auto type = Read(depth + 1, nullptr);
      if (!type) return std::nullopt;
      params.push_back({*type, false});
      if (inputs != nullptr) inputs->push_back({name, types::TypeText(types_, *type)});
    }
    const auto result = Read(depth + 1, nullptr);
    if (!result) return std::nullopt;
    return types_.Fn(params, *result, is_task);
  }

  TextCursor& cursor_;
  TypeStore& types_;
};

}  // namespace

std::optional<Value> ReadBinding(TextCursor& cursor, TypeStore& types, bool* is_color_number) {
  const size_t begin = cursor.position();
  *is_color_number = cursor.Take("=") && cursor.Take("color");
  if (*is_color_number) {
    const auto color = cursor.Number("a color", kMaxColor);
    if (!color) return std::nullopt;
    return Value::ComptimeInt(int64_t{*color});
  }
  cursor.Rewind(begin);
  return ValueReader(cursor, types).Binding(0);
}

std::optional<TypeId> ReadType(TextCursor& cursor, TypeStore& types,
                               std::vector<ExportInput>* inputs) {
  return TypeReader(cursor, types).Read(0, inputs);
}

}  // namespace csl::layout
