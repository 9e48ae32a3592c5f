// SPDX-License-Identifier: Apache-2.0
// @map(callback, inputs..., output): a loop that calls the callback once per element.
//
// Elements are read, passed and stored strictly one after the other; the loop ends with the
// shortest DSD. Arguments that are no DSDs are passed unchanged each time.
#include "compiler/sema/handler.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

// A DSD that the loop walks: where it is now changes, the other values do not.
struct Walk {
  size_t argument = 0;  // of the builtin
  TypeId element;
  ir::ValueId base;          // before the loop
  ir::ValueId extent;        // i16
  ir::ValueId stride_bytes;  // i16
};

struct Map {
  Operand callee;
  TypeId type;                // of the callback
  std::vector<Operand> args;  // inputs, then the output if there is one
  std::vector<source::Span> spans;
  size_t num_inputs = 0;
  bool has_output() const { return args.size() > num_inputs; }
};

// Checks the callback and the number of arguments; false if reported.
bool ReadArguments(Frame& f, const BuiltinCall& call, Map* map) {
  types::TypeStore& s = f.sema.types;
  map->callee = Arg(f, call, 0);
  if (map->callee.is_poison()) return false;
  map->type = map->callee.type;
  if (map->type.valid() && types::IsFnPointer(s, map->type)) map->type = s.pointee(map->type);
  if (!map->type.valid() || s.kind(map->type) != types::Kind::kFn || s.fn_is_task(map->type)) {
    Fail(f, call.args[0], Kind::kExpectedKind,
         {"the first argument of @map", "a function", f.sema.TypeText(map->callee.type)});
    return false;
  }
  map->num_inputs = s.params(map->type).size();
  const bool has_result = s.result(map->type) != types::kVoidType;
  const size_t wanted = map->num_inputs + (has_result ? 1 : 0);
  if (call.args.size() - 1 != wanted) {
    Fail(f, call.i, Kind::kBuiltinArgumentCount,
         {"map", "the callback's arguments and, unless it is void, an output",
          call.args.size() - 1});
    return false;
  }
  for (size_t n = 1; n < call.args.size(); ++n) {
    map->args.push_back(Arg(f, call, n));
    map->spans.push_back(f.span(call.args[n]));
    if (map->args.back().is_poison()) return false;
  }
  return true;
}

// The type the callback gives or takes at the place of argument n; invalid if reported.
TypeId ElementType(Frame& f, const Map& map, size_t n) {
  types::TypeStore& s = f.sema.types;
  const TypeId t = n < map.num_inputs ? s.params(map.type)[n].type : s.result(map.type);
  if (t == types::kAnytypeType) {
    FailAt(f, map.spans[n], Kind::kNotSupportedYet, {"@map with a generic callback"});
    return {};
  }
  if (types::IsAbiSized(s, t) && types::IsNumeric(s, t)) return t;
  FailAt(f, map.spans[n], Kind::kExpectedKind,
         {"the element type of @map", "a number of 16 or 32 bits", f.sema.TypeText(t)});
  return {};
}

// The parts of a mem1d_dsd, known or loaded.
void LoadWalk(Frame& f, const Operand& o, source::Span span, Walk* w) {
  ir::IrBuilder& b = *f.builder;
  const uint64_t size = types::SizeOf(f.sema.types, w->element);
  if (o.is_const() && o.value.form() == types::Form::kDsd) {
    const types::DsdData& data = Use(f, o).dsd();
    w->base = ToScalar(f, Operand::Const(data.base), span);
    w->extent = b.Int(16, data.extent[0]);
    w->stride_bytes = b.Int(16, static_cast<uint64_t>(data.stride[0]) * size);
    return;
  }
  const ir::ValueId dsd = ToMemory(f, o, span);
  w->base = b.Load(ir::kPointerType, dsd, isa::kDsdBaseOffset);
  w->extent = b.Load(ir::IntType(16), dsd, isa::kDsdExtentOffset);
  const ir::ValueId stride = b.Load(ir::IntType(16), dsd, isa::kDsdStrideOffset);
  w->stride_bytes = b.Binary(ir::Op::kMul, stride, b.Int(16, size));
}

// Starts with every DSD argument. Nullopt if something was reported.
std::optional<std::vector<Walk>> StartWalks(Frame& f, const Map& map) {
  types::TypeStore& s = f.sema.types;
  std::vector<Walk> walks;
  for (size_t n = 0; n < map.args.size(); ++n) {
    const TypeId t = map.args[n].type;
    if (!t.valid() || (!types::IsDsd(s, t) && !types::IsDsr(s, t))) continue;
    if (s.kind(t) != types::Kind::kMem1dDsd) {
      FailAt(f, map.spans[n], Kind::kNotSupportedYet, {"@map over a " + f.sema.TypeText(t)});
      return std::nullopt;
    }
    Walk w;
    w.argument = n;
    w.element = ElementType(f, map, n);
    if (!w.element.valid()) return std::nullopt;
    LoadWalk(f, map.args[n], map.spans[n], &w);
    walks.push_back(w);
  }
  return walks;
}

