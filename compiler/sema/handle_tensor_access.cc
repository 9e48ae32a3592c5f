// SPDX-License-Identifier: Apache-2.0
// `|i, j|{n, m} -> A[f(i, j), ...]`: an affine walk over a tensor, as a struct of base address,
// offset (elements), stride and extent. Strides list the fastest dimension first, extents last.
#include "compiler/sema/handler.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

using Variables = std::span<const lower::Variable>;

std::optional<int64_t> SmallInt(Frame& f, const Operand& o, source::Span span,
                                std::string_view what) {
  const std::optional<Value> v = KnownValue(f, o, span, what);
  if (!v) return std::nullopt;
  if (!types::IsAnyInt(f.sema.types, v->type())) {
    FailAt(f, span, Kind::kExpectedInteger, {what, f.sema.TypeText(v->type())});
    return std::nullopt;
  }
  return static_cast<int64_t>(types::ToBigInt(f.sema.types, *v).Low64());
}

// How far each variable counts; nullopt if reported.
std::optional<std::vector<int64_t>> Extents(Frame& f, Variables variables) {
  std::vector<int64_t> extents;
  for (const lower::Variable& variable : variables) {
    const InstId extent = variable.extent;
    const std::optional<int64_t> v =
        SmallInt(f, f.result(extent), f.span(extent), "an extent of a tensor access");
    if (!v) return std::nullopt;
    if (*v < 0 || *v > UINT16_MAX) {
      Fail(f, extent, Kind::kOutOfRange, {"an extent of a tensor access", 0, UINT16_MAX, *v});
      return std::nullopt;
    }
    extents.push_back(*v);
  }
  return extents;
}

// The value of one index expression with the variables at `point`.
std::optional<int64_t> IndexAt(Frame& f, Variables variables, lower::Body body,
                               const std::vector<int64_t>& point) {
  for (size_t k = 0; k < variables.size(); ++k) {
    Slot& slot = f.slot(variables[k].local);
    slot.kind = SlotKind::kBound;
    slot.is_const = true;
    slot.bound = Operand::Const(Value::ComptimeInt(point[k]));
    slot.type = slot.bound.type;
  }
  const Operand v = RunComptime(f, body);
  if (v.is_poison()) return std::nullopt;
  return SmallInt(f, v, f.span(body.last()), "an index of a tensor access");
}

// constant + sum of coefficient * variable.
struct Affine {
  int64_t constant = 0;
  std::vector<int64_t> coefficients;
};

std::optional<Affine> Linearize(Frame& f, Variables variables, lower::Body body) {
  const size_t n = variables.size();
  Affine a;
  std::vector<int64_t> point(n, 0);
  const std::optional<int64_t> at_zero = IndexAt(f, variables, body, point);
  if (!at_zero) return std::nullopt;
  a.constant = *at_zero;
  int64_t all_twos = a.constant;
  for (size_t k = 0; k < n; ++k) {
    point.assign(n, 0);
    point[k] = 1;
    const std::optional<int64_t> v = IndexAt(f, variables, body, point);
    if (!v) return std::nullopt;
    a.coefficients.push_back(*v - a.constant);
    all_twos += 2 * a.coefficients.back();
  }
  // Products of variables, squares, divisions and remainders show at another point.
  point.assign(n, 2);
  const std::optional<int64_t> check = IndexAt(f, variables, body, point);
  if (!check) return std::nullopt;
  if (*check != all_twos) {
    FailAt(f, f.span(body.last()), Kind::kNotAffine);
    return std::nullopt;
  }
  return a;
}

