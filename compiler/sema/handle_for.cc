// SPDX-License-Identifier: Apache-2.0
// for over ranges, arrays and tuples: executed at compile time, unrolled (inline), or one loop.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/loop.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::BigInt;
using types::TypeId;
using types::Value;

namespace {

void Bind(Frame& f, LocalId local, Operand value) {
  Slot& s = f.slot(local);
  s.kind = SlotKind::kBound;
  s.is_const = true;
  s.type = value.type;
  s.bound = std::move(value);
}

// Hands out the elements of a known iterable, one after the other. Those of a variable are read
// when it is their turn.
class Sequence {
 public:
  // False if it is not iterable at compile time: reported.
  bool Start(Frame& f, InstId i, const Operand& o) {
    types::TypeStore& s = f.sema.types;
    source_ = o;
    if (s.kind(o.type) == types::Kind::kRange) {
      const std::optional<Value> range = KnownValue(f, o, f.span(i), "the range of this loop");
      if (!range) return false;
      type_ = s.element(o.type);
      next_ = types::ToBigInt(s, range->element(0));
      stop_ = types::ToBigInt(s, range->element(1));
      step_ = types::ToBigInt(s, range->element(2));
      is_range_ = true;
      SetSmall(s);
      return true;
    }
    if (s.kind(o.type) == types::Kind::kArray) {
      count_ = s.element_count(o.type);
      return true;
    }
    if (s.is_tuple(o.type)) {
      count_ = s.fields(o.type).size();
      return true;
    }
    Fail(f, i, Kind::kNotIterable, {f.sema.TypeText(o.type)});
    return false;
  }

  bool done() const {
    if (!is_range_) return index_ >= count_;
    if (is_small_) return small_next_ >= small_stop_;
    return step_.is_negative() ? next_ <= stop_ : next_ >= stop_;
  }

  Operand Take(Frame& f) {
    ++index_;
    const auto n = static_cast<uint32_t>(index_ - 1);
    if (!is_range_ && source_.is_place()) return ElementOfCell(f, *source_.place, n);
    if (!is_range_) return PartOf(f, source_, n);
    if (is_small_) {
      const auto bits = static_cast<uint64_t>(small_next_);
      small_next_ += small_step_;
      return Operand::Const(Value::Immediate(type_, bits));
    }
    Operand element = Operand::Const(types::IntValue(f.sema.types, type_, next_));
    next_ = next_ + step_;
    return element;
  }

 private:
  // Ranges that count up among numbers of 0 .. 2^31 - 1 need no BigInt.
  void SetSmall(const types::TypeStore& s) {
    const BigInt most(INT32_MAX);
    const bool fits = next_ >= BigInt(0) && stop_ >= BigInt(0) && step_ > BigInt(0) &&
                      next_ <= most && stop_ <= most && step_ <= most;
    if (!fits || (types::IsInt(s, type_) && s.int_bits(type_) < 8)) return;
    is_small_ = types::IsAnyInt(s, type_) && FitsIn(s, stop_);
    small_next_ = next_.Low64(), small_stop_ = stop_.Low64(), small_step_ = step_.Low64();
  }
  bool FitsIn(const types::TypeStore& s, const BigInt& n) const {
    return type_ == types::kComptimeIntType || n.FitsInt(s.int_is_signed(type_), s.int_bits(type_));
  }

  static Operand ElementOfCell(Frame& f, Place place, uint32_t n) {
    place.type = f.sema.types.element(place.type);
    place.path.push_back(n);
    return LoadPlace(f, Operand::Of(std::move(place)), {});
  }

