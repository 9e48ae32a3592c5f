// SPDX-License-Identifier: Apache-2.0
// What to say about a name that does not exist: names like it, or all there are.
#ifndef RUNTIME_CORE_NEAR_NAMES_H_
#define RUNTIME_CORE_NEAR_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

namespace csl::runtime {

// "did you mean 'y'?", or "it exports 'A', 'compute', 'y'", or "it exports nothing"; `verb` is what
// stands for "exports".
std::string NearNames(std::string_view wanted, std::vector<std::string> names,
                      std::string_view verb = "exports");

}  // namespace csl::runtime

#endif  // RUNTIME_CORE_NEAR_NAMES_H_
