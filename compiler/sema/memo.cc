// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/memo.h"

#include <algorithm>

#include "compiler/sema/analyzer.h"

namespace csl::sema {

using types::Value;

CallMemo::Key CallMemo::KeyOf(types::InstanceId instance, uint32_t decl,
                              std::span<const Operand* const> args) {
  Key key = {instance, decl, static_cast<uint64_t>(instance.index) << 32 | decl};
  for (const Operand* arg : args) key.hash = key.hash * 0x9e3779b97f4a7c15u + HashOf(arg->value);
  return key;
}

const Value* CallMemo::Find(const Key& key, std::span<const Operand* const> args) const {
  auto [at, end] = entries_.equal_range(key.hash);
  for (; at != end; ++at) {
    const Entry& entry = at->second;
    if (entry.instance != key.instance || entry.decl != key.decl) continue;
    const bool same = std::ranges::equal(
        entry.args, args,
        [](const Value& known, const Operand* arg) { return Identical(known, arg->value); });
    if (same) return &entry.result;
  }
  return nullptr;
}

bool CallMemo::Add(const Key& key, std::span<const Operand* const> args, Value result) {
  if (entries_.size() >= kMostEntries) return false;
  Entry entry = {key.instance, key.decl, {}, std::move(result)};
  for (const Operand* arg : args) entry.args.push_back(arg->value);
  entries_.emplace(key.hash, std::move(entry));
  return true;
}

bool RefersToCell(const Value& v) {
  if (v.form() == types::Form::kCell) return true;
  if (v.form() != types::Form::kAggregate) return false;
  for (size_t i = 0; i < v.element_count(); ++i) {
    if (RefersToCell(v.element(i))) return true;
  }
  return false;
}

FileMemo* Analyzer::MemoOf(const lower::Untyped& file) {
  if (purpose != Purpose::kLayout) return nullptr;
  std::unique_ptr<FileMemo>& memo = memos_[&file];
  if (memo == nullptr) memo = std::make_unique<FileMemo>(file.insts.size());
  return memo.get();
}

}  // namespace csl::sema
