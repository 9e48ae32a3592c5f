// SPDX-License-Identifier: Apache-2.0
// switch over integers and enums: a known operand picks its prong, others are not looked at.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/sema/handler.h"
#include "compiler/sema/join.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

using Prongs = std::span<const lower::Prong>;

bool IsElse(const lower::Prong& prong) { return prong.items.count == 0; }

// A prong's value in the operand's type; nullopt if reported.
std::optional<Value> ItemValue(Frame& f, lower::Body item, TypeId type) {
  const source::Span span = f.span(item.last());
  const std::optional<Value> v = KnownValue(f, RunComptime(f, item), span, "a prong's value");
  if (!v) return std::nullopt;
  const Operand coerced = Coerce(f, Operand::Const(*v), type, span);
  if (coerced.is_poison()) return std::nullopt;
  return Use(f, coerced);
}

bool IsExhaustive(const types::TypeStore& s, TypeId type, size_t values) {
  if (s.kind(type) == types::Kind::kEnum) return values == s.members(type).size();
  if (s.kind(type) == types::Kind::kBool) return values == 2;
  return types::IsInt(s, type) && s.int_bits(type) < 16 && values == size_t{1} << s.int_bits(type);
}

// What no prong handles, in words.
std::string Missing(Frame& f, TypeId type, const std::vector<std::vector<Value>>& values) {
  const types::TypeStore& s = f.sema.types;
  if (s.kind(type) != types::Kind::kEnum) return "every value of " + f.sema.TypeText(type);
  constexpr size_t kMaxNamed = 5;
  std::vector<std::string_view> missing;
  for (const types::EnumMember& member : s.members(type)) {
    const bool is_handled = std::any_of(values.begin(), values.end(), [&](const auto& prong) {
      return std::any_of(prong.begin(), prong.end(),
                         [&](const Value& v) { return v.int64() == member.value; });
    });
    if (!is_handled) missing.push_back(member.name);
  }
  std::string text;
  for (size_t n = 0; n < std::min(missing.size(), kMaxNamed); ++n) {
    const bool is_last = n + 1 == missing.size();
    text += fmt::format("{}{}.{}",
                        n == 0    ? ""
                        : is_last ? " and "
                                  : ", ",
                        f.sema.TypeText(type), missing[n]);
  }
  if (missing.size() > kMaxNamed) {
    text += fmt::format(" and {} more members", missing.size() - kMaxNamed);
  }
  return text;
}

bool DependsOnParam(const lower::Untyped& file, lower::Body body, int depth);

bool DeclDependsOnParam(const lower::Untyped& file, lower::DeclId id, int depth) {
  const lower::Decl& decl = file.decls[id.index];
  constexpr int kDeepest = 16;  // a chain of constants; a longer one is taken for a param
  if (decl.kind != lower::DeclKind::kConst || depth > kDeepest) return true;
  return DependsOnParam(file, decl.init, depth + 1);
}

// Whether an expression may differ from one instance of its code to the next.
bool DependsOnParam(const lower::Untyped& file, lower::Body body, int depth) {
  const lower::InstList& insts = file.insts;
  for (const InstId i : body.ids()) {
    switch (insts.op(i)) {
      case lower::Op::kLocalGet:
      case lower::Op::kLocalRef:
      case lower::Op::kCall:
      case lower::Op::kBuiltin:
        return true;
      case lower::Op::kDeclGet:
        if (DeclDependsOnParam(file, insts.Get<untyped::DeclGet>(i).decl, depth)) return true;
        break;
      case lower::Op::kDeclRef:
        if (DeclDependsOnParam(file, insts.Get<untyped::DeclRef>(i).decl, depth)) return true;
        break;
      default:
        break;
    }
  }
  return false;
}

bool DependsOnParam(const Frame& f, lower::Body body) { return DependsOnParam(f.file, body, 0); }

