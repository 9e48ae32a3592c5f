// SPDX-License-Identifier: Apache-2.0
#include "tests/optimiser/random_module.h"

#include <random>
#include <string>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/ops.h"

namespace csl::optimiser {
namespace {

using ir::Op;
using ir::Type;
using ir::ValueId;

constexpr Type kTypes[] = {ir::IntType(16), ir::IntType(32), ir::IntType(1),  ir::IntType(5),
                           ir::IntType(8),  ir::IntType(20), ir::IntType(40), ir::IntType(64),
                           ir::IntType(96), ir::kF16Type,    ir::kF32Type};
constexpr Op kIntegerOps[] = {Op::kAdd,  Op::kSub,  Op::kMul, Op::kSDiv, Op::kUDiv,
                              Op::kSRem, Op::kURem, Op::kShl, Op::kAShr, Op::kLShr,
                              Op::kAnd,  Op::kOr,   Op::kXor};
constexpr Op kFloatOps[] = {Op::kFAdd, Op::kFSub, Op::kFMul, Op::kFDiv};
constexpr Op kIntegerCompares[] = {Op::kEq, Op::kNe, Op::kSLt, Op::kSLe, Op::kULt, Op::kULe};
constexpr Op kFloatCompares[] = {Op::kFEq, Op::kFNe, Op::kFLt, Op::kFLe};
constexpr int kElements = 8;  // of every array

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}
  ir::Module Run();

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  template <typename T, size_t N>
  T Any(const T (&items)[N]) {
    return items[Below(N)];
  }
  // Widths that programs use more often come first.
  Type AnyType() { return OneIn(2) ? kTypes[Below(2)] : Any(kTypes); }
  Type AnyInteger() {
    for (;;) {
      if (const Type type = AnyType(); type.is_int()) return type;
    }
  }

  void MakeFunction(const std::string& name, std::vector<Type> params, Type result);
  ValueId Constant(Type type);
  ValueId Leaf(Type type);
  ValueId Expression(Type type, int depth);
  ValueId Compare(int depth);
  ValueId FromAnother(Type type, int depth);
  ValueId ElementOf(ir::GlobalId array, Type type);
  void Statement(int depth);
  void Statements(int count, int depth);
  void If(int depth);
  void Loop(int depth);

  std::mt19937_64 random_;
  ir::Module module_;
  ir::IrBuilder* b_ = nullptr;
  struct Variable {
    Type type;
    ValueId address;
  };
  std::vector<Variable> variables_;
  std::vector<ir::GlobalId> arrays_;  // by position in kTypes
  std::vector<ir::FunctionId> callees_;
};

size_t IndexOf(Type type) {
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    if (kTypes[i] == type) return i;
  }
  return 0;
}

ValueId Generator::Constant(Type type) {
  const uint32_t bits = ir::BitWidth(type);
  static constexpr uint64_t kInteresting[] = {0,  1,  2,  3,   5,   7,   10,     16,
                                              31, 32, 33, 100, 255, 641, 0x7fff, 0x8000};
  uint64_t value = Any(kInteresting);
  if (type.is_float()) {
    static constexpr double kNumbers[] = {0,    1,    -1,    0.5, 3,     -7.25,
                                          1000, 1e-3, 65504, 1e9, -1e18, 1e30};
    const double number = Any(kNumbers);
    if (type == ir::kF32Type) return b_->F32(static_cast<float>(number));
    return b_->F16Bits(static_cast<uint16_t>(random_()));
  }
  if (OneIn(3)) value = random_();
  if (OneIn(4)) value = uint64_t{0} - value;
  if (OneIn(8)) value = uint64_t{1} << Below(std::min(bits, 64u));
  if (bits < 64) value &= (uint64_t{1} << bits) - 1;
  return b_->function().Const(type, value);
}

// A place that exists whatever the index.
ValueId Generator::ElementOf(ir::GlobalId array, Type type) {
  const ValueId index = b_->Binary(Op::kAnd, Leaf(ir::IntType(16)), b_->Int(16, kElements - 1));
  return b_->ElementPtr(b_->GlobalAddress(array), index, OneIn(2), ir::StoreSize(type));
}

ValueId Generator::Leaf(Type type) {
  if (OneIn(4)) return Constant(type);
  std::vector<ValueId> places;
  for (const Variable& v : variables_) {
    if (v.type == type) places.push_back(v.address);
  }
  if (places.empty() || OneIn(6)) {
    const ir::GlobalId array = arrays_[IndexOf(type)];
    return b_->Load(type, b_->GlobalAddress(array),
                    static_cast<int32_t>(Below(kElements) * ir::StoreSize(type)));
  }
  return b_->Load(type, places[Below(static_cast<uint32_t>(places.size()))]);
}

