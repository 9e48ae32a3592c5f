// SPDX-License-Identifier: Apache-2.0
#include "bench/fabric/pe_programs.h"

#include <fmt/format.h>

#include <string>

#include "fabric/testing/artifact_builder.h"

namespace csl::bench {
namespace {

using fabric::testing::ArtifactBuilder;
using fabric::testing::Async;
using image::kEast;
using image::kNorth;
using image::kRamp;
using image::kSouth;
using image::kWest;
using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;

constexpr int kChain = 16;
constexpr int kQueue = 2;
constexpr int kTask = 16;
// Of one turn of the scalar loop.
constexpr int kLoopCycles = 10;

enum class Role { kIdle, kSource, kRelay, kSink };

int InputTaskId(Arch arch, int color) { return arch == Arch::kWse2 ? color : kQueue; }
int OutputColor(Arch arch, int color) {
  return arch == Arch::kWse2 ? static_cast<int>(isa::kNoColor) : color;
}

Role RoleOf(int size, int x, int y) {
  const int place = (y + 5 * x) % kChain;
  const bool first = place == 0 || y == 0;
  const bool last = place == kChain - 1 || y == size - 1;
  if (first && last) return Role::kIdle;
  return first ? Role::kSource : last ? Role::kSink : Role::kRelay;
}

// Colors 4 and 5 take turns, so that a relay hears one and speaks the other.
int ColorFrom(int y) { return 4 + y % 2; }

// The operation, then a loop of scalar instructions over a word in memory.
std::string Code(const std::string& operation, int words, bool with_loop) {
  std::string code = "  " + operation + "\n";
  if (with_loop) {
    code += fmt::format(
        "  ldi r0, 0\n  ldi r2, 0x2000\n"
        "l:\n  ld.w r1, [r2 + 0]\n  mul.f32 r3, r1, r1\n  add.f32 r1, r3, r1\n"
        "  st.w r1, [r2 + 0]\n  loopi.lt.i16 r0, {}, 1, @l\n",
        words / kLoopCycles);
  }
  return code + "  ret\n";
}

void AddRelayProgram(ArtifactBuilder* b, Arch arch, Role role, int parity, int words,
                     bool with_loop) {
  const int out = 4 + parity;
  const int in = 4 + (1 - parity);
  const auto extent = static_cast<uint16_t>(words);
  b->Function("main", Code(role == Role::kRelay ? "v.fadds dest.0, src0.0, src1.0"
                                                : "v.fmovs dest.0, src1.0",
                           words, with_loop));
  b->Task(kTask, "main", true);
  const Descriptor memory = Descriptor::Mem1d(0x1000, extent, 0);
  const Descriptor fabin = Async(Descriptor::Fabin(kQueue, static_cast<uint8_t>(in), extent));
  const Descriptor fabout = Async(Descriptor::Fabout(kQueue, static_cast<uint8_t>(out), extent));
  if (role != Role::kSource) {
    b->InputQueue(kQueue, in).Blocked({InputTaskId(arch, in)});
    b->Dsr(role == Role::kRelay ? DsrFile::kSrc0 : DsrFile::kSrc1, 0, fabin);
  }
  if (role != Role::kSink) {
    b->OutputQueue(kQueue, OutputColor(arch, out));
    b->Dsr(DsrFile::kDest, 0, fabout).Dsr(DsrFile::kSrc1, 0, memory);
  } else {
    b->Dsr(DsrFile::kDest, 0, memory);
  }
  b->Singles("x", 0x1000, {1.5f});
}

}  // namespace

image::Artifact Relays(Arch arch, int size, int words, bool with_loop) {
  ArtifactBuilder b(arch, size, size);
  b.Function("idle", "  ret\n");
  const auto place = [&](Role role, int parity) {
    for (int y = 0; y < size; ++y) {
      if (parity >= 0 && y % 2 != parity) continue;
      for (int x = 0; x < size; ++x) {
        if (RoleOf(size, x, y) == role) b.Place(x, y, 1, 1);
      }
    }
  };
  place(Role::kIdle, -1);
  for (const Role role : {Role::kSource, Role::kRelay, Role::kSink}) {
    for (const int parity : {0, 1}) {
      b.NextProgram();
      AddRelayProgram(&b, arch, role, parity, words, with_loop);
      place(role, parity);
    }
  }
  for (int color = 4; color < 6; ++color) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        const Role role = RoleOf(size, x, y);
        if (role == Role::kIdle) continue;
        const bool sends = ColorFrom(y) == color;
        if (sends ? role == Role::kSink : role == Role::kSource) continue;
        b.Route(x, y, 1, 1, color, sends ? kRamp : kNorth, sends ? kSouth : kRamp);
      }
    }
  }
  return b.Build();
}

