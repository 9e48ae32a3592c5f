// SPDX-License-Identifier: Apache-2.0
// Calls: executed at compile time, expanded (inline), or emitted.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "compiler/sema/effects.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/join.h"
#include "compiler/sema/loop.h"
#include "compiler/sema/signature.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

void BindArguments(Frame& callee, const Signature& signature) {
  for (size_t n = 0; n < signature.args.size(); ++n) {
    Slot& slot = callee.slots[n];
    slot.kind = SlotKind::kBound;
    slot.is_const = true;
    slot.type = signature.args[n].type;
    slot.bound = signature.args[n];
  }
  callee.return_type = signature.result;
}

// Counts the calls of a function from inside a call of it.
class ActiveCall {
 public:
  explicit ActiveCall(const Frame& callee) : state_(callee.instance.decls[callee.decl_index]) {
    if (state_.active_calls++ != 0) ++state_.recursive_calls;
  }
  ~ActiveCall() {
    if (--state_.active_calls == 0) state_.recursive_calls = 0;
  }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;
  uint32_t recursive_calls() const { return state_.recursive_calls; }

 private:
  DeclState& state_;
};

void Enter(Frame& f, source::Span span, Frame* callee) {
  callee->caller = &f;
  callee->call_site = span;
  callee->depth = f.depth + 1;
}

Operand MissingReturn(Frame& f, const Frame& callee, TypeId type, source::Span span) {
  return FailAt(f, span, Kind::kMissingReturn,
                {callee.file.str(callee.decl.name), f.sema.TypeText(type)});
}

// Executes the function, whose arguments and result type are bound.
Operand Execute(Frame& f, Frame& callee, const lower::Function& function, source::Span span) {
  const uint32_t limit = f.sema.context.options.comptime_depth_limit;
  if (f.depth > limit) return FailAt(f, span, Kind::kComptimeDepth, {limit});
  if (!f.sema.CountStep(f, span)) return Operand::Poison();
  const ActiveCall active(callee);
  const uint32_t most = f.sema.context.options.comptime_recursion_limit;
  if (active.recursive_calls() > most) {
    return FailAt(f, span, Kind::kComptimeRecursion, {callee.file.str(callee.decl.name), most});
  }
  callee.is_comptime = true;
  callee.builder = nullptr;
  const Flow flow = RunBody(callee, function.body);
  if (flow == Flow::kReturn) return std::move(callee.yielded);
  if (flow != Flow::kNext) return Operand::Poison();
  if (callee.return_type.valid() && callee.return_type != types::kVoidType) {
    return MissingReturn(callee, callee, callee.return_type, callee.decl.span);
  }
  return Operand::Void();
}

Operand CallComptime(Frame& f, Frame& callee, const lower::Function& function,
                     const Signature& signature, source::Span span) {
  BindArguments(callee, signature);
  return Execute(f, callee, function, span);
}

Operand CallInline(Frame& f, Frame& callee, const lower::Function& function,
                   const Signature& signature, source::Span span) {
  if (f.depth > f.sema.context.options.comptime_depth_limit) {
    return FailAt(f, span, Kind::kComptimeDepth, {f.sema.context.options.comptime_depth_limit});
  }
  if (!f.sema.CountStep(f, span) || !HasRoomForCode(f, span)) return Operand::Poison();
  callee.is_comptime = false;
  callee.builder = f.builder;
  callee.is_inline_call = true;
  callee.control_depth = f.control_depth;
  callee.targets.push_back(std::make_unique<Target>());
  BindArguments(callee, signature);
  if (MayChange(callee, InstId(), function.body)) {
    for (size_t n = 0; n < signature.args.size(); ++n) {
      callee.slots[n].bound = Detach(f, callee.slots[n].bound, span);
    }
  }
  const Flow flow = RunBody(callee, function.body);
  const bool is_void = !signature.result.valid() || signature.result == types::kVoidType;
  std::vector<Incoming> returns = std::move(callee.targets.front()->breaks);
  if (flow == Flow::kError) return Operand::Poison();
  if (flow == Flow::kNext && !is_void) {
    if (callee.failure == Failure::kReported) return Operand::Poison();
    return MissingReturn(callee, callee, signature.result, callee.decl.span);
  }
  if (flow == Flow::kNext && returns.empty()) return Operand::Void();
  Join join(f, is_void ? TypeId() : signature.result, span);
  if (flow == Flow::kNext) join.Add(Operand::Void());
  join.AddAll(std::move(returns));
  std::optional<Operand> value = join.Meet();
  if (!value) return Operand::Const(Value::Immediate(types::kNoreturnType, 0));
  return *std::move(value);
}

ir::ValueId PassArgument(Frame& f, const Operand& arg, source::Span span) {
  if (IsScalar(f.sema.types, arg.type)) return ToScalar(f, arg, span);
  // The callee sees the value at the time of the call.
  return ToMemory(f, Detach(f, arg, span), span);
}