ValueId Generator::Compare(int depth) {
  const Type type = AnyType();
  const Op op = type.is_float() ? Any(kFloatCompares) : Any(kIntegerCompares);
  return b_->Binary(op, Expression(type, depth - 1), Expression(type, depth - 1));
}

ValueId Generator::FromAnother(Type type, int depth) {
  if (type.is_float()) {
    if (OneIn(3)) {
      const bool to_f32 = type == ir::kF32Type;
      return b_->Convert(to_f32 ? Op::kFpExt : Op::kFpTrunc, type,
                         Expression(to_f32 ? ir::kF16Type : ir::kF32Type, depth));
    }
    return b_->Convert(OneIn(2) ? Op::kSIToFp : Op::kUIToFp, type, Expression(AnyInteger(), depth));
  }
  if (OneIn(4)) {
    return b_->Convert(OneIn(2) ? Op::kFpToSI : Op::kFpToUI, type,
                       Expression(OneIn(2) ? ir::kF16Type : ir::kF32Type, depth));
  }
  if (type.is_int(32) && OneIn(4)) {
    return b_->Convert(Op::kBitcast, type, Expression(ir::kF32Type, depth));
  }
  return b_->IntCast(type.bits, Expression(AnyInteger(), depth), OneIn(2));
}

ValueId Generator::Expression(Type type, int depth) {
  if (depth <= 0) return Leaf(type);
  if (type.is_int(1) && !OneIn(4)) return Compare(depth);
  switch (Below(8)) {
    case 0:
      return Leaf(type);
    case 1:
      return FromAnother(type, depth - 1);
    case 2:
      return b_->Select(Compare(depth - 1), Expression(type, depth - 1),
                        Expression(type, depth - 1));
    case 3:
      return b_->Load(type, ElementOf(arrays_[IndexOf(type)], type));
    default:
      break;
  }
  const ValueId a = Expression(type, depth - 1);
  if (type.is_float()) {
    return OneIn(6) ? b_->Neg(a) : b_->Binary(Any(kFloatOps), a, Expression(type, depth - 1));
  }
  const Op op = Any(kIntegerOps);
  const bool is_shift = op == Op::kShl || op == Op::kAShr || op == Op::kLShr;
  // Constants on the right are what most rules look for.
  const Type right = is_shift ? AnyInteger() : type;
  return b_->Binary(op, a, OneIn(2) ? Constant(right) : Expression(right, depth - 1));
}

void Generator::If(int depth) {
  const ir::BlockId yes = b_->NewBlock();
  const ir::BlockId no = b_->NewBlock();
  const ir::BlockId after = b_->NewBlock();
  b_->CondBr(Compare(2), yes, no);
  b_->SetBlock(yes);
  Statements(2, depth - 1);
  b_->Br(after);
  b_->SetBlock(no);
  Statements(static_cast<int>(Below(3)), depth - 1);
  b_->Br(after);
  b_->SetBlock(after);
}

void Generator::Loop(int depth) {
  const Type type = OneIn(3) ? ir::IntType(32) : ir::IntType(16);
  const ValueId counter = b_->Alloca(ir::StoreSize(type), 4);
  const uint64_t step = 1 + Below(3);
  const uint64_t stop = step * (1 + Below(5));
  b_->Store(b_->Int(type.bits, 0), counter);
  const ir::BlockId head = b_->NewBlock();
  const ir::BlockId body = b_->NewBlock();
  const ir::BlockId after = b_->NewBlock();
  b_->Br(head);
  b_->SetBlock(head);
  const ValueId now = b_->Load(type, counter);
  b_->CondBr(b_->Binary(OneIn(2) ? Op::kSLt : Op::kULt, now, b_->Int(type.bits, stop)), body,
             after);
  b_->SetBlock(body);
  const size_t outer = variables_.size();
  // The counter may be read, not written: a copy stands for it.
  const ValueId copy = b_->Alloca(ir::StoreSize(type), 4);
  b_->Store(b_->Load(type, counter), copy);
  variables_.push_back({type, copy});
  Statements(3, depth - 1);
  variables_.resize(outer);
  if (OneIn(4)) {
    const ir::BlockId go_on = b_->NewBlock();
    b_->CondBr(Compare(1), after, go_on);
    b_->SetBlock(go_on);
  }
  b_->Store(b_->Binary(Op::kAdd, b_->Load(type, counter), b_->Int(type.bits, step)), counter);
  b_->Br(head);
  b_->SetBlock(after);
}

