// SPDX-License-Identifier: Apache-2.0
// A resolved layout as the document that cslc compiles (docs/formats/layout.md).
#ifndef RUNTIME_LAYOUT_DOCUMENT_H_
#define RUNTIME_LAYOUT_DOCUMENT_H_

#include <string>
#include <vector>

#include "runtime/layout/resolve.h"

namespace csl::runtime::layout {

struct Document {
  std::string text;
  // By line, from 0: the region and PE that it is about, "" for none. For messages of cslc.
  std::vector<std::string> places;
};

Document WriteDocument(const SdkLayout& layout, const ResolvedLayout& resolved);

// {"x_in": 3, ...}: the numbers of all colors that the user named.
std::string ColorsToJson(const SdkLayout& layout, const ResolvedLayout& resolved);

}  // namespace csl::runtime::layout

#endif  // RUNTIME_LAYOUT_DOCUMENT_H_
