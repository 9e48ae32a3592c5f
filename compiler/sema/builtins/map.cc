// SPDX-License-Identifier: Apache-2.0
// @map(callback, inputs..., output): a loop that calls the callback once per element.
//
// Elements are read, passed and stored strictly one after the other; the loop ends with the
// shortest operand. Arguments that are neither DSDs nor DSRs are passed unchanged each time.
#include <algorithm>

#include "compiler/sema/handler.h"
#include "compiler/sema/map_walk.h"
#include "compiler/types/predicates.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

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
    FailAt(f, map.spans[n], Kind::kMapElementType);
    return {};
  }
  if (types::IsAbiSized(s, t) && types::IsNumeric(s, t)) return t;
  FailAt(f, map.spans[n], Kind::kExpectedKind,
         {"the element type of @map", "a number of 16 or 32 bits", f.sema.TypeText(t)});
  return {};
}

// A DSD or DSR among the arguments.
struct Operands {
  size_t argument = 0;
  Walk walk;
  size_t first = 0;  // of its values among those that the loop carries
  size_t count = 0;
};

// Starts with every DSD argument. Nullopt if something was reported.
std::optional<std::vector<Operands>> StartWalks(Frame& f, const Map& map) {
  const types::TypeStore& s = f.sema.types;
  std::vector<Operands> walks;
  size_t carried = 1;
  for (size_t n = 0; n < map.args.size(); ++n) {
    const TypeId t = map.args[n].type;
    if (!t.valid() || (!types::IsDsd(s, t) && !types::IsDsr(s, t))) continue;
    const TypeId element = ElementType(f, map, n);
    if (!element.valid()) return std::nullopt;
    const bool is_output = n >= map.num_inputs;
    std::optional<Walk> walk = Walk::Start(f, map.args[n], element, is_output, map.spans[n]);
    if (!walk) return std::nullopt;
    const size_t count = walk->First().size();
    walks.push_back({n, *std::move(walk), carried, count});
    carried += count;
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

// One iteration; `now` has the values the loop carries. False if something was reported.
bool EmitIteration(Frame& f, const Map& map, std::span<const Operands> walks,
                   std::span<const ir::ValueId> now, ir::ValueId output, source::Span span) {
  std::vector<Operand> inputs(map.args.begin(),
                              map.args.begin() + static_cast<std::ptrdiff_t>(map.num_inputs));
  const Operands* written = nullptr;
  for (const Operands& o : walks) {
    if (o.argument < map.num_inputs) {
      inputs[o.argument] = o.walk.Read(f, now.subspan(o.first, o.count));
    } else {
      written = &o;
    }
  }
  const std::span<const source::Span> spans(map.spans.data(), map.num_inputs);
  const Operand result = CallFunction(f, map.callee, inputs, spans, span);
  if (result.is_poison()) return false;
  if (written != nullptr) {
    written->walk.Write(f, now.subspan(written->first, written->count), result, span);
  } else if (map.has_output()) {
    StoreTo(f, output, 0, result, span);
  }
  return true;
}

ir::ValueId Shortest(Frame& f, std::span<const Operands> walks) {
  ir::IrBuilder& b = *f.builder;
  ir::ValueId shortest = walks[0].walk.length();
  for (const Operands& o : walks.subspan(1)) {
    const ir::ValueId length = o.walk.length();
    shortest = b.Select(b.Binary(ir::Op::kULt, length, shortest), length, shortest);
  }
  return shortest;
}

// Elements left after one more; an endless loop stays so.
ir::ValueId OneLess(Frame& f, std::span<const Operands> walks, ir::ValueId left) {
  ir::IrBuilder& b = *f.builder;
  const ir::ValueId less = b.Binary(ir::Op::kSub, left, b.Int(16, 1));
  const bool may_be_endless = std::any_of(
      walks.begin(), walks.end(), [](const Operands& o) { return o.walk.may_be_endless(); });
  if (!may_be_endless) return less;
  const ir::ValueId is_endless = b.Binary(ir::Op::kEq, left, b.Int(16, isa::kEndlessExtent));
  return b.Select(is_endless, left, less);
}

// Parameters of the loop: elements left, then what the walks carry. False if something was
// reported.
bool EmitLoop(Frame& f, const Map& map, std::span<const Operands> walks, ir::ValueId output,
              source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const ir::BlockId body = b.NewBlock({ir::IntType(16)});
  std::vector<ir::ValueId> first = {Shortest(f, walks)};
  for (const Operands& o : walks) {
    for (ir::ValueId value : o.walk.First()) {
      b.function().AddBlockParam(body, b.TypeOf(value));
      first.push_back(value);
    }
  }
  const ir::BlockId exit = b.NewBlock();
  b.CondBr(b.Binary(ir::Op::kNe, first[0], b.Int(16, 0)), body, exit, first);

  b.SetBlock(body);
  std::vector<ir::ValueId> now;
  for (size_t k = 0; k < first.size(); ++k) now.push_back(b.BlockParam(body, k));
  ++f.control_depth;
  const bool ok = EmitIteration(f, map, walks, now, output, span);
  --f.control_depth;
  std::vector<ir::ValueId> next = {OneLess(f, walks, now[0])};
  for (const Operands& o : walks) {
    const auto values = o.walk.Next(f, std::span(now).subspan(o.first, o.count));
    next.insert(next.end(), values.begin(), values.end());
  }
  b.CondBr(b.Binary(ir::Op::kNe, next[0], b.Int(16, 0)), body, exit, next);
  b.SetBlock(exit);
  return ok;
}

}  // namespace

Operand Builtin_map(Frame& f, const BuiltinCall& call) {
  Map map;
  if (!ReadArguments(f, call, &map)) return Operand::Poison();
  const std::optional<std::vector<Operands>> walks = StartWalks(f, map);
  if (!walks) return Operand::Poison();
  if (walks->empty()) {
    return Fail(f, call.i, Kind::kMapWithoutDsd);
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
