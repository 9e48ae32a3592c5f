// SPDX-License-Identifier: Apache-2.0
// What people ask of a compiled program, as text.
#ifndef FABRIC_IMAGE_REPORTS_H_
#define FABRIC_IMAGE_REPORTS_H_

#include <string>

#include "fabric/image/artifact.h"

namespace csl::image {

// Where the bytes of a tile's 48 KB go: sections with their variables, stack, the estimate for the
// code by function, what is left.
std::string MemoryReport(const ProgramImage& image);

// A table of the routes of every tile, row by row: what the layout and the tile's program set at
// the start.
std::string RoutesReport(const Artifact& artifact);

// Geometry, exports, which tile runs what with which colors.
std::string ManifestReport(const Artifact& artifact);
std::string VariantsReport(const Artifact& artifact);

// Tables of an image, a header line first.
std::string SectionTable(const ProgramImage& image);
std::string SymbolTable(const ProgramImage& image);
std::string LineTable(const ProgramImage& image);
std::string FrameTable(const ProgramImage& image);
// Code as assembly, with the fields of each instruction and source lines between.
std::string Disassembly(const ProgramImage& image);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_REPORTS_H_
