// SPDX-License-Identifier: Apache-2.0
// Names of the library that only older releases have: reported where a program uses them.
#ifndef COMPILER_SEMA_LIBRARY_FORMS_H_
#define COMPILER_SEMA_LIBRARY_FORMS_H_

#include <string_view>

#include "compiler/sema/frame.h"

namespace csl::sema {

// Files of the library are shown as <name>, those of import folders by their path.
bool IsInLibrary(const Frame& f, source::Span span);

// An import of `path`, as written.
void ReportOldImport(const Frame& f, std::string_view path, source::Span span);
// The binding of a param of the module, and the use of a member of it.
void ReportOldParam(const Frame& f, const Instance& module, std::string_view name,
                    source::Span span);
// A module whose params have been bound: params that older releases did not have.
void ReportLeftOut(const Frame& f, const Instance& module, source::Span span);
void ReportOldMember(const Frame& f, const Instance& module, std::string_view name,
                     source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_LIBRARY_FORMS_H_