// Emits the call; `target` if valid, else through the pointer `callee`.
Operand EmitCall(Frame& f, ir::FunctionId target, ir::ValueId callee, TypeId result,
                 std::vector<ir::ValueId> args) {
  types::TypeStore& s = f.sema.types;
  ir::IrBuilder& b = *f.builder;
  const bool has_result = types::HasRuntimeBits(s, result);
  const bool in_memory = has_result && !IsScalar(s, result);
  ir::ValueId memory;
  if (in_memory) {
    memory = b.Alloca(static_cast<uint32_t>(types::SizeOf(s, result)), types::AlignOf(s, result));
    args.insert(args.begin(), memory);
  }
  const ir::Type type = has_result && !in_memory ? IrType(s, result) : ir::kVoidType;
  const ir::ValueId v = target.valid() ? b.Call(target, args) : b.CallIndirect(callee, type, args);
  if (in_memory) return Operand::StableMemory(result, memory);
  return has_result ? Operand::Runtime(result, v) : Operand::Void();
}

// How many versions of generic functions were needed, one by the other, for this code to be there.
uint32_t VersionDepth(const Frame& f) {
  const Frame* root = &f;
  while (root->emitted == nullptr && root->caller != nullptr) root = root->caller;
  uint32_t depth = 0;
  for (const FunctionInstance* at = root->emitted; at != nullptr && at->is_specialised;
       at = at->first_user) {
    ++depth;
  }
  return depth;
}

Operand CallRunTime(Frame& f, Frame& callee, const Signature& signature, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const uint32_t limit = f.sema.context.options.comptime_depth_limit;
  if (VersionDepth(f) > limit) {
    return FailAt(f, span, Kind::kEndlessVersions, {callee.file.str(callee.decl.name), limit});
  }
  FunctionInstance instance;
  instance.instance = callee.instance.id;
  instance.decl = callee.decl_index;
  instance.first_use = span;
  instance.type = signature.Type(s);
  std::vector<ir::ValueId> args;
  for (size_t n = 0; n < signature.args.size(); ++n) {
    const Operand& arg = signature.args[n];
    if (signature.is_known[n]) {
      const std::optional<Value> known = AsKnown(f, arg);
      CHECK(known.has_value());
      instance.known.push_back(Operand::Const(*known));
      continue;
    }
    instance.known.push_back(Operand::None());
    if (types::HasRuntimeBits(s, arg.type)) args.push_back(PassArgument(f, arg, span));
  }
  const ir::FunctionId id = f.sema.Instantiate(std::move(instance));
  return EmitCall(f, id, {}, signature.result, std::move(args));
}

Operand CallPointer(Frame& f, const Operand& callee, std::span<const Operand> args,
                    std::span<const source::Span> arg_spans, source::Span span) {
  types::TypeStore& s = f.sema.types;
  TypeId type = callee.type;
  if (type.valid() && s.kind(type) == types::Kind::kPointer) type = s.pointee(type);
  if (!type.valid() || s.kind(type) != types::Kind::kFn || s.fn_is_task(type)) {
    return FailAt(f, span, Kind::kNotCallable, {f.sema.TypeText(callee.type)});
  }
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"the called function"});
  const auto params = s.params(type);
  if (params.size() != args.size()) {
    return FailAt(f, span, Kind::kArgumentCount,
                  {f.sema.TypeText(type), params.size(), args.size()});
  }
  std::vector<ir::ValueId> values;
  for (size_t n = 0; n < args.size(); ++n) {
    const Operand arg = Coerce(f, args[n], params[n].type, arg_spans[n]);
    if (arg.is_poison()) return arg;
    if (types::HasRuntimeBits(s, arg.type)) values.push_back(PassArgument(f, arg, arg_spans[n]));
  }
  return EmitCall(f, {}, ToScalar(f, callee, span), s.result(type), std::move(values));
}

// The function that the layout block calls with arguments that are known, if its parameters have
// types of their own, so that nothing of its signature depends on the call. Null otherwise.
DeclState* PlainFunction(Frame& f, const Operand& callee, std::span<const Operand* const> args) {
  const bool is_known = callee.is_const() && !callee.provenance.valid();
  if (!is_known || callee.value.form() != types::Form::kFunction) return nullptr;
  Instance& home = f.sema.instance(callee.value.instance());
  DeclState& state = home.decls[callee.value.decl().index];
  if (state.status != DeclStatus::kResolved) return nullptr;
  const lower::Decl& decl = home.file->decls[callee.value.decl().index];
  const lower::Function& function = home.file->functions[decl.function];
  types::TypeStore& s = f.sema.types;
  if (function.is_task || !function.has_body || function.params.size() != args.size()) {
    return nullptr;
  }
  if (s.result(state.type) == types::kAnytypeType) return nullptr;
  const auto params = s.params(state.type);
  for (size_t n = 0; n < args.size(); ++n) {
    if (params[n].type == types::kAnytypeType || !args[n]->is_const()) return nullptr;
  }
  return &state;
}

