// SPDX-License-Identifier: Apache-2.0
// FormFacts: what an evaluation finds out about uses of old forms, for rewriting them: the fields
// of structs, types, values. Thread safe.
#ifndef COMPILER_DIAGNOSTICS_FORM_FACTS_H_
#define COMPILER_DIAGNOSTICS_FORM_FACTS_H_

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "compiler/diagnostics/dialect.h"
#include "compiler/source/location.h"

namespace csl::diagnostics {

class FormFacts {
 public:
  // One evaluation of the use at `at`; `fact` is in the words of the form (migrate/README.md).
  void Note(Form form, source::Location at, std::string fact) {
    std::lock_guard lock(mutex_);
    facts_[{form, at.position}].insert(std::move(fact));
  }
  // The different facts about one use: none if it was never evaluated.
  std::set<std::string> Of(Form form, source::Location at) const {
    std::lock_guard lock(mutex_);
    const auto found = facts_.find({form, at.position});
    return found == facts_.end() ? std::set<std::string>() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<Form, uint32_t>, std::set<std::string>> facts_;
};

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_FORM_FACTS_H_
