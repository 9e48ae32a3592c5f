// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/artifact_builder.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "fabric/isa/text.h"

namespace csl::fabric::testing {
namespace {

constexpr uint8_t kRegisters = 32;
constexpr uint16_t kStackBytes = 0x400;

// Inserts by the key that lists of images are sorted by.
template <typename T, typename Key>
void InsertSorted(std::vector<T>* list, T value, Key key) {
  const auto at = std::find_if(list->begin(), list->end(),
                               [&](const T& other) { return key(value) < key(other); });
  list->insert(at, std::move(value));
}

}  // namespace

ArtifactBuilder::ArtifactBuilder(isa::Arch arch, int width, int height) {
  image::Manifest& m = artifact_.manifest;
  m.arch = arch;
  m.fabric = {width + 7, height + 2};
  m.offset = {4, 1};
  m.rectangle = {width, height};
  m.memcpy = true;
  m.channels = 1;
  NextProgram();
}

ArtifactBuilder& ArtifactBuilder::NextProgram() {
  image::ProgramImage image;
  image.arch = artifact_.manifest.arch;
  image.name = "program" + std::to_string(artifact_.images.size()) + ".csl";
  image.stack_bytes = kStackBytes;
  image.files = {image.name};
  artifact_.manifest.programs.push_back(
      image::Artifact::ProgramFile(static_cast<uint32_t>(artifact_.images.size())));
  artifact_.images.push_back(std::move(image));
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Place(int x, int y, int w, int h) {
  artifact_.manifest.placement.push_back({static_cast<uint16_t>(x), static_cast<uint16_t>(y),
                                          static_cast<uint16_t>(w), static_cast<uint16_t>(h),
                                          static_cast<uint32_t>(artifact_.images.size() - 1)});
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Function(const std::string& name, const std::string& text,
                                           uint16_t frame_bytes) {
  auto body = isa::Assemble(text);
  CHECK(body.ok()) << name << ": " << body.status().message();
  image::Function function;
  function.name = name;
  function.first_instruction = static_cast<uint32_t>(image().code.size());
  function.num_instructions = static_cast<uint32_t>(body->size());
  function.num_registers = kRegisters;
  function.frame_bytes = frame_bytes;
  for (uint32_t i = 0; i < body->size(); ++i) {
    image().lines.push_back({function.first_instruction + i, 0, 1,
                             static_cast<uint32_t>(image().functions.size() * 100 + i + 1)});
  }
  image().code.insert(image().code.end(), body->begin(), body->end());
  image().symbols.push_back({name, image::Symbol::Kind::kFunction,
                             static_cast<uint16_t>(image().functions.size()), 0, true, ""});
  image().functions.push_back(std::move(function));
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Words(const std::string& name, uint16_t address,
                                        const std::vector<uint16_t>& words) {
  image::Section section;
  section.name = ".data." + name;
  section.address = address;
  section.size_bytes = static_cast<uint16_t>(words.size() * 2);
  section.bytes.resize(section.size_bytes);
  std::memcpy(section.bytes.data(), words.data(), section.size_bytes);
  image::Symbol symbol{name, image::Symbol::Kind::kVariable, address, section.size_bytes, true, ""};
  InsertSorted(&image().sections, std::move(section), [](const auto& s) { return s.address; });
  image().symbols.push_back(std::move(symbol));
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Singles(const std::string& name, uint16_t address,
                                          const std::vector<float>& values) {
  std::vector<uint16_t> words(values.size() * 2);
  std::memcpy(words.data(), values.data(), values.size() * sizeof(float));
  return Words(name, address, words);
}

uint16_t ArtifactBuilder::FunctionIndex(const std::string& name) const {
  const auto& functions = artifact_.images.back().functions;
  for (size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].name == name) return static_cast<uint16_t>(i);
  }
  CHECK(false) << "no function " << name;
  return 0;
}

ArtifactBuilder& ArtifactBuilder::BindTask(image::TaskKind kind, int id,
                                           const std::string& function, int bits0, int bits1) {
  image::TaskBinding task;
  task.id = static_cast<uint8_t>(id);
  task.kind = kind;
  task.function = FunctionIndex(function);
  task.param_bits[0] = static_cast<uint8_t>(bits0);
  task.param_bits[1] = static_cast<uint8_t>(bits1);
  image::TileConfiguration& c = image().configuration;
  InsertSorted(&c.tasks, task, [&](const auto& t) {
    return std::pair(c.separate_control_table && t.kind == image::TaskKind::kControl, t.id);
  });
  return *this;
}

ArtifactBuilder& ArtifactBuilder::DataTask(int id, const std::string& function, int bits0,
                                           int bits1) {
  return BindTask(image::TaskKind::kData, id, function, bits0, bits1);
}

ArtifactBuilder& ArtifactBuilder::ControlTask(int id, const std::string& function, int bits0,
                                              int bits1) {
  return BindTask(image::TaskKind::kControl, id, function, bits0, bits1);
}

ArtifactBuilder& ArtifactBuilder::Blocked(const std::vector<int>& ids) {
  for (const int id : ids) image().configuration.blocked_tasks |= uint64_t{1} << id;
  return *this;
}

ArtifactBuilder& ArtifactBuilder::InputQueue(int queue, int color, bool filter_enable) {
  image::InputQueue value;
  value.queue = static_cast<uint8_t>(queue);
  value.color = static_cast<uint8_t>(color);
  value.filter_enable = filter_enable;
  InsertSorted(&image().configuration.input_queues, value, [](const auto& q) { return q.queue; });
  return *this;
}

ArtifactBuilder& ArtifactBuilder::OutputQueue(int queue, int color) {
  image::OutputQueue value;
  value.queue = static_cast<uint8_t>(queue);
  value.color = static_cast<uint8_t>(color);
  InsertSorted(&image().configuration.output_queues, value, [](const auto& q) { return q.queue; });
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Dsr(isa::DsrFile file, int number,
                                      const isa::Descriptor& descriptor) {
  InsertSorted(&image().configuration.dsrs,
               image::InitialDsr{file, static_cast<uint8_t>(number), descriptor},
               [](const auto& d) { return std::pair(d.file, d.number); });
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Color(int x, int y, int w, int h, int color,
                                        const image::ColorConfig& config) {
  image::Manifest& m = artifact_.manifest;
  const auto known = std::find(m.color_configs.begin(), m.color_configs.end(), config);
  const auto index = static_cast<uint32_t>(known - m.color_configs.begin());
  if (known == m.color_configs.end()) m.color_configs.push_back(config);
  InsertSorted(
      &m.color_runs,
      image::ColorRun{static_cast<uint16_t>(x), static_cast<uint16_t>(y), static_cast<uint16_t>(w),
                      static_cast<uint16_t>(h), static_cast<uint16_t>(color), index},
      [](const auto& r) { return std::tuple(r.color, r.y, r.x); });
  return *this;
}

ArtifactBuilder& ArtifactBuilder::Route(int x, int y, int w, int h, int color, int rx, int tx) {
  image::ColorConfig config;
  config.positions[0] = {static_cast<uint8_t>(rx), static_cast<uint8_t>(tx)};
  return Color(x, y, w, h, color, config);
}

ArtifactBuilder& ArtifactBuilder::Task(int id, const std::string& function, bool active,
                                       bool blocked, bool high_priority) {
  BindTask(image::TaskKind::kLocal, id, function, 0, 0);
  image::TileConfiguration& c = image().configuration;
  if (active) c.active_tasks |= uint64_t{1} << id;
  if (blocked) c.blocked_tasks |= uint64_t{1} << id;
  if (high_priority) c.high_priority_tasks |= uint64_t{1} << id;
  return *this;
}

void ArtifactBuilder::AddExport(const image::Export& exported,
                                const image::ProgramExport& in_program) {
  if (artifact_.manifest.FindExport(exported.id) == nullptr) {
    InsertSorted(&artifact_.manifest.exports, exported, [](const auto& e) { return e.id; });
  }
  InsertSorted(&image().exports, in_program, [](const auto& e) { return e.id; });
}

ArtifactBuilder& ArtifactBuilder::ExportFunction(uint32_t id, const std::string& function,
                                                 const std::vector<std::string>& inputs) {
  image::Export exported;
  exported.id = id;
  exported.name = function;
  exported.kind = image::ExportKind::kFunc;
  exported.type = "fn()void";
  for (const std::string& type : inputs) exported.inputs.push_back({"", type});
  const uint16_t index = FunctionIndex(function);
  image().functions[index].num_params = static_cast<uint8_t>(inputs.size());
  AddExport(exported, {id, image::ProgramExport::Kind::kFunction, index});
  return *this;
}

ArtifactBuilder& ArtifactBuilder::ExportPointer(uint32_t id, const std::string& name,
                                                uint16_t target, uint16_t pointer_address) {
  Words(name + "_ptr", pointer_address, {target});
  image::Export exported;
  exported.id = id;
  exported.name = name;
  exported.type = "[*]u32";
  AddExport(exported, {id, image::ProgramExport::Kind::kVariable, pointer_address});
  return *this;
}

image::Artifact ArtifactBuilder::Build() const {
  image::Artifact artifact = artifact_;
  image::Manifest& m = artifact.manifest;
  if (m.placement.empty()) {
    m.placement.push_back({0, 0, static_cast<uint16_t>(m.rectangle.width),
                           static_cast<uint16_t>(m.rectangle.height), 0});
  }
  std::sort(m.placement.begin(), m.placement.end(),
            [](const auto& a, const auto& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; });
  for (image::ProgramImage& image : artifact.images) {
    std::sort(image.symbols.begin(), image.symbols.end(), [](const auto& a, const auto& b) {
      return std::tie(a.kind, a.value, a.name) < std::tie(b.kind, b.value, b.name);
    });
  }
  const Status status = artifact.Validate();
  CHECK(status.ok()) << status.message();
  return artifact;
}

}  // namespace csl::fabric::testing