  Operand source_;
  bool is_range_ = false;
  TypeId type_;
  BigInt next_, stop_, step_;
  bool is_small_ = false;
  int64_t small_next_ = 0, small_stop_ = 0, small_step_ = 0;
  uint64_t index_ = 0, count_ = 0;
};

// What the index is while it is known. A function's loop has the index that it has at run time; in
// layout and comptime blocks, and where iterations are copies of the body, it is any number.
Operand KnownIndex(Frame& f, const untyped::For& inst, int64_t n) {
  const bool is_word = f.decl.kind == lower::DeclKind::kFunction && !inst.is_inline && n <= 0xffff;
  return Operand::Const(is_word ? types::IntValue(f.sema.types, types::kU16Type, BigInt(n))
                                : Value::ComptimeInt(n));
}

// Comptime loops, and inline ones in run-time code.
Flow UnrolledFor(Frame& f, InstId i, const Operand& iterable, const untyped::For& inst) {
  Sequence sequence;
  if (!sequence.Start(f, i, iterable)) return f.Set(i, Operand::Poison());
  IterationCount count(f, i);
  std::optional<LoopTarget> target;
  if (f.emits()) target.emplace(f, i);
  Flow flow = Flow::kNext;
  for (int64_t n = 0; !sequence.done(); ++n) {
    if (!count.Next()) return f.Set(i, Operand::Poison());
    Bind(f, inst.element, sequence.Take(f));
    if (inst.index.valid()) Bind(f, inst.index, KnownIndex(f, inst, n));
    flow = RunBody(f, inst.body);
    if (target) {
      if (flow == Flow::kError) return flow;
      if (!target->EnterNext(flow)) break;
      flow = Flow::kNext;
      continue;
    }
    if (flow == Flow::kBreak && f.jump_target == i) break;
    const bool goes_on = flow == Flow::kNext || (flow == Flow::kContinue && f.jump_target == i);
    if (!goes_on) return flow;
  }
  if (!target) return f.Set(i, Operand::Void());
  // Falling out of the last iteration leads to the exit as breaks do.
  if (flow == Flow::kNext && (*target)->exit.valid()) f.builder->Br((*target)->exit);
  if (flow == Flow::kNext && !(*target)->exit.valid()) return f.Set(i, Operand::Void());
  return target->Leave(i, flow);
}

struct Counter {
  TypeId type;
  ir::ValueId start, stop, step;
  ir::Op less = ir::Op::kSLt;
  bool down = false;      // the step is negative
  bool unit_step = true;  // 1 or -1: the counter meets the end exactly
  // A step known at run time only: all ones if it is negative, else zero; and its size.
  ir::ValueId sign, size;
};

// Whether the loop runs at all.
ir::ValueId Enters(ir::IrBuilder& b, const Counter& c) {
  const ir::ValueId up = b.Binary(c.less, c.start, c.stop);
  if (!c.down && !c.size.valid()) return up;
  const ir::ValueId down = b.Binary(c.less, c.stop, c.start);
  if (!c.size.valid()) return down;
  const ir::ValueId zero = b.Int(ir::BitWidth(b.TypeOf(c.step)), 0);
  const ir::ValueId steps = b.Binary(ir::Op::kNe, c.step, zero);
  const ir::ValueId towards =
      c.sign.valid() ? b.Select(b.Binary(ir::Op::kNe, c.sign, zero), down, up) : up;
  return b.Binary(ir::Op::kAnd, steps, towards);
}

// How far the counter is from the end, in the direction of the step, which is not passed yet.
ir::ValueId Left(ir::IrBuilder& b, const Counter& c, ir::ValueId counter) {
  if (c.down) return b.Binary(ir::Op::kSub, counter, c.stop);
  const ir::ValueId left = b.Binary(ir::Op::kSub, c.stop, counter);
  if (!c.sign.valid()) return left;
  return b.Binary(ir::Op::kSub, b.Binary(ir::Op::kXor, left, c.sign), c.sign);
}

// Behind the last block of the body: count on, or leave. The loop is tested at its end, so that an
// iteration costs one compare and branch.
void CloseLoop(Frame& f, const Counter& c, ir::BlockId body, ir::BlockId exit, ir::ValueId counter,
               ir::ValueId index) {
  ir::IrBuilder& b = *f.builder;
  if (!c.unit_step) {
    // The next value could pass the end of the type: compare what is left with the step.
    const ir::ValueId left = Left(b, c, counter);
    const ir::ValueId size = c.size.valid() ? c.size : c.down ? b.Neg(c.step) : c.step;
    const ir::BlockId more = b.NewBlock();
    b.CondBr(b.Binary(ir::Op::kULe, left, size), exit, more);
    b.SetBlock(more);
  }
  std::vector<ir::ValueId> args = {b.Binary(ir::Op::kAdd, counter, c.step)};
  if (index.valid()) args.push_back(b.Binary(ir::Op::kAdd, index, b.Int(16, 1)));
  if (!c.unit_step) {
    b.Br(body, args);
    return;
  }
  const ir::ValueId more =
      c.down ? b.Binary(c.less, c.stop, args[0]) : b.Binary(c.less, args[0], c.stop);
  b.CondBr(more, body, exit, args);
}

template <typename MakeElement>
Flow CountedLoop(Frame& f, InstId i, const untyped::For& inst, const Counter& c,
                 MakeElement make_element) {
  ir::IrBuilder& b = *f.builder;
  const bool has_index = inst.index.valid();
  const ir::Type type = IrType(f.sema.types, c.type);
  const ir::BlockId body = has_index ? b.NewBlock({type, ir::IntType(16)}) : b.NewBlock({type});
  LoopTarget target(f, i);
  target->exit = b.NewBlock();
  std::vector<ir::ValueId> args = {c.start};
  if (has_index) args.push_back(b.Int(16, 0));
  b.CondBr(Enters(b, c), body, target->exit, args);
  b.SetBlock(body);
  const ir::ValueId counter = b.BlockParam(body, 0);
  const ir::ValueId index = has_index ? b.BlockParam(body, 1) : ir::ValueId();
  Bind(f, inst.element, make_element(counter));
  if (has_index) Bind(f, inst.index, Operand::Runtime(types::kU16Type, index));
  ++f.control_depth;
  const Flow flow = RunBody(f, inst.body);
  --f.control_depth;
  if (target.EnterNext(flow)) CloseLoop(f, c, body, target->exit, counter, index);
  return target.Leave(i, flow);
}

void SetStep(Frame& f, const Operand& step, source::Span span, Counter* c) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  c->step = ToScalar(f, step, span);
  if (step.is_const()) {
    const BigInt by = types::ToBigInt(s, Use(f, step));
    c->down = by.is_negative();
    c->unit_step = by == BigInt(1) || by == BigInt(-1);
    return;
  }
  c->unit_step = false;
  c->size = c->step;
  if (!s.int_is_signed(c->type)) return;
  c->sign = b.Binary(ir::Op::kAShr, c->step, b.Int(16, s.int_bits(c->type) - 1));
  c->size = b.Binary(ir::Op::kSub, b.Binary(ir::Op::kXor, c->step, c->sign), c->sign);
}

