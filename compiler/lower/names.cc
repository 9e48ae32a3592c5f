// SPDX-License-Identifier: Apache-2.0
// Names and labels: interned texts, local scopes, enclosing loops and blocks.
#include <algorithm>

#include "compiler/lower/lowerer.h"

namespace csl::lower {

StringId Lowerer::Intern(std::string_view text) {
  auto [found, is_new] = string_ids_.try_emplace(text);
  if (is_new) {
    found->second = StringId(static_cast<uint32_t>(out_.strings.size()));
    out_.strings.emplace_back(text);
    decl_of_.emplace_back();
    local_of_.emplace_back();
    local_span_.emplace_back();
  }
  return found->second;
}

StringId Lowerer::InternOwned(std::string text) {
  auto found = string_ids_.find(text);
  if (found != string_ids_.end()) return found->second;
  owned_texts_.push_back(std::move(text));
  return Intern(owned_texts_.back());
}

// From here on, until its scope is left, the name means the local. `_` names nothing.
void Lowerer::Bind(StringId name, LocalId local, source::Span span) {
  if (out_.str(name) == "_") return;
  const bool is_again = std::any_of(bound_.begin() + static_cast<std::ptrdiff_t>(scopes_.back()),
                                    bound_.end(), [&](const Binding& b) { return b.name == name; });
  if (is_again) {
    Error(Kind::kRedeclared, span, {out_.str(name)})
        .Note(Kind::kNotePreviousHere, local_span_[name.index]);
  } else if (local_of_[name.index].valid()) {
    Error(Kind::kShadowsLocal, span, {out_.str(name)})
        .Note(Kind::kNoteDeclaredHere, local_span_[name.index], {out_.str(name)});
  }
  bound_.push_back({name, local_of_[name.index], local_span_[name.index]});
  local_of_[name.index] = local;
  local_span_[name.index] = span;
}

void Lowerer::LeaveScope(size_t mark) {
  scopes_.pop_back();
  for (; bound_.size() > mark; bound_.pop_back()) {
    const Binding& binding = bound_.back();
    local_of_[binding.name.index] = binding.local_before;
    local_span_[binding.name.index] = binding.span_before;
  }
}

void Lowerer::EnterJump(TokenId label, bool is_loop, InstId inst, InstId type) {
  StringId name;
  if (label.valid()) {
    name = Intern(ast_.tokens().text(label));
    for (const Jump& jump : jumps_) {
      if (jump.label == name) {
        Error(Kind::kLabelNested, ast_.tokens().span(label), {out_.str(name)});
        break;
      }
    }
  }
  jumps_.push_back({name, is_loop, inst, type});
}

// The innermost enclosing one with that label; without a label the innermost loop. Null when there
// is none.
const Lowerer::Jump* Lowerer::FindJump(TokenId label, bool loops_only) const {
  for (auto jump = jumps_.rbegin(); jump != jumps_.rend(); ++jump) {
    if (!label.valid()
            ? jump->is_loop
            : jump->label.valid() && out_.str(jump->label) == ast_.tokens().text(label)) {
      return loops_only && !jump->is_loop ? nullptr : &*jump;
    }
  }
  return nullptr;
}

}  // namespace csl::lower
