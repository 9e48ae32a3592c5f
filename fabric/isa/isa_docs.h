// SPDX-License-Identifier: Apache-2.0
// docs/isa.md: the tables of this folder as a page.
#ifndef FABRIC_ISA_ISA_DOCS_H_
#define FABRIC_ISA_ISA_DOCS_H_

#include <string>

namespace csl::isa {

std::string IsaDocs();

}  // namespace csl::isa

#endif  // FABRIC_ISA_ISA_DOCS_H_
