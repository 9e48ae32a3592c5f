// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/test_program.h"

#include <utility>

#include "base/check.h"
#include "fabric/isa/text.h"

namespace csl::runtime {
namespace {

constexpr uint16_t kPointerOfA = 0x100;
constexpr uint16_t kPointerOfB = 0x102;
constexpr uint16_t kArrayA = 0x200;  // kTestElements words of 32 bits
constexpr uint16_t kArrayB = 0x400;  // kTestElements words of 16 bits

constexpr char kAdd[] = R"(
    ldi r1, 0
loop:
    ld.w r2, [r1<<2 + 512]
    add.i32 r2, r2, r0
    st.w r2, [r1<<2 + 512]
    addi.i16 r1, r1, 1
    blti.i16 r1, 64, @loop
    unblock_cmd_stream
    ret
)";
constexpr char kMix[] = R"(
    st.w r0, [512]
    st.w r1, [516]
    unblock_cmd_stream
    ret
)";
constexpr char kStuck[] = "ret\n";
constexpr char kSpin[] = R"(
loop:
    jmp @loop
)";

// Sends back on color 5 what comes in on color 4, for ever. On WSE-2 its microthread is that of the
// output queue.
constexpr char kEcho[] = R"(
    v.mov32 dest.0, src1.0
    ret
)";
constexpr int kEchoTask = 16;
constexpr uint8_t kInQueue = 2;
constexpr uint8_t kOutQueue = 3;

image::Export Variable(uint32_t id, const char* name, const char* type, bool immutable) {
  image::Export out;
  out.id = id;
  out.name = name;
  out.type = type;
  out.immutable = immutable;
  return out;
}

image::Export Function(uint32_t id, const char* name, const char* type,
                       std::vector<image::ExportInput> inputs) {
  image::Export out;
  out.id = id;
  out.name = name;
  out.kind = image::ExportKind::kFunc;
  out.type = type;
  out.inputs = std::move(inputs);
  return out;
}

image::Manifest MakeManifest() {
  image::Manifest manifest;
  manifest.fabric = {11, 5};
  manifest.offset = {4, 1};
  manifest.rectangle = {4, 3};
  manifest.memcpy = true;
  manifest.channels = 1;
  manifest.programs = {image::Artifact::ProgramFile(0)};
  manifest.placement = {{.x = 0, .y = 0, .width = 4, .height = 3, .program = 0}};
  manifest.exports = {
      Variable(0, "A", "[*]f32", false),
      Variable(1, "B", "[*]u16", true),
      Function(2, "add", "fn(u32)void", {{"value", "u32"}}),
      Function(3, "mix", "fn(i16, f32)void", {{"n", "i16"}, {"x", "f32"}}),
      Function(4, "stuck", "fn()void", {}),
      Function(5, "spin", "fn()void", {}),
  };
  return manifest;
}

image::Symbol Symbol(const char* name, uint16_t address, uint16_t size_bytes) {
  image::Symbol out;
  out.name = name;
  out.value = address;
  out.size_bytes = size_bytes;
  return out;
}

image::Section Section(const char* name, uint16_t address, uint16_t size_bytes) {
  image::Section out;
  out.name = name;
  out.address = address;
  out.size_bytes = size_bytes;
  return out;
}

image::Section Pointers() {
  image::Section section = Section(".data", kPointerOfA, 4);
  for (const uint16_t address : {kArrayA, kArrayB}) {
    section.bytes.push_back(static_cast<uint8_t>(address & 0xff));
    section.bytes.push_back(static_cast<uint8_t>(address >> 8));
  }
  return section;
}

void AddFunction(const char* name, const char* type, uint8_t params, const char* text,
                 image::ProgramImage* image) {
  const std::vector<isa::Instruction> body = isa::Assemble(text).value();
  image::Function& function = image->functions.emplace_back();
  function.name = name;
  function.type = type;
  function.first_instruction = static_cast<uint32_t>(image->code.size());
  function.num_instructions = static_cast<uint32_t>(body.size());
  function.num_registers = 4;
  function.num_params = params;
  image->code.insert(image->code.end(), body.begin(), body.end());
}

void AddEcho(image::ProgramImage* image) {
  AddFunction("echo", "", 0, kEcho, image);
  image::TileConfiguration& tile = image->configuration;
  image::TaskBinding task;
  task.id = kEchoTask;
  task.function = static_cast<uint16_t>(image->functions.size() - 1);
  tile.tasks = {task};
  tile.active_tasks = uint64_t{1} << kEchoTask;
  tile.blocked_tasks = uint64_t{1} << kTestStreamIn;  // no data task takes its wavelets
  tile.input_queues = {{.queue = kInQueue, .color = kTestStreamIn}};
  tile.output_queues = {{.queue = kOutQueue}};
  isa::Descriptor in = isa::Descriptor::Fabin(kInQueue, kTestStreamIn, isa::kEndlessExtent);
  in.async.is_async = true;
  tile.dsrs = {{isa::DsrFile::kDest, 0,
                isa::Descriptor::Fabout(kOutQueue, kTestStreamOut, isa::kEndlessExtent)},
               {isa::DsrFile::kSrc1, 0, in}};
}

image::ProgramImage MakeImage() {
  using ExportKind = image::ProgramExport::Kind;
  image::ProgramImage image;
  image.name = "test.csl";
  AddFunction("add", "fn(u32)void", 1, kAdd, &image);
  AddFunction("mix", "fn(i16, f32)void", 2, kMix, &image);
  AddFunction("stuck", "fn()void", 0, kStuck, &image);
  AddFunction("spin", "fn()void", 0, kSpin, &image);
  AddEcho(&image);
  image.sections = {Pointers(), Section(".bss", kArrayA, 4 * kTestElements),
                    Section(".bss.b", kArrayB, 2 * kTestElements)};
  image.symbols = {Symbol("A_ptr", kPointerOfA, 2), Symbol("B_ptr", kPointerOfB, 2),
                   Symbol("A_array", kArrayA, 4 * kTestElements),
                   Symbol("B_array", kArrayB, 2 * kTestElements)};
  image.exports = {{0, ExportKind::kVariable, kPointerOfA}, {1, ExportKind::kVariable, kPointerOfB},
                   {2, ExportKind::kFunction, 0},           {3, ExportKind::kFunction, 1},
                   {4, ExportKind::kFunction, 2},           {5, ExportKind::kFunction, 3}};
  return image;
}

}  // namespace

Program MakeTestProgram() {
  Program program;
  program.artifact.manifest = MakeManifest();
  program.artifact.images.push_back(MakeImage());
  const Status valid = program.artifact.Validate();
  CHECK(valid.ok()) << valid.ToString();
  program.files = image::ArtifactFiles(program.artifact);
  return program;
}

}  // namespace csl::runtime
