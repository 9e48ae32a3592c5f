// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/file_cache.h"

#include "compiler/lex/lex.h"
#include "compiler/lower/lower.h"
#include "compiler/parse/parse.h"

namespace csl::lower {

struct FileCache::Entry {
  std::once_flag once;
  bool ok = false;
  Untyped untyped;
};

FileCache::FileCache(const source::Sources* sources, diagnostics::Engine* diagnostics)
    : sources_(sources), diagnostics_(diagnostics) {}

FileCache::~FileCache() = default;

const Untyped* FileCache::Get(source::FileId file) {
  Entry* entry = nullptr;
  {
    std::lock_guard lock(mutex_);
    std::unique_ptr<Entry>& slot = entries_[file];
    if (slot == nullptr) slot = std::make_unique<Entry>();
    entry = slot.get();
  }
  std::call_once(entry->once, [&] {
    // An engine of its own tells this file's errors from those that other threads report meanwhile.
    diagnostics::Engine found(sources_, {.every_form = true});
    const lex::TokenBuffer tokens = lex::Lex(sources_->file(file), &found);
    const parse::Ast ast = parse::Parse(tokens, &found);
    if (!found.has_errors()) entry->untyped = Lower(ast, &found);
    entry->ok = !found.has_errors();
    for (diagnostics::Diagnostic& diagnostic : found.Sorted()) {
      diagnostics_->Add(std::move(diagnostic));
    }
  });
  return entry->ok ? &entry->untyped : nullptr;
}

}  // namespace csl::lower
