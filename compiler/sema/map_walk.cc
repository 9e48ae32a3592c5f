// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/map_walk.h"

#include "compiler/sema/dsd.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

// Why the argument cannot take part; nullopt if it can.
std::optional<Kind> Rule(types::Kind kind, bool is_output) {
  switch (kind) {
    case types::Kind::kFifoDsd:
    case types::Kind::kDsrFifoDest:
    case types::Kind::kDsrFifoSrc1:
      return Kind::kMapFifo;
    case types::Kind::kCircbufDsd:
      return Kind::kCircbufOperand;
    case types::Kind::kFabinDsd:
      if (is_output) return Kind::kMapOutputFabin;
      return std::nullopt;
    case types::Kind::kFaboutDsd:
      if (!is_output) return Kind::kMapInputFabout;
      return std::nullopt;
    case types::Kind::kDsrDest:
      if (!is_output) return Kind::kMapInputDsr;
      return std::nullopt;
    case types::Kind::kDsrSrc0:
      return is_output ? Kind::kMapOutputDsr : Kind::kMapInputDsr;
    case types::Kind::kDsrSrc1:
      if (is_output) return Kind::kMapOutputDsr;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Walk> Walk::Start(Frame& f, const Operand& o, TypeId element, bool is_output,
                                source::Span span) {
  const types::TypeStore& s = f.sema.types;
  if (const std::optional<Kind> rule = Rule(s.kind(o.type), is_output)) {
    FailAt(f, span, *rule);
    return std::nullopt;
  }
  Walk walk;
  walk.element_ = element;
  if (types::IsDsr(s, o.type)) {
    walk.medium_ = Medium::kDsr;
    const std::optional<ir::DsrRef> dsr = DsrOf(f, o, is_output, span);
    if (!dsr) return std::nullopt;
    walk.dsr_ = *dsr;
    walk.length_ = f.builder->DsrOperation(ir::DsrOp::kLength, *dsr, 0, {}, ir::IntType(16));
  } else if (types::IsFabricDsd(s, o.type)) {
    walk.medium_ = Medium::kFabric;
    walk.StartFabric(f, o, span);
    if (!is_output) {
      const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, element));
      walk.buffer_ = f.builder->Alloca(size, size);
    }
  } else {
    walk.StartMemory(f, o, span);
  }
  return walk;
}

void Walk::StartMemory(Frame& f, const Operand& o, source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const uint64_t size = types::SizeOf(f.sema.types, element_);
  const bool is_flat = f.sema.types.kind(o.type) == types::Kind::kMem1dDsd;
  if (o.is_const() && o.value.form() == types::Form::kDsd) {
    const types::DsdData& data = Use(f, o).dsd();
    base_ = ToScalar(f, Operand::Const(data.base), span);
    uint32_t length = 1;
    for (size_t d = 0; d < data.rank; ++d) {
      const uint16_t extent = data.extent[data.rank - 1 - d];
      length *= extent;
      extents_.push_back(b.Int(16, extent));
      steps_.push_back(b.Int(16, static_cast<uint64_t>(data.stride[d]) * size));
    }
    length_ = b.Int(16, std::min<uint32_t>(length, 0xffff));
    return;
  }
  const ir::ValueId dsd = ToMemory(f, o, span);
  base_ = b.Load(ir::kPointerType, dsd, isa::kDsdBaseOffset);
  for (int d = 0; d < (is_flat ? 1 : 4); ++d) {
    const auto word = [&](uint32_t offset) {
      return b.Load(ir::IntType(16), dsd, static_cast<int32_t>(offset));
    };
    extents_.push_back(word(isa::DsdExtentOffset(d)));
    steps_.push_back(b.Binary(ir::Op::kMul, word(isa::DsdStrideOffset(d)), b.Int(16, size)));
    length_ = d == 0 ? extents_[0] : b.Binary(ir::Op::kMul, length_, extents_.back());
  }
}

void Walk::StartFabric(Frame& f, const Operand& o, source::Span span) {
  ir::IrBuilder& b = *f.builder;
  one_element_ = b.Alloca(isa::kDsdBytes, 2);
  StoreTo(f, one_element_, 0, o, span);
  length_ = b.Load(ir::IntType(16), one_element_, isa::kDsdExtentOffset);
  b.Store(b.Int(16, 1), one_element_, isa::kDsdExtentOffset);
}

std::vector<ir::ValueId> Walk::First() const {
  if (medium_ != Medium::kMemory) return {};
  std::vector<ir::ValueId> state = {base_};
  state.insert(state.end(), extents_.begin(), extents_.end() - 1);
  return state;
}

std::vector<ir::ValueId> Walk::Next(Frame& f, std::span<const ir::ValueId> now) const {
  if (medium_ != Medium::kMemory) return {};
  ir::IrBuilder& b = *f.builder;
  std::vector<ir::ValueId> next(now.begin(), now.end());
  ir::ValueId step = steps_[0];
  ir::ValueId complete;  // all faster dimensions are through; not valid: always
  for (size_t d = 0; d + 1 < extents_.size(); ++d) {
    const ir::ValueId left = b.Binary(ir::Op::kSub, now[d + 1], b.Int(16, 1));
    const ir::ValueId is_last = b.Binary(ir::Op::kEq, left, b.Int(16, 0));
    const ir::ValueId wrapped = b.Select(is_last, extents_[d], left);
    next[d + 1] = complete.valid() ? b.Select(complete, wrapped, now[d + 1]) : wrapped;
    complete = complete.valid() ? b.Binary(ir::Op::kAnd, complete, is_last) : is_last;
    step = b.Select(complete, steps_[d + 1], step);
  }
  next[0] = b.PtrAdd(now[0], step);
  return next;
}

ir::DsdOp Walk::MoveOp(const types::TypeStore& s) const {
  const bool is_wide = types::SizeOf(s, element_) == 4;
  if (types::IsFixedFloat(s, element_)) return is_wide ? ir::DsdOp::kFmovs : ir::DsdOp::kFmovh;
  return is_wide ? ir::DsdOp::kMov32 : ir::DsdOp::kMov16;
}

Operand Walk::Read(Frame& f, std::span<const ir::ValueId> now) const {
  const types::TypeStore& s = f.sema.types;
  if (medium_ == Medium::kMemory) return LoadFrom(f, element_, now[0], 0);
  if (medium_ == Medium::kDsr) {
    return Operand::Runtime(
        element_, f.builder->DsrOperation(ir::DsrOp::kGet, dsr_, 0, {}, IrType(s, element_)));
  }
  ir::DsdArgs move;
  move.op = MoveOp(s);
  move.dest = ir::DsdArg::ScalarPointer(buffer_);
  move.src1 = ir::DsdArg::FabricDsd(one_element_);
  f.builder->DsdOperation(move);
  return LoadFrom(f, element_, buffer_, 0);
}

void Walk::Write(Frame& f, std::span<const ir::ValueId> now, const Operand& value,
                 source::Span span) const {
  if (medium_ == Medium::kMemory) {
    StoreTo(f, now[0], 0, value, span);
    return;
  }
  const ir::ValueId scalar = ToScalar(f, value, span);
  if (medium_ == Medium::kDsr) {
    f.builder->DsrOperation(ir::DsrOp::kPut, dsr_, 0, std::array{scalar});
    return;
  }
  ir::DsdArgs move;
  move.op = MoveOp(f.sema.types);
  move.dest = ir::DsdArg::FabricDsd(one_element_);
  move.src1 = ir::DsdArg::Scalar(scalar);
  f.builder->DsdOperation(move);
}

}  // namespace csl::sema