// Where a result that is not a DSD goes: a pointer to the result type.
std::optional<ir::ValueId> OutputPointer(Frame& f, const Map& map) {
  types::TypeStore& s = f.sema.types;
  const Operand& out = map.args.back();
  const source::Span span = map.spans.back();
  const bool fits = s.kind(out.type) == types::Kind::kPointer && !s.pointer_is_const(out.type) &&
                    s.pointee(out.type) == s.result(map.type);
  if (fits) return ToScalar(f, out, span);
  const std::string wanted = "a DSD or a pointer to " + f.sema.TypeText(s.result(map.type));
  FailAt(f, span, Kind::kExpectedKind, {"the output of @map", wanted, f.sema.TypeText(out.type)});
  return std::nullopt;
}

// One iteration; `at` has the address of each walk's element. False if something was reported.
bool EmitIteration(Frame& f, const Map& map, std::span<const Walk> walks,
                   std::span<const ir::ValueId> at, ir::ValueId output, source::Span span) {
  std::vector<Operand> inputs(map.args.begin(), map.args.begin() + map.num_inputs);
  for (size_t k = 0; k < walks.size(); ++k) {
    if (walks[k].argument < map.num_inputs) {
      inputs[walks[k].argument] = LoadFrom(f, walks[k].element, at[k], 0);
    } else {
      output = at[k];
    }
  }
  const std::span<const source::Span> spans(map.spans.data(), map.num_inputs);
  const Operand result = CallFunction(f, map.callee, inputs, spans, span);
  if (result.is_poison()) return false;
  if (map.has_output()) StoreTo(f, output, 0, result, span);
  return true;
}

ir::ValueId Shortest(Frame& f, std::span<const Walk> walks) {
  ir::IrBuilder& b = *f.builder;
  ir::ValueId shortest = walks[0].extent;
  for (const Walk& w : walks.subspan(1)) {
    shortest = b.Select(b.Binary(ir::Op::kULt, w.extent, shortest), w.extent, shortest);
  }
  return shortest;
}

// Parameters of the loop: elements left, then where each walk is. False if something was reported.
bool EmitLoop(Frame& f, const Map& map, std::span<const Walk> walks, ir::ValueId output,
              source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const ir::BlockId body = b.NewBlock({ir::IntType(16)});
  std::vector<ir::ValueId> first = {Shortest(f, walks)};
  for (const Walk& w : walks) {
    b.function().AddBlockParam(body, ir::kPointerType);
    first.push_back(w.base);
  }
  const ir::BlockId exit = b.NewBlock();
  b.CondBr(b.Binary(ir::Op::kNe, first[0], b.Int(16, 0)), body, exit, first);

  b.SetBlock(body);
  std::vector<ir::ValueId> at;
  for (size_t k = 0; k < walks.size(); ++k) at.push_back(b.BlockParam(body, k + 1));
  ++f.control_depth;
  const bool ok = EmitIteration(f, map, walks, at, output, span);
  --f.control_depth;
  std::vector<ir::ValueId> next = {b.Binary(ir::Op::kSub, b.BlockParam(body, 0), b.Int(16, 1))};
  for (size_t k = 0; k < walks.size(); ++k) next.push_back(b.PtrAdd(at[k], walks[k].stride_bytes));
  b.CondBr(b.Binary(ir::Op::kNe, next[0], b.Int(16, 0)), body, exit, next);
  b.SetBlock(exit);
  return ok;
}

}  // namespace

Operand Builtin_map(Frame& f, const BuiltinCall& call) {
  Map map;
  if (!ReadArguments(f, call, &map)) return Operand::Poison();
  const std::optional<std::vector<Walk>> walks = StartWalks(f, map);
  if (!walks) return Operand::Poison();
  if (walks->empty()) {
    return Fail(f, call.i, Kind::kInvalidOperation, {"@map needs at least one DSD"});
  }
  ir::ValueId output;
  if (map.has_output() && walks->back().argument + 1 != map.args.size()) {
    const std::optional<ir::ValueId> pointer = OutputPointer(f, map);
    if (!pointer) return Operand::Poison();
    output = *pointer;
  }
  const bool ok = EmitLoop(f, map, *walks, output, f.span(call.i));
  return ok ? Operand::Void() : Operand::Poison();
}

}  // namespace csl::sema
