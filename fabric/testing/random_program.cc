// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_program.h"

#include <fmt/format.h>

#include "fabric/testing/artifact_builder.h"
#include "fabric/testing/random.h"
#include "fabric/testing/random_host.h"

namespace csl::fabric::testing {
namespace {

// Memory of every program: descriptors, pointers, then data that code and copies touch.
constexpr uint16_t kDescriptors = 0x80;
constexpr uint16_t kPointers = 0x100;
constexpr uint16_t kData = 0x400;
constexpr int kDataBytes = 0x1000;
constexpr int kNumDescriptors = 6;
constexpr uint32_t kNumExported = 2;  // functions 1, 2; pointers 11, 12
constexpr int kFirstTask = 8;
constexpr int kLastTask = 13;

// Writes the body of one function. r0..r15 are data, r16.. loop counters, r20.. addresses, r26 on
// the window of calls.
class BodyWriter {
 public:
  BodyWriter(Random* random, int num_callees, int own_task, bool may_fail, bool is_leaf = false)
      : random_(*random),
        callees_(num_callees),
        own_task_(own_task),
        may_fail_(may_fail),
        is_leaf_(is_leaf) {}

  std::string Write(bool unblocks) {
    // Functions that others call, some of them in loops, have at most one loop level of their own.
    Statements(3 + random_.Below(6), is_leaf_ ? 1 : 0);
    if (unblocks) {
      out_ += random_.Chance(70) ? "  unblock_cmd_stream\n"
                                 : fmt::format("  activatei {}\n", kLastTask);
      Statements(random_.Below(4), 0);
    }
    return out_ + "  ret\n";
  }

 private:
  int Reg() { return random_.Below(16); }

  void Statements(int count, int depth) {
    for (int i = 0; i < count; ++i) Statement(depth);
  }

  void Statement(int depth) {
    switch (random_.Below(depth < 2 ? 10 : 7)) {
      case 0:
      case 1:
        return Scalar();
      case 2:
        return MemoryAccess();
      case 3:
        return Vector();
      case 4:
        return System();
      case 5:
        return Float();
      case 6:
        return callees_ > 0 && depth < 2 ? CallOne() : Scalar();
      case 7:
        return Skip(depth);
      default:
        return CountedLoop(depth);
    }
  }

  void Scalar() {
    static const std::vector<std::string> kOps = {
        "add.i16", "add.u16", "add.i32", "sub.i32", "mul.i16", "mul.i32", "and.i32", "xor.i32",
        "shl.i32", "shr.u32", "div.i16", "rem.u32", "lt.i16",  "eq.i32",  "le.u32",  "mulh.i32"};
    if (random_.Chance(30)) {
      out_ += fmt::format("  ldi r{}, {}\n", Reg(), static_cast<int32_t>(random_.Word()));
    } else {
      out_ += fmt::format("  {} r{}, r{}, r{}\n", random_.Of(kOps), Reg(), Reg(), Reg());
    }
  }

  void Float() {
    static const std::vector<std::string> kOps = {"add.f32", "mul.f32", "sub.f16",
                                                  "mul.f16", "div.f32", "lt.f32"};
    out_ += fmt::format("  {} r{}, r{}, r{}\n", random_.Of(kOps), Reg(), Reg(), Reg());
  }

  // An address inside the data, from any register.
  void MemoryAccess() {
    static const std::vector<std::string> kOps = {"ld.w", "st.w",  "ld.i16",
                                                  "st.h", "ld.u8", "st.b"};
    out_ += fmt::format("  andi.u16 r20, r{}, {}\n", Reg(), kDataBytes / 2 - 1);
    out_ += fmt::format("  {} r{}, [r20 + {}]\n", random_.Of(kOps), Reg(), kData);
    if (may_fail_ && random_.Chance(3)) out_ += fmt::format("  ld.w r1, [r{} + 0]\n", Reg());
  }

  void Vector() {
    static const std::vector<std::string> kTwo = {"v.add16", "v.fadds", "v.fmaxh",
                                                  "v.xor16", "v.fmulh", "v.addc16"};
    static const std::vector<std::string> kOne = {"v.mov16", "v.fmovs", "v.fnegh", "v.fh2s"};
    const auto descriptor = [&] { return kDescriptors + 8 * random_.Below(kNumDescriptors); };
    out_ += fmt::format("  ldi r21, {}\n  ldi r22, {}\n  ldi r23, {}\n", descriptor(), descriptor(),
                        descriptor());
    out_ += fmt::format("  dsr.load dest.1, [r21 + 0], {}\n", random_.Below(2));
    out_ += fmt::format("  dsr.load src0.1, [r22 + 0], {}\n", random_.Below(2));
    out_ += fmt::format("  dsr.load src1.1, [r23 + 0], {}\n", random_.Below(2));
    switch (random_.Below(4)) {
      case 0:
        out_ += fmt::format("  {} dest.1, src1.1\n", random_.Of(kOne));
        break;
      case 1:
        out_ += fmt::format("  v.fmacs dest.1, src0.1, src1.1, r{}\n", Reg());
        break;
      case 2:
        out_ += fmt::format("  ldi r24, {}\n  v.fadds *r24, r{}, src1.1\n", kData + 64, Reg());
        break;
      default:
        out_ += fmt::format("  {} dest.1, src0.1, src1.1\n", random_.Of(kTwo));
        break;
    }
  }

