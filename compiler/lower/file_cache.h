// SPDX-License-Identifier: Apache-2.0
// The files of a compilation, each lexed, parsed and lowered once, when first asked for.
//
// Thread safe; two threads that ask for one file share the work.
#ifndef COMPILER_LOWER_FILE_CACHE_H_
#define COMPILER_LOWER_FILE_CACHE_H_

#include <map>
#include <memory>
#include <mutex>

#include "compiler/diagnostics/engine.h"
#include "compiler/lower/untyped.h"
#include "compiler/source/sources.h"

namespace csl::lower {

class FileCache {
 public:
  // Both must outlive the cache.
  FileCache(const source::Sources* sources, diagnostics::Engine* diagnostics);
  ~FileCache();

  // Null when the file has errors, which have then been reported (once).
  const Untyped* Get(source::FileId file);

 private:
  struct Entry;

  const source::Sources* const sources_;
  diagnostics::Engine* const diagnostics_;
  std::mutex mutex_;
  std::map<source::FileId, std::unique_ptr<Entry>> entries_;
};

}  // namespace csl::lower

#endif  // COMPILER_LOWER_FILE_CACHE_H_