image::Artifact Rows(Arch arch, int size, int words) {
  ArtifactBuilder b(arch, size, size);
  const auto extent = static_cast<uint16_t>(words);
  const Descriptor memory = Descriptor::Mem1d(0x1000, extent, 1);
  for (const Role role : {Role::kSource, Role::kRelay, Role::kSink}) {
    for (const int parity : {0, 1}) {
      const int end = role == Role::kSource ? 0 : size - 1;
      if (role != Role::kRelay && end % 2 != parity) continue;
      if (role != Role::kSource) b.NextProgram();
      const int out = 4 + parity;
      const int in = 4 + (1 - parity);
      b.Function("main", std::string("  v.fmovs dest.1, src1.1\n  ") +
                             (role == Role::kSource ? "v.fmovs dest.0, src1.0"
                                                    : "v.fadds dest.0, src0.0, src1.0") +
                             "\n  ret\n");
      b.Task(kTask, "main", true);
      b.Dsr(DsrFile::kDest, 1, memory).Dsr(DsrFile::kSrc1, 0, memory);
      b.Dsr(DsrFile::kSrc1, 1, Descriptor::Mem1d(0x2000, extent, 0));
      b.Singles("x", 0x2000, {1.5f});
      if (role != Role::kSource) {
        b.InputQueue(kQueue, in).Blocked({InputTaskId(arch, in)});
        b.Dsr(DsrFile::kSrc0, 0,
              Async(Descriptor::Fabin(kQueue, static_cast<uint8_t>(in), extent)));
      }
      if (role != Role::kSink) {
        b.OutputQueue(kQueue, OutputColor(arch, out));
        b.Dsr(DsrFile::kDest, 0,
              Async(Descriptor::Fabout(kQueue, static_cast<uint8_t>(out), extent)));
      } else {
        b.Dsr(DsrFile::kDest, 0, memory);
      }
      for (int x = 0; x < size; ++x) {
        const Role here = x == 0 ? Role::kSource : x == size - 1 ? Role::kSink : Role::kRelay;
        if (here != role || x % 2 != parity) continue;
        b.Place(x, 0, 1, size);
        if (role != Role::kSink) b.Route(x, 0, 1, size, out, kRamp, kEast);
        if (role != Role::kSource) b.Route(x, 0, 1, size, in, kWest, kRamp);
      }
    }
  }
  return b.Build();
}

image::Artifact LocalTasks(Arch arch, int size, int count) {
  ArtifactBuilder b(arch, size, size);
  // Registers keep what they held from task to task.
  b.Function("main", fmt::format("  loopi.lt.i16 r0, {}, 1, @again\n  ret\n"
                                 "again:\n  activatei {}\n  ret\n",
                                 count, kTask));
  b.Task(kTask, "main", true);
  return b.Build();
}

image::Artifact DataTasks(Arch arch, int size, int count) {
  ArtifactBuilder b(arch, size, size);
  const int color = 4;
  b.Function("main", "  v.fmovs dest.0, src1.0\n  ret\n").Task(kTask, "main", true);
  b.OutputQueue(kQueue, OutputColor(arch, color));
  const auto extent = static_cast<uint16_t>(count);
  b.Dsr(DsrFile::kDest, 0, Async(Descriptor::Fabout(kQueue, color, extent)));
  b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0x1000, extent, 0));
  b.Singles("x", 0x1000, {1.5f}).Place(0, 0, 1, size);
  b.NextProgram();
  b.Function("word", "  ret\n").InputQueue(kQueue, color);
  b.DataTask(InputTaskId(arch, color), "word", 32).Place(1, 0, size - 1, size);
  b.Route(0, 0, 1, size, color, kRamp, kEast);
  if (size > 2) b.Route(1, 0, size - 2, size, color, kWest, kRamp | kEast);
  b.Route(size - 1, 0, 1, size, color, kWest, kRamp);
  return b.Build();
}

}  // namespace csl::bench
