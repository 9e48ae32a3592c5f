// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/testing.h"

#include "base/check.h"
#include "fabric/isa/text.h"

namespace csl::image::testing {
namespace {

void AddFunction(ProgramImage& image, Function function, std::string_view text) {
  auto code = isa::Assemble(text);
  CHECK(code.ok()) << code.status().ToString();
  function.first_instruction = static_cast<uint32_t>(image.code.size());
  function.num_instructions = static_cast<uint32_t>(code->size());
  image.functions.push_back(std::move(function));
  image.code.insert(image.code.end(), code->begin(), code->end());
}

TileConfiguration SampleConfiguration(isa::Arch arch) {
  TileConfiguration c;
  c.tasks = {{2, TaskKind::kData, 1, {16, 16}},
             {9, TaskKind::kLocal, 0, {}},
             {40, TaskKind::kControl, 1, {32, 0}}};
  c.active_tasks = uint64_t{1} << 9;
  c.blocked_tasks = 0xf0;
  c.high_priority_tasks = uint64_t{1} << 9;
  c.input_queues = {{2, 5, isa::Priority::kHigh, 0, false, true}};
  c.output_queues = {{3, arch == isa::Arch::kWse2 ? isa::kNoColor : uint8_t{6}, false}};
  ColorConfig color;
  color.positions = {Route{kRamp, kEast}, Route{kWest, kEast | kRamp}};
  color.num_positions = 2;
  color.current_position = 1;
  color.ring_mode = true;
  color.pop_mode = PopMode::kPopOnAdvance;
  color.filter.kind = FilterKind::kCounter;
  color.filter.count_data = true;
  color.filter.has_limit1 = true;
  color.filter.limit1 = 4;
  c.local_colors = {{5, color}};
  c.dsrs = {{isa::DsrFile::kDest, 0, isa::Descriptor::Mem1d(0x20, 8)},
            {isa::DsrFile::kSrc1, 1, isa::Descriptor::Fabin(2, 5, 8)}};
  c.dsrs[1].descriptor.async = {true, isa::AsyncAction::kActivate, isa::AsyncAction::kNone, 2, 3};
  c.dsrs[1].descriptor.completion_id = 9;
  c.fifos = {{0, 0x40, 16, 4, 9, kNoTask, FifoAction::kTerminate, FifoAction::kTestOrSuspend}};
  c.words = {{0x7e00, 0x1234}};
  c.handlers = {{Handler::Kind::kTeardown, 5, 0}};
  return c;
}

}  // namespace

ProgramImage SampleImage(isa::Arch arch) {
  ProgramImage image;
  image.arch = arch;
  image.fp16_format = isa::Fp16Format::kF16;
  image.name = "pe.csl";
  AddFunction(image, {"compute", "fn()void", 0, 0, 4, 0, 8}, R"(
      ldi r0, 0
    again:
      ld.w r1, [r0 + 64]
      st.w r1, [r0 + 0]
      loopi.lt.u16 r0, 16, 4, @again
      call r2, f1
      unblock_cmd_stream
      ret
  )");
  AddFunction(image, {"twice", "fn(i16)i16", 0, 0, 1, 1, 0}, R"(
      add.i16 r0, r0, r0
      ret
  )");
  image.sections = {{".bss", 0x0, 0x20, false, {}},
                    {".data", 0x20, 4, false, {0x40, 0, 0xff, 0x7f}},
                    {".rodata", 0x24, 3, true, {'a', 'b', 0}}};
  image.stack_top = 0xc000;
  image.stack_bytes = 8;
  image.configuration = SampleConfiguration(arch);
  image.symbols = {{"y", Symbol::Kind::kVariable, 0x0, 0x20, true, "[8]f32"},
                   {"y_ptr", Symbol::Kind::kVariable, 0x20, 2, false, "[*]f32"},
                   {"compute", Symbol::Kind::kFunction, 0, 0, true, "fn()void"},
                   {"twice", Symbol::Kind::kFunction, 1, 0, false, ""}};
  image.exports = {{0, ProgramExport::Kind::kVariable, 0x20},
                   {1, ProgramExport::Kind::kFunction, 0}};
  image.files = {"pe.csl"};
  image.frames = {{0, 0, 8, "buffer", "[4]i16"}};
  image.lines = {{0, 0, 3, 12}, {2, 0, 5, 13}, {7, 0, 1, 20}};
  return image;
}

Artifact SampleArtifact() {
  Artifact a;
  Manifest& m = a.manifest;
  m.params = {{"M", "4"}, {"N", "6"}};
  m.colors = {{"out_color", 8}};
  m.fabric = {10, 4};
  m.offset = {4, 1};
  m.rectangle = {3, 2};
  m.memcpy = true;
  m.channels = 1;
  m.exports = {{0, "y", ExportKind::kVar, "[*]f32", false, -1, {}},
               {1, "compute", ExportKind::kFunc, "fn(f32)void", false, -1, {{"", "f32"}}},
               {5, "stream", ExportKind::kStream, "f32", false, 21, {}}};
  m.programs = {Artifact::ProgramFile(0), Artifact::ProgramFile(1)};
  m.placement = {{0, 0, 2, 2, 0}, {2, 0, 1, 1, 1}, {2, 1, 1, 1, 0}};
  ColorConfig east;
  east.positions[0] = {kRamp | kWest, kEast};
  m.color_configs = {east};
  m.color_runs = {{0, 0, 3, 1, 5, 0}, {0, 0, 3, 2, 6, 0}};
  a.images = {SampleImage(), SampleImage()};
  a.images[1].name = "edge.csl";
  return a;
}

}  // namespace csl::image::testing
