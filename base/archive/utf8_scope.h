// SPDX-License-Identifier: Apache-2.0
// UTF-8 for the archive library on this thread, whatever the program's locale is: names are bytes
// to us, and in the "C" locale the library drops those that are not ASCII.
#ifndef BASE_ARCHIVE_UTF8_SCOPE_H_
#define BASE_ARCHIVE_UTF8_SCOPE_H_

#include <locale.h>  // NOLINT: newlocale is POSIX

#include <clocale>

namespace csl::archive {

class Utf8Scope {
 public:
  Utf8Scope() : before_(::uselocale(Utf8())) {}
  ~Utf8Scope() { ::uselocale(before_); }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  // Null, which changes nothing, where the system has no such locale.
  static locale_t Utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t before_;
};

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_UTF8_SCOPE_H_