void Generator::Statement(int depth) {
  const uint32_t kind = Below(12);
  if (depth > 0 && kind < 2) return If(depth);
  if (depth > 0 && kind < 4) return Loop(depth);
  if (kind < 6) {
    const Type type = AnyType();
    const ValueId value = Expression(type, 2);
    b_->Store(value, ElementOf(arrays_[IndexOf(type)], type));
    return;
  }
  if (kind == 6 && !callees_.empty()) {
    const ir::FunctionId callee = callees_[Below(static_cast<uint32_t>(callees_.size()))];
    const ir::Function& f = module_.function(callee);
    std::vector<ValueId> args;
    for (ValueId param : std::vector<ValueId>(f.params))
      args.push_back(Expression(f.value(param).type, 1));
    const ValueId result = b_->Call(callee, args);
    if (result.valid()) b_->Store(result, b_->GlobalAddress(arrays_[IndexOf(f.result)]));
    return;
  }
  if (kind == 7 && OneIn(2)) {
    const uint32_t from = Below(std::size(kTypes));
    const uint32_t bytes = ir::StoreSize(kTypes[from]) * (kElements / 2);
    b_->Copy(b_->GlobalAddress(arrays_[from], static_cast<int32_t>(bytes)),
             b_->GlobalAddress(arrays_[from]), bytes);
    return;
  }
  const Variable& v = variables_[Below(static_cast<uint32_t>(variables_.size()))];
  b_->Store(Expression(v.type, 3), v.address);
}

void Generator::Statements(int count, int depth) {
  for (int i = 0; i < count; ++i) Statement(depth);
}

void Generator::MakeFunction(const std::string& name, std::vector<Type> params, Type result) {
  const ir::FunctionId id = module_.AddFunction(name);
  ir::Function& f = module_.function(id);
  for (Type type : params) f.AddParam(type);
  f.result = result;
  f.is_entry = name == "main";
  f.is_noinline = !f.is_entry && OneIn(2);
  ir::IrBuilder builder(module_, id);
  b_ = &builder;
  variables_.clear();
  for (size_t i = 0; i < params.size(); ++i) {
    variables_.push_back({params[i], builder.Alloca(ir::StoreSize(params[i]), 4)});
    builder.Store(builder.Param(i), variables_.back().address);
  }
  const uint32_t extra = f.is_entry ? 6 : 2;
  for (uint32_t i = 0; i < extra; ++i) {
    const Type type = AnyType();
    variables_.push_back({type, builder.Alloca(ir::StoreSize(type), 4)});
    builder.Store(Constant(type), variables_.back().address);
  }
  Statements(f.is_entry ? 8 : 2, f.is_entry ? 3 : 1);
  if (result.is_void()) {
    builder.Ret();
  } else {
    builder.Ret(Expression(result, 2));
  }
  callees_.push_back(id);
}

ir::Module Generator::Run() {
  module_.name = "random";
  static constexpr isa::Fp16Format kFormats[] = {isa::Fp16Format::kF16, isa::Fp16Format::kBf16,
                                                 isa::Fp16Format::kCb16};
  module_.fp16_format = Any(kFormats);
  for (Type type : kTypes) {
    ir::Global array;
    array.name = "array_" + ir::TypeText(type);
    array.size_bytes = ir::StoreSize(type) * kElements;
    array.alignment = 4;
    array.is_used = true;
    // Elements hold numbers of their type: bits above the width are zero.
    const uint32_t bits = ir::BitWidth(type);
    for (uint32_t i = 0; i < array.size_bytes; ++i) {
      const uint32_t bit = i % ir::StoreSize(type) * 8;
      const uint32_t left = bit < bits ? std::min(bits - bit, 8u) : 0;
      array.bytes.push_back(static_cast<uint8_t>(random_() & ((1u << left) - 1)));
    }
    arrays_.push_back(module_.AddGlobal(array));
  }
  for (int i = 0; i < 2; ++i) {
    std::vector<Type> params;
    for (uint32_t n = Below(4); n > 0; --n) params.push_back(AnyType());
    const Type result = AnyType();
    MakeFunction("callee" + std::to_string(i), params, result);
  }
  MakeFunction("main", {ir::IntType(32), ir::IntType(16)}, ir::kVoidType);
  return std::move(module_);
}

}  // namespace

ir::Module RandomModule(uint64_t seed) { return Generator(seed).Run(); }

}  // namespace csl::optimiser