  void System() {
    switch (random_.Below(6)) {
      case 0:
        out_ += "  tsc.enable\n";
        break;
      case 1:
        out_ += fmt::format("  ldi r24, {}\n  tsc.read r24\n", kData + 8 * random_.Below(16));
        break;
      case 2:
        out_ += fmt::format("  rand16 r{}\n", Reg());
        break;
      case 3:
        out_ += fmt::format("  coord.x r{}\n", Reg());
        break;
      case 4:
        if (own_task_ < kLastTask) {  // later tasks only, so that activations end
          const int first = own_task_ < 0 ? kFirstTask : own_task_ + 1;
          out_ += fmt::format("  activatei {}\n", first + random_.Below(kLastTask + 1 - first));
        }
        break;
      default:
        out_ += fmt::format("  ldi r24, {}\n  ldi r25, {}\n  copy r24, r25, {}\n",
                            kData + 4 * random_.Below(64), kData + 4 * random_.Below(64),
                            random_.Below(200));
        break;
    }
    if (may_fail_ && random_.Chance(2)) out_ += "  trap 0\n";
  }

  void CallOne() { out_ += fmt::format("  call r26, f{}\n", random_.Below(callees_)); }

  void Skip(int depth) {
    const int label = labels_++;
    out_ += fmt::format("  {} r{}, r{}, @l{}\n", random_.Chance(50) ? "blt.i16" : "bne.i32", Reg(),
                        Reg(), label);
    Statements(1 + random_.Below(3), depth + 1);
    out_ += fmt::format("l{}:\n", label);
    out_ += "  nop\n";
  }

  void CountedLoop(int depth) {
    const int label = labels_++;
    const int counter = 16 + depth;
    out_ += fmt::format("  ldi r{}, 0\nl{}:\n", counter, label);
    Statements(1 + random_.Below(3), depth + 1);
    out_ += fmt::format("  loopi.lt.i16 r{}, {}, 1, @l{}\n", counter, 1 + random_.Below(6), label);
  }

  Random& random_;
  int callees_;
  int own_task_;
  bool may_fail_;
  bool is_leaf_;
  int labels_ = 0;
  std::string out_;
};

void AddProgram(Random* random, bool may_fail, ArtifactBuilder* b) {
  std::vector<uint16_t> data(kDataBytes / 2);
  for (uint16_t& word : data) word = static_cast<uint16_t>(random->Word());
  b->Words("data", kData, data);
  std::vector<uint16_t> descriptors;
  for (int i = 0; i < kNumDescriptors; ++i) {
    const int stride = random->Below(7) - 2;
    // Far enough from both ends for every stride, length and element size.
    descriptors.insert(descriptors.end(),
                       {1, static_cast<uint16_t>(kData + 1000 + 2 * random->Below(800)),
                        static_cast<uint16_t>(random->Below(60)), static_cast<uint16_t>(stride)});
  }
  b->Words("descriptors", kDescriptors, descriptors);
  int functions = 0;
  for (; functions < 2; ++functions) {
    b->Function(fmt::format("leaf{}", functions),
                BodyWriter(random, functions, kLastTask, may_fail, true).Write(false), 16);
  }
  for (int id = kFirstTask; id <= kLastTask; ++id) {
    // The last task unblocks what a launched function left to it.
    const std::string body = BodyWriter(random, functions, id, may_fail).Write(false);
    const std::string name = fmt::format("task{}", id);
    b->Function(name, id == kLastTask ? "  unblock_cmd_stream\n" + body : body);
    b->Task(id, name, random->Chance(20), false, random->Chance(20));
  }
  for (uint32_t i = 0; i < kNumExported; ++i) {
    const std::string name = fmt::format("main{}", i);
    b->Function(
        name, BodyWriter(random, functions, -1, may_fail).Write(!(may_fail && random->Chance(10))));
    b->ExportFunction(1 + i, name, {"u32", "i16"});
    b->ExportPointer(11 + i, fmt::format("p{}", i), static_cast<uint16_t>(kData + 0x200 * i),
                     static_cast<uint16_t>(kPointers + 2 * i));
  }
}

}  // namespace

image::Artifact RandomArtifact(uint32_t seed, bool may_fail) {
  Random random(seed);
  const int width = 1 + random.Below(5);
  const int height = 1 + random.Below(4);
  const isa::Arch arch = random.Chance(50) ? isa::Arch::kWse2 : isa::Arch::kWse3;
  ArtifactBuilder b(arch, width, height);
  AddProgram(&random, may_fail, &b);
  const int split = random.Below(height + 1);  // rows above run the first program
  if (split > 0) b.Place(0, 0, width, split);
  b.NextProgram();
  AddProgram(&random, may_fail, &b);
  if (split < height) b.Place(0, split, width, height - split);
  return b.Build();
}

std::string RunRandomHost(const image::Artifact& artifact, uint32_t seed,
                          const SimulatorOptions& options) {
  Random random(seed);
  const int num_commands = 8 + random.Below(8);
  const auto submit = [&](Simulator* sim, std::vector<uint32_t>* result) {
    if (random.Chance(50)) {
      return sim->Submit(LaunchCommand{1 + static_cast<uint32_t>(random.Below(kNumExported)),
                                       {random.Word(), random.Word()}});
    }
    const uint32_t pointer = 11 + static_cast<uint32_t>(random.Below(kNumExported));
    return sim->Submit(
        RandomCopy(&random, pointer, artifact.manifest.rectangle, {20, 50, 50}, result));
  };
  return RunHost(artifact, options, Simulator::Create, &random, num_commands, submit);
}

}  // namespace csl::fabric::testing