// Pointer to the tensor, and its dimensions (outermost first; empty: unknown, one index).
bool FindBase(Frame& f, InstId at, Operand* pointer, std::vector<uint32_t>* dims) {
  types::TypeStore& s = f.sema.types;
  const Operand& base = f.result(at);
  TypeId tensor = base.type;
  if (tensor.valid() && s.kind(tensor) == types::Kind::kPointer) {
    *pointer = ValueOf(f, base, f.span(at));
    tensor = s.pointee(tensor);
  } else {
    *pointer = AddressOfPlace(f, base, f.span(at));
  }
  if (pointer->is_poison()) return false;
  if (!tensor.valid() || s.kind(tensor) == types::Kind::kFn) {
    FailAt(f, f.span(at), Kind::kNotIndexable, {f.sema.TypeText(tensor)});
    return false;
  }
  if (s.kind(tensor) == types::Kind::kArray) {
    const auto d = s.dims(tensor);
    dims->assign(d.begin(), d.end());
  }
  return true;
}

bool FitsI16(int64_t n) { return n >= INT16_MIN && n <= INT16_MAX; }

// Beyond 32767 elements only arrays of bytes reach.
Operand Offset(int64_t offset) {
  const TypeId type = FitsI16(offset) ? types::kI16Type : types::kI32Type;
  return Operand::Const(Value::Immediate(type, static_cast<uint64_t>(offset)));
}

Operand Shape(Frame& f, const std::vector<int64_t>& numbers, TypeId type) {
  std::vector<TypeId> elements(numbers.size(), type);
  std::vector<Value> values;
  for (int64_t n : numbers) values.push_back(Value::Immediate(type, static_cast<uint64_t>(n)));
  return Operand::Const(Value::Aggregate(f.sema.types.Tuple(elements), std::move(values)));
}

}  // namespace

Flow HandleTensorAccess(Frame& f, InstId i, const untyped::TensorAccess& inst) {
  types::TypeStore& s = f.sema.types;
  Operand base;
  std::vector<uint32_t> dims;
  if (!FindBase(f, inst.tensor, &base, &dims)) return f.Set(i, Operand::Poison());
  const Variables variables = f.List(inst.variables);
  const std::optional<std::vector<int64_t>> extents = Extents(f, variables);
  if (!extents) return f.Set(i, Operand::Poison());
  const std::span<const lower::Body> indices = f.List(inst.indices);
  const size_t rank = dims.empty() ? 1 : dims.size();
  if (indices.size() != rank) {
    return f.Set(i, Fail(f, i, Kind::kIndexCount, {"this tensor", rank, indices.size()}));
  }
  const size_t n = variables.size();
  int64_t offset = 0;
  std::vector<int64_t> linear(n, 0);
  for (size_t d = 0; d < rank; ++d) {
    const std::optional<Affine> index = Linearize(f, variables, indices[d]);
    if (!index) return f.Set(i, Operand::Poison());
    const int64_t row = d == 0 ? 1 : dims[d];
    offset = offset * row + index->constant;
    for (size_t k = 0; k < n; ++k) linear[k] = linear[k] * row + index->coefficients[k];
  }
  // The step of a slower variable undoes what the faster ones walked.
  std::vector<int64_t> stride;
  for (size_t k = n; k > 0; --k) {
    int64_t step = linear[k - 1];
    for (size_t faster = k; faster < n; ++faster) {
      step -= linear[faster] * ((*extents)[faster] - 1);
    }
    if (!FitsI16(step)) {
      return f.Set(i,
                   Fail(f, inst.tensor, Kind::kOutOfRange,
                        {"the step of a tensor access, in elements,", INT16_MIN, INT16_MAX, step}));
    }
    stride.push_back(step);
  }
  if (offset < INT32_MIN || offset > INT32_MAX) {
    return f.Set(
        i, Fail(f, inst.tensor, Kind::kOutOfRange,
                {"the offset of a tensor access, in elements,", INT32_MIN, INT32_MAX, offset}));
  }
  const Operand parts[] = {base, Offset(offset), Shape(f, stride, types::kI16Type),
                           Shape(f, *extents, types::kU16Type)};
  const types::Field fields[] = {{"base_address", base.type},
                                 {"offset", parts[1].type},
                                 {"stride", parts[2].type},
                                 {"extent", parts[3].type}};
  return f.Set(i, Assemble(f, s.AnonStruct(fields), {std::begin(parts), std::end(parts)}));
}

}  // namespace csl::sema