// All prong values once, checked; empty if reported.
std::optional<std::vector<std::vector<Value>>> CheckProngs(Frame& f, InstId i, Prongs prongs,
                                                           TypeId type) {
  std::vector<std::vector<Value>> values(prongs.size());
  std::map<std::string, lower::Body> seen;
  bool has_else = false;
  for (size_t p = 0; p < prongs.size(); ++p) {
    has_else = has_else || IsElse(prongs[p]);
    for (const lower::Body& item : f.List(prongs[p].items)) {
      std::optional<Value> v = ItemValue(f, item, type);
      if (!v) return std::nullopt;
      const std::string text = f.sema.ValueText(*v);
      const auto [first, is_new] = seen.emplace(text, item);
      if (is_new) {
        values[p].push_back(*std::move(v));
        continue;
      }
      const source::Span span = f.span(item.last());
      if (!DependsOnParam(f, item) && !DependsOnParam(f, first->second)) {
        FailAt(f, span, Kind::kDuplicateProng, {text});
        return std::nullopt;
      }
      f.sema.Report(&f, span, Kind::kProngNeverTaken, {text})
          .Note(Kind::kNotePreviousHere, f.span(first->second.last()));
    }
  }
  if (!has_else && !IsExhaustive(f.sema.types, type, seen.size())) {
    Fail(f, i, Kind::kSwitchNotExhaustive, {Missing(f, type, values)});
    return std::nullopt;
  }
  return values;
}

Flow KnownSwitch(Frame& f, InstId i, const untyped::Switch& inst, const Value& operand,
                 const std::vector<std::vector<Value>>& values) {
  const Prongs prongs = f.List(inst.prongs);
  const lower::Body* taken = nullptr;
  const lower::Body* match = nullptr;
  for (size_t p = 0; p < prongs.size(); ++p) {
    if (IsElse(prongs[p]) && taken == nullptr) taken = &prongs[p].body;
    for (const Value& v : values[p]) {
      if (Identical(v, operand)) match = &prongs[p].body;
    }
  }
  if (match != nullptr) taken = match;
  if (taken == nullptr) return f.Set(i, Operand::Void());
  const Flow flow = RunBody(f, *taken);
  if (flow == Flow::kNext) return f.Set(i, Operand::Void());
  if (flow != Flow::kYield) return flow;
  return f.Set(i, CoerceToRequested(f, std::move(f.yielded), inst.type, f.span(i)));
}

Flow RunTimeSwitch(Frame& f, InstId i, const untyped::Switch& inst, const Operand& operand,
                   const std::vector<std::vector<Value>>& values) {
  ir::IrBuilder& b = *f.builder;
  b.SetLocation(f.sema.IrLocation(f.span(i)));
  const ir::ValueId v = ToScalar(f, operand, f.span(i));
  const Prongs prongs = f.List(inst.prongs);
  std::vector<ir::BlockId> blocks;
  for (size_t p = 0; p < prongs.size(); ++p) blocks.push_back(b.NewBlock());
  std::optional<ir::BlockId> other;
  for (size_t p = 0; p < prongs.size(); ++p) {
    if (IsElse(prongs[p])) other = blocks[p];
    for (const Value& value : values[p]) {
      const ir::ValueId item = ToScalar(f, Operand::Const(value), f.span(i));
      const ir::BlockId next = b.NewBlock();
      b.CondBr(b.Binary(ir::Op::kEq, v, item), blocks[p], next);
      b.SetBlock(next);
    }
  }
  if (other) {
    b.Br(*other);
  } else {
    b.Unreachable();
  }
  Join join(f, Requested(f, inst.type), f.span(i));
  ++f.control_depth;
  for (size_t p = 0; p < prongs.size(); ++p) {
    b.SetBlock(blocks[p]);
    join.RunArm(prongs[p].body);
  }
  --f.control_depth;
  return join.Finish(i);
}

}  // namespace

Flow HandleSwitch(Frame& f, InstId i, const untyped::Switch& inst) {
  types::TypeStore& s = f.sema.types;
  const Operand operand = ValueOf(f, f.result(inst.operand), f.span(inst.operand));
  if (operand.is_poison()) return f.Set(i, operand);
  const bool usable = operand.type.valid() && (types::IsAnyInt(s, operand.type) ||
                                               s.kind(operand.type) == types::Kind::kEnum);
  if (!usable) {
    return f.Set(i, Fail(f, i, Kind::kSwitchOperand, {f.sema.TypeText(operand.type)}));
  }
  const auto values = CheckProngs(f, i, f.List(inst.prongs), operand.type);
  if (!values) return f.Set(i, Operand::Poison());
  if (operand.is_const()) return KnownSwitch(f, i, inst, Use(f, operand), *values);
  if (!f.emits()) return f.Set(i, Fail(f, i, Kind::kNotComptime, {"the operand of this switch"}));
  return RunTimeSwitch(f, i, inst, operand, *values);
}

}  // namespace csl::sema
