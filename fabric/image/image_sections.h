// SPDX-License-Identifier: Apache-2.0
// Contents of the sections of an image that have no ELF form of their own (docs/formats/image.md).
// Private.
#ifndef FABRIC_IMAGE_IMAGE_SECTIONS_H_
#define FABRIC_IMAGE_IMAGE_SECTIONS_H_

#include "fabric/image/byte_archive.h"
#include "fabric/image/program_image.h"

namespace csl::image {

// e_machine of an image: private, no processor has it.
inline constexpr uint16_t kElfMachine = 0xc510;
// Version of the encoding: opcode numbers and section contents. In bits 16-31 of e_flags; 0-7 Arch,
// 8-15 Fp16Format.
inline constexpr uint16_t kImageVersion = 2;

inline constexpr char kCodeSection[] = ".text";
inline constexpr char kInfoSection[] = ".csl.info";
inline constexpr char kFunctionsSection[] = ".csl.functions";
inline constexpr char kConfigSection[] = ".csl.config";
inline constexpr char kExportsSection[] = ".csl.exports";
inline constexpr char kTypesSection[] = ".csl.types";
inline constexpr char kLinesSection[] = ".csl.lines";
inline constexpr char kFramesSection[] = ".csl.frames";

template <typename Archive>
void Fields(Archive& ar, std::string& v) {
  ar(v);
}

template <typename Archive>
void Fields(Archive& ar, Function& v) {
  ar(v.name, v.type, v.first_instruction, v.num_instructions, v.num_registers, v.num_params,
     v.frame_bytes);
}

template <typename Archive>
void Fields(Archive& ar, ProgramExport& v) {
  ar(v.id);
  ar.Enum(v.kind, ProgramExport::Kind::kFunction);
  ar(v.value);
}

template <typename Archive>
void Fields(Archive& ar, LineEntry& v) {
  ar(v.instruction, v.file, v.column, v.line);
}

template <typename Archive>
void Fields(Archive& ar, FrameSlot& v) {
  ar(v.function, v.offset, v.size_bytes, v.name, v.type);
}

// .csl.info
template <typename Archive>
void InfoFields(Archive& ar, ProgramImage& v) {
  ar(v.name, v.stack_top, v.stack_bytes);
}

// .csl.lines
template <typename Archive>
void LineFields(Archive& ar, ProgramImage& v) {
  ar.List(v.files);
  ar.List(v.lines);
}

}  // namespace csl::image

#endif  // FABRIC_IMAGE_IMAGE_SECTIONS_H_