bool HasProvenance(std::span<const Operand* const> args) {
  return std::any_of(args.begin(), args.end(),
                     [](const Operand* arg) { return arg->provenance.valid(); });
}

// A function that never gets the same arguments again is not worth the room.
void CountMiss(DeclState* function) {
  constexpr uint32_t kTrial = 4096;
  ++function->memo_misses;
  if (function->memo_misses > kTrial && function->memo_hits < function->memo_misses / 4) {
    function->is_memoised = false;
  }
}

Operand ExecutePlain(Frame& f, const Value& callee, DeclState& state,
                     std::span<const Operand* const> args, std::span<const InstId> arg_insts,
                     source::Span span) {
  Frame target(f.sema, f.sema.instance(callee.instance()), callee.decl().index);
  Enter(f, span, &target);
  const auto params = f.sema.types.params(state.type);
  for (size_t n = 0; n < args.size(); ++n) {
    Slot& slot = target.slots[n];
    slot.bound = Coerce(f, *args[n], params[n].type, f.span(arg_insts[n]));
    if (slot.bound.is_poison()) return Operand::Poison();
    slot.kind = SlotKind::kBound;
    slot.is_const = true;
    slot.type = slot.bound.type;
  }
  target.return_type = f.sema.types.result(state.type);
  return Execute(f, target, target.file.functions[target.decl.function], span);
}

}  // namespace

Operand CallFunction(Frame& f, const Operand& callee, std::span<const Operand> args,
                     std::span<const source::Span> arg_spans, source::Span span) {
  if (!callee.is_const() || callee.value.form() != types::Form::kFunction) {
    return CallPointer(f, callee, args, arg_spans, span);
  }
  const Value& value = Use(f, callee);
  Frame target(f.sema, f.sema.instance(value.instance()), value.decl().index);
  Enter(f, span, &target);
  const std::string& name = target.file.str(target.decl.name);
  const lower::Function& function = target.file.functions[target.decl.function];
  if (function.is_task) {
    f.sema.ReportForm(diagnostics::Form::kTaskCall, span);
    f.sema.NoteForm(diagnostics::Form::kTaskCall, span, "used");
  }
  if (function.params.size() != args.size()) {
    return FailAt(f, span, Kind::kArgumentCount, {name, function.params.size(), args.size()});
  }
  Signature signature;
  if (!ResolveSignature(f, target, args, arg_spans, &signature)) return Operand::Poison();
  const bool comptime = !f.emits() || signature.comptime_only;
  if (comptime && !function.has_body) {
    return FailAt(f, span, Kind::kExternAtComptime, {name});
  }
  if (comptime) {
    for (size_t n = 0; n < args.size(); ++n) {
      if (AsPassedOn(signature.args[n])) continue;
      return FailAt(f, arg_spans[n], Kind::kNotComptime, {"an argument of '" + name + "' here"});
    }
    return CallComptime(f, target, function, signature, span);
  }
  if (function.is_inline) return CallInline(f, target, function, signature, span);
  return CallRunTime(f, target, signature, span);
}

std::optional<Operand> CallInLayout(Frame& f, InstId i, const untyped::Call& inst) {
  constexpr size_t kMostArgs = 16;
  const std::span<const InstId> insts = f.List(inst.args);
  if (f.sema.purpose != Purpose::kLayout || insts.size() > kMostArgs) return std::nullopt;
  const Operand& name = f.result(inst.callee);
  const bool is_place = name.is_place() && name.place->kind == PlaceKind::kTemporary;
  const Operand& callee = is_place ? name.place->base : name;
  const Operand* room[kMostArgs];
  for (size_t n = 0; n < insts.size(); ++n) room[n] = &f.result(insts[n]);
  const std::span<const Operand* const> args(room, insts.size());
  DeclState* const state = PlainFunction(f, callee, args);
  if (state == nullptr) return std::nullopt;
  const Value function = callee.value;
  if (!state->is_memoised || HasProvenance(args)) {
    return ExecutePlain(f, function, *state, args, insts, f.span(i));
  }
  const CallMemo::Key key = CallMemo::KeyOf(function.instance(), function.decl().index, args);
  if (const Value* known = f.sema.call_memo.Find(key, args)) {
    ++state->memo_hits;
    return Operand::Const(*known);
  }
  CountMiss(state);
  const uint64_t effects = f.sema.effects();
  const uint32_t cells_before = f.sema.WatchCells();
  Operand result = ExecutePlain(f, function, *state, args, insts, f.span(i));
  f.sema.WatchCellsBefore(cells_before);
  if (f.sema.effects() != effects) {
    state->is_memoised = false;
  } else if (result.is_const() && !result.provenance.valid() && !RefersToCell(result.value) &&
             std::none_of(args.begin(), args.end(),
                          [](const Operand* arg) { return RefersToCell(arg->value); })) {
    state->is_memoised = f.sema.call_memo.Add(key, args, result.value) && state->is_memoised;
  }
  return result;
}

}  // namespace csl::sema
