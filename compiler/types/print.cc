// SPDX-License-Identifier: Apache-2.0
// Text of types and values.
#include "compiler/types/print.h"

#include <fmt/format.h>

#include <cmath>

#include "base/check.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::types {
namespace {

std::string FieldsText(const TypeStore& s, TypeId t) {
  std::string text;
  for (const Field& f : s.fields(t)) {
    if (!text.empty()) text += ", ";
    if (!s.is_tuple(t)) text += fmt::format("{}: ", f.name);
    text += TypeText(s, f.type);
  }
  return text;
}

std::string FnText(const TypeStore& s, TypeId t) {
  std::string params;
  for (const FnParam& p : s.params(t)) {
    if (!params.empty()) params += ", ";
    if (p.is_comptime) params += "comptime ";
    params += TypeText(s, p.type);
  }
  return fmt::format("{}({}){}", s.fn_is_task(t) ? "task" : "fn", params, TypeText(s, s.result(t)));
}

std::string EnumText(const TypeStore& s, TypeId t) {
  std::string text = fmt::format("enum({}) {{ ", TypeText(s, s.underlying(t)));
  for (const EnumMember& m : s.members(t)) text += fmt::format("{} = {}, ", m.name, m.value);
  text.resize(text.size() - (s.members(t).empty() ? 1 : 2));
  return text + " }";
}

std::string AggregateTypeText(const TypeStore& s, TypeId t) {
  if (!s.name(t).empty()) return std::string(s.name(t));
  if (s.is_tuple(t)) return fmt::format(".{{ {} }}", FieldsText(s, t));
  const char* packing = s.packing(t) == Packing::kExtern   ? "extern "
                        : s.packing(t) == Packing::kPacked ? "packed "
                                                           : "";
  const char* keyword = s.kind(t) == Kind::kUnion ? "union" : "struct";
  return fmt::format("{}{} {{ {} }}", packing, keyword, FieldsText(s, t));
}

}  // namespace

std::string TypeText(const TypeStore& s, TypeId t) {
  switch (s.kind(t)) {
    case Kind::kInt:
      return fmt::format("{}{}", s.int_is_signed(t) ? 'i' : 'u', s.int_bits(t));
    case Kind::kPointer:
      return fmt::format("{}{}{}", s.pointer_is_many(t) ? "[*]" : "*",
                         s.pointer_is_const(t) ? "const " : "", TypeText(s, s.pointee(t)));
    case Kind::kArray:
      return fmt::format("[{}]{}", fmt::join(s.dims(t), ", "), TypeText(s, s.element(t)));
    case Kind::kFn:
      return FnText(s, t);
    case Kind::kStruct:
    case Kind::kUnion:
      return AggregateTypeText(s, t);
    case Kind::kEnum:
      return s.name(t).empty() ? EnumText(s, t) : std::string(s.name(t));
    case Kind::kRange:
      return fmt::format("range({})", TypeText(s, s.element(t)));
    default:
      return std::string(s.name(t));
  }
}

namespace {

class ValuePrinter {
 public:
  ValuePrinter(const TypeStore& s, const ValueNames& names, size_t max_elements)
      : s_(s), names_(names), max_elements_(max_elements) {}

  std::string Text(const Value& v, bool top) const {
    switch (v.form()) {
      case Form::kNone:
        return "(no value)";
      case Form::kImmediate:
        return Scalar(v);
      case Form::kBigInt:
        return v.big_int().ToString();
      case Form::kString:
        return top ? v.string() : Quoted(v.string());
      case Form::kAggregate:
        return Aggregate(v);
      case Form::kSymbol:
        return Pointer(v);
      case Form::kCell:
        return "&(comptime variable)";
      case Form::kFunction:
        return names_.function ? names_.function(v.instance(), v.decl())
                               : fmt::format("function#{}.{}", v.instance().index, v.decl().index);
      case Form::kModule:
        return names_.module ? names_.module(v.instance())
                             : fmt::format("module#{}", v.instance().index);
      case Form::kDsd:
        return Dsd(v);
    }
    return "";
  }

 private:
  static std::string Float(double d) {
    if (std::isnan(d)) return "nan";
    if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
    std::string text = fmt::format("{}", d);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }

  std::string Scalar(const Value& v) const {
    const TypeId t = v.type();
    if (t == kVoidType) return "{}";
    if (t == kBoolType) return v.AsBool() ? "true" : "false";
    if (t == kTypeType) return TypeText(s_, v.AsType());
    // The shortest text that reads back as the same value of the type.
    if (t == kF32Type) return Float32(v);
    if (IsAnyFloat(s_, t)) return Float(ToDouble(s_, v));
    switch (s_.kind(t)) {
      case Kind::kInt:
        return s_.int_is_signed(t) ? std::to_string(v.int64()) : std::to_string(v.bits());
      case Kind::kComptimeInt:
        return std::to_string(v.int64());
      case Kind::kDirection:
        return DirectionName(v.bits());
      case Kind::kEnum:
        return EnumMemberText(v);
      case Kind::kPointer:
        return fmt::format("{:#06x}", v.bits());
      default:
        return fmt::format("{}({})", TypeText(s_, t), v.bits());
    }
  }

  std::string Float32(const Value& v) const {
    const auto f = static_cast<float>(ToDouble(s_, v));
    if (std::isnan(f) || std::isinf(f)) return Float(f);
    std::string text = fmt::format("{}", f);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }

  static std::string DirectionName(uint64_t d) {
    static constexpr const char* kNames[] = {"NORTH", "SOUTH", "EAST", "WEST", "RAMP"};
    return d < 5 ? kNames[d] : fmt::format("direction({})", d);
  }

  std::string EnumMemberText(const Value& v) const {
    for (const EnumMember& m : s_.members(v.type())) {
      if (m.value == v.int64()) return fmt::format("{}.{}", TypeText(s_, v.type()), m.name);
    }
    return fmt::format("@as({}, {})", TypeText(s_, v.type()), v.int64());
  }

  std::string Pointer(const Value& v) const {
    std::string text = "&" + (names_.symbol ? names_.symbol(v.symbol())
                                            : fmt::format("symbol#{}", v.symbol().index));
    if (v.byte_offset() > 0) text += fmt::format(" + {}", v.byte_offset());
    if (v.byte_offset() < 0) text += fmt::format(" - {}", -int64_t{v.byte_offset()});
    return text;
  }

  std::string Aggregate(const Value& v) const {
    const TypeId t = v.type();
    const Kind kind = s_.kind(t);
    const bool is_record = kind == Kind::kStruct || kind == Kind::kUnion;
    std::string text = is_record && s_.is_anonymous(t) ? "."
                       : kind == Kind::kRange          ? "@range"
                                                       : TypeText(s_, t);
    text += "{";
    const size_t shown = std::min(v.element_count(), max_elements_);
    for (size_t i = 0; i < shown; ++i) {
      text += i == 0 ? " " : ", ";
      if (is_record && !s_.is_tuple(t)) {
        const size_t field = kind == Kind::kUnion ? v.union_field() : i;
        text += fmt::format(".{} = ", s_.fields(t)[field].name);
      }
      text += Text(v.element(i), false);
    }
    if (shown < v.element_count()) text += ", ...";
    return text + (shown == 0 ? "}" : " }");
  }

  std::string Dsd(const Value& v) const {
    const DsdData& d = v.dsd();
    std::string text = fmt::format("{}{{", TypeText(s_, v.type()));
    if (d.base) text += fmt::format(" .base_address = {},", Text(d.base, false));
    const auto extents = std::span(d.extent).first(d.rank);
    text += fmt::format(" .extent = {}", fmt::join(extents, "x"));
    if (IsMemoryDsd(s_, v.type())) {
      const auto strides = std::span(d.stride).first(d.rank);
      text += fmt::format(", .stride = {}", fmt::join(strides, ","));
    }
    if (d.queue != DsdData::kNoId) text += fmt::format(", .queue = {}", d.queue);
    if (d.color != DsdData::kNoId) text += fmt::format(", .fabric_color = {}", d.color);
    if (d.control) text += ", .control = true";
    return text + " }";
  }

  static std::string Quoted(const std::string& bytes) {
    std::string text = "\"";
    for (char c : bytes) {
      if (c == '"' || c == '\\') {
        text += '\\';
        text += c;
      } else if (c == '\n') {
        text += "\\n";
      } else if (static_cast<unsigned char>(c) < 0x20) {
        text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      } else {
        text += c;
      }
    }
    return text + "\"";
  }

  const TypeStore& s_;
  const ValueNames& names_;
  size_t max_elements_;
};

}  // namespace

std::string ValueText(const TypeStore& s, const Value& v, const ValueNames& names,
                      size_t max_elements) {
  return ValuePrinter(s, names, max_elements).Text(v, true);
}

}  // namespace csl::types
