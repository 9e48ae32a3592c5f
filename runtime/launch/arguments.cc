// SPDX-License-Identifier: Apache-2.0
#include "runtime/launch/arguments.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "runtime/launch/round_float.h"

namespace csl::runtime {
namespace {

enum class TypeKind { kSigned, kUnsigned, kBool, kFloat };

struct ScalarType {
  std::string_view text;
  TypeKind kind;
  int bits;
  int64_t min;
  int64_t max;
};

constexpr ScalarType kScalarTypes[] = {
#define SCALAR_TYPE(text, kind, bits, min, max) {text, TypeKind::kind, bits, min, max},
#include "runtime/launch/scalar_types.def"
#undef SCALAR_TYPE
};

// What an argument is called in a message: "argument 2 ('n: i16')".
std::string Where(const image::Export& function, size_t index) {
  const image::ExportInput& input = function.inputs[index];
  const std::string name = input.name.empty() ? input.type : input.name + ": " + input.type;
  return fmt::format("launch of '{}': argument {} ('{}')", function.name, index + 1, name);
}

std::string Allowed(const ScalarType& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return "a bool";
    case TypeKind::kFloat:
      return fmt::format("a Python number{}", type.text == "f32"   ? " or numpy.float32"
                                              : type.text == "f16" ? " or numpy.float16"
                                                                   : " or numpy.uint16 bits");
    case TypeKind::kSigned:
      return fmt::format("a Python int or numpy.int{}", type.bits);
    case TypeKind::kUnsigned:
      return fmt::format("a Python int or numpy.uint{}", type.bits);
  }
  return "";
}

// Whether a NumPy scalar of type `given` may be passed for a parameter of type `wanted`.
bool SameType(std::string_view given, std::string_view wanted) {
  if (given == wanted) return true;
  // Types NumPy does not have travel as their bits.
  return given == "u16" && (wanted == "bf16" || wanted == "cb16" || wanted == "color");
}

StatusOr<uint32_t> EncodeReal(const std::string& where, std::string_view type, double value,
                              const std::string& text) {
  if (type == "cb16") {
    return Unimplemented(where + ": not supported yet: numbers as cb16; pass numpy.uint16 bits");
  }
  const FloatFormat format = type == "f32" ? kF32 : type == "f16" ? kF16 : kBf16;
  const uint32_t bits = RoundToFormat(value, format);
  const uint32_t infinity = ((1u << format.exponent_bits) - 1) << format.mantissa_bits;
  if (std::isfinite(value) && (bits & infinity) == infinity) {
    return OutOfRange(fmt::format("{} = {}: larger than {} can hold", where, text, type));
  }
  return bits;
}

StatusOr<uint32_t> EncodeInteger(const std::string& where, const ScalarType& type,
                                 const HostScalar& given) {
  if (given.kind == HostScalar::Kind::kHuge || given.integer < type.min ||
      given.integer > type.max) {
    return OutOfRange(
        fmt::format("{} = {}: {} holds {}..{}", where, given.text, type.text, type.min, type.max));
  }
  const uint32_t mask = type.bits == 32 ? ~0u : (1u << type.bits) - 1;
  return static_cast<uint32_t>(given.integer) & mask;
}

StatusOr<uint32_t> EncodeScalar(const std::string& where, const ScalarType& type,
                                const HostScalar& given) {
  using Kind = HostScalar::Kind;
  const bool is_integer = type.kind == TypeKind::kSigned || type.kind == TypeKind::kUnsigned;
  if (given.kind == Kind::kTyped && SameType(given.type, type.text)) return given.bits;
  if (given.kind == Kind::kBool && type.kind == TypeKind::kBool) {
    return static_cast<uint32_t>(given.integer);
  }
  if (given.kind == Kind::kInteger || given.kind == Kind::kHuge) {
    if (is_integer) return EncodeInteger(where, type, given);
    if (type.kind == TypeKind::kFloat && given.kind == Kind::kInteger) {
      return EncodeReal(where, type.text, static_cast<double>(given.integer), given.text);
    }
  }
  if (given.kind == Kind::kReal && type.kind == TypeKind::kFloat) {
    return EncodeReal(where, type.text, given.real, given.text);
  }
  return InvalidArgument(
      fmt::format("{} = {}: wrong type; must be {}", where, given.text, Allowed(type)));
}

}  // namespace

StatusOr<std::vector<uint32_t>> EncodeArguments(const image::Export& function,
                                                std::span<const HostScalar> arguments) {
  if (arguments.size() != function.inputs.size()) {
    return InvalidArgument(fmt::format("launch of '{}': {} argument{} given, its type is {}",
                                       function.name, arguments.size(),
                                       arguments.size() == 1 ? "" : "s", function.type));
  }
  std::vector<uint32_t> words;
  words.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& text = function.inputs[i].type;
    const ScalarType* type = nullptr;
    for (const ScalarType& row : kScalarTypes) {
      if (row.text == text) type = &row;
    }
    if (type == nullptr) {
      return Unimplemented(
          fmt::format("{}: not supported yet: arguments of type {}; "
                      "`call` passes raw words",
                      Where(function, i), text));
    }
    ASSIGN_OR_RETURN(uint32_t word, EncodeScalar(Where(function, i), *type, arguments[i]));
    words.push_back(word);
  }
  return words;
}

}  // namespace csl::runtime