Flow RangeLoop(Frame& f, InstId i, const Operand& range, const untyped::For& inst) {
  types::TypeStore& s = f.sema.types;
  const TypeId type = s.element(range.type);
  if (!types::IsInt(s, type)) {
    return f.Set(i, Fail(f, i, Kind::kNotComptime, {"a range of " + f.sema.TypeText(type)}));
  }
  Counter c;
  c.type = type;
  c.less = s.int_is_signed(type) ? ir::Op::kSLt : ir::Op::kULt;
  c.start = ToScalar(f, PartOf(f, range, 0), f.span(i));
  c.stop = ToScalar(f, PartOf(f, range, 1), f.span(i));
  SetStep(f, PartOf(f, range, 2), f.span(i), &c);
  return CountedLoop(f, i, inst, c, [&](ir::ValueId v) { return Operand::Runtime(type, v); });
}

Flow ArrayLoop(Frame& f, InstId i, const Operand& array, const untyped::For& inst) {
  types::TypeStore& s = f.sema.types;
  const TypeId element = s.element(array.type);
  const uint32_t size = static_cast<uint32_t>(types::SizeOf(s, element));
  const ir::ValueId base = ToMemory(f, array, f.span(i));
  ir::IrBuilder& b = *f.builder;
  Counter c;
  c.type = types::kU16Type;
  c.less = ir::Op::kULt;
  c.start = b.Int(16, 0);
  c.stop = b.Int(16, s.element_count(array.type));
  c.step = b.Int(16, 1);
  return CountedLoop(f, i, inst, c, [&](ir::ValueId v) {
    return Detach(f, LoadFrom(f, element, b.ElementPtr(base, v, false, size), 0), f.span(i));
  });
}

}  // namespace

Flow HandleFor(Frame& f, InstId i, const untyped::For& inst) {
  types::TypeStore& s = f.sema.types;
  Operand iterable = f.result(inst.iterable);
  const bool is_comptime_array = iterable.is_place() && iterable.place->kind == PlaceKind::kCell &&
                                 s.kind(iterable.type) == types::Kind::kArray;
  const bool unrolls = !f.emits() || inst.is_inline;
  if (!is_comptime_array || !unrolls) iterable = ValueOf(f, iterable, f.span(inst.iterable));
  if (iterable.is_poison()) return f.Set(i, iterable);
  if (!iterable.type.valid()) return f.Set(i, Fail(f, i, Kind::kNotIterable, {"a module"}));
  if (unrolls) return UnrolledFor(f, i, iterable, inst);
  f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  if (s.kind(iterable.type) == types::Kind::kRange) return RangeLoop(f, i, iterable, inst);
  if (s.kind(iterable.type) == types::Kind::kArray) {
    if (!types::HasRuntimeBits(s, iterable.type)) {
      return f.Set(i, Fail(f, i, Kind::kRunTimeComptimeOnly, {f.sema.TypeText(iterable.type)}));
    }
    return ArrayLoop(f, i, iterable, inst);
  }
  if (s.is_tuple(iterable.type)) {
    return f.Set(i, Fail(f, i, Kind::kTupleNeedsInline));
  }
  return f.Set(i, Fail(f, i, Kind::kNotIterable, {f.sema.TypeText(iterable.type)}));
}

}  // namespace csl::sema
