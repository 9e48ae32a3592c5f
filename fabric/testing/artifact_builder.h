// SPDX-License-Identifier: Apache-2.0
// Artifacts made by hand, from assembly text: what tests of the fabric run.
//
//   ArtifactBuilder b(isa::Arch::kWse3, 2, 1);             // 2 x 1 PEs, one program
//   b.Function("main", "  ldi r0, 1\n  unblock_cmd_stream\n  ret\n");
//   b.Words("y", 0x100, {0, 0});
//   b.ExportFunction(7, "main");
//   auto artifact = b.Build();                             // valid, or the test ends with a
//   message
#ifndef FABRIC_TESTING_ARTIFACT_BUILDER_H_
#define FABRIC_TESTING_ARTIFACT_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fabric/image/artifact.h"
#include "fabric/isa/architecture.h"
#include "fabric/isa/descriptor.h"

namespace csl::fabric::testing {

// The same descriptor for an asynchronous operation.
inline isa::Descriptor Async(isa::Descriptor d) {
  d.async.is_async = true;
  return d;
}

class ArtifactBuilder {
 public:
  ArtifactBuilder(isa::Arch arch, int width, int height);

  // A second (third ...) program; what follows goes into it. It runs where Place says.
  ArtifactBuilder& NextProgram();
  // PEs x..x+w-1, y..y+h-1 run the current program; without any call all PEs run the first one.
  ArtifactBuilder& Place(int x, int y, int w, int h);

  // Functions get indices in order of definition. 32 registers each.
  ArtifactBuilder& Function(const std::string& name, const std::string& text,
                            uint16_t frame_bytes = 0);
  // A variable of 16-bit words; 32-bit ones low half first.
  ArtifactBuilder& Words(const std::string& name, uint16_t address,
                         const std::vector<uint16_t>& words);
  ArtifactBuilder& Singles(const std::string& name, uint16_t address,
                           const std::vector<float>& values);
  // Binds a local task.
  ArtifactBuilder& Task(int id, const std::string& function, bool active = false,
                        bool blocked = false, bool high_priority = false);
  // Binds a data task to a color (WSE-2) or an input queue (WSE-3), and a control task to an entry
  // point. Parameters by width in bits, 0: none.
  ArtifactBuilder& DataTask(int id, const std::string& function, int bits0 = 0, int bits1 = 0);
  ArtifactBuilder& ControlTask(int id, const std::string& function, int bits0 = 0, int bits1 = 0);
  // Task ids blocked at the start.
  ArtifactBuilder& Blocked(const std::vector<int>& ids);
  ArtifactBuilder& InputQueue(int queue, int color, bool filter_enable = false);
  ArtifactBuilder& OutputQueue(int queue, int color = isa::kNoColor);  // WSE-2: no color
  // A DSR loaded before the start.
  ArtifactBuilder& Dsr(isa::DsrFile file, int number, const isa::Descriptor& descriptor);
  // The routers of PEs x..x+w-1, y..y+h-1, whatever program runs there.
  ArtifactBuilder& Color(int x, int y, int w, int h, int color, const image::ColorConfig& config);
  // A color with one position.
  ArtifactBuilder& Route(int x, int y, int w, int h, int color, int rx, int tx);
  // The same id may be exported by several programs. Inputs are CSL types.
  ArtifactBuilder& ExportFunction(uint32_t id, const std::string& function,
                                  const std::vector<std::string>& inputs = {});
  // Exports a pointer to `target`; makes the pointer variable.
  ArtifactBuilder& ExportPointer(uint32_t id, const std::string& name, uint16_t target,
                                 uint16_t pointer_address);

  image::ProgramImage& image() { return artifact_.images.back(); }
  image::Manifest& manifest() { return artifact_.manifest; }
  image::Artifact Build() const;

 private:
  uint16_t FunctionIndex(const std::string& name) const;
  ArtifactBuilder& BindTask(image::TaskKind kind, int id, const std::string& function, int bits0,
                            int bits1);
  void AddExport(const image::Export& exported, const image::ProgramExport& in_program);

  image::Artifact artifact_;
};

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_ARTIFACT_BUILDER_H_
