// SPDX-License-Identifier: Apache-2.0
// The program of one PE, as it grows while transfers are added to it.
#ifndef FABRIC_TESTING_RANDOM_PE_H_
#define FABRIC_TESTING_RANDOM_PE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fabric/image/tile_configuration.h"
#include "fabric/testing/artifact_builder.h"
#include "fabric/testing/random_code.h"

namespace csl::fabric::testing {

inline constexpr uint32_t kMainExport = 1;
inline constexpr uint32_t kScratchExport = 2;
inline constexpr uint32_t kBufferExport = 3;
inline constexpr uint16_t kBuffers = 0x2000;
inline constexpr int kBufferBytes = 0x80;
// Colors of streams from and to the host.
inline constexpr int kStreamIn = 16;
inline constexpr int kStreamOut = 18;

class RandomPe {
 public:
  RandomPe(Random* random, isa::Arch arch, Coverage* coverage)
      : random_(*random), arch_(arch), coverage_(*coverage), code_(random, arch, coverage) {}

  RandomCode& code() { return code_; }
  // Appends to the launched function.
  void Main(const std::string& text) { main_ += text; }

  // For a sender and a reader.
  bool HasRoom() const {
    return IsFree(0) + IsFree(1) + IsFree(2) + IsFree(3) + IsFree(4) >= 2 && next_dsr_ < 10;
  }
  // Queues and microthreads have one number each; -1: none is left. On WSE-2 some colors share the
  // input queue taken before.
  int TakeOutput(int color);
  int TakeInput(int color, bool filter);
  // Of such a queue. On WSE-2 some name only the color, if it need not be the queue, and some only
  // the queue.
  isa::Descriptor Input(int queue, int color, int extent, bool names_queue) const;
  // The id that stands for what an input queue receives.
  int ChannelId(int queue, int color) const { return arch_ == isa::Arch::kWse2 ? color : queue; }
  void BlockId(int id) { blocked_ |= uint64_t{1} << id; }

  // A local task; returns its id, -1: none is left.
  int AddTask(const std::string& body, bool active = false);
  // To be told later what a task does; the id must be one of AddTask.
  void AppendToTask(int id, const std::string& text);
  void AddDataTask(int id, const std::string& body, int bits0, int bits1);
  void AddControlTask(int entry, const std::string& body);
  void AddHandler(image::Handler::Kind kind, int id, const std::string& body);
  // The launched function asks to hear of the queue being empty; a handler takes note.
  void FlushInput(int queue);
  // Runs `body` instead of the data task every few times (WSE-3).
  void Rotate(int data_id, const std::string& body, int limit, int init);
  // Returns the FIFO's id, -1: none is left.
  int AddFifo(image::Fifo fifo);

  int NextLabel() { return next_label_++; }
  int NextDsr() { return next_dsr_ < 14 ? next_dsr_++ : -1; }
  uint16_t NextBuffer() { return static_cast<uint16_t>(kBuffers + kBufferBytes * next_buffer_++); }

  // Adds the program to the artifact.
  void Write(ArtifactBuilder* b);

 private:
  struct Task {
    image::TaskKind kind;
    int id;
    std::string body;
    int bits0 = 0;
    int bits1 = 0;
    bool active = false;
  };
  struct Extra {
    int id;
    std::string body;
    image::Handler::Kind kind;
    int limit = -1;  // of rotating tasks
    int init = 0;
  };
  bool IsFree(int unit) const { return (units_ >> unit & 1) == 0; }
  void SeparateControlTable(image::TileConfiguration* configuration);

  Random& random_;
  isa::Arch arch_;
  Coverage& coverage_;
  RandomCode code_;
  std::string main_;
  std::vector<Task> tasks_;
  std::vector<Extra> extras_;
  std::vector<image::InputQueue> inputs_;
  std::vector<image::OutputQueue> outputs_;
  std::vector<image::Fifo> fifos_;
  uint64_t blocked_ = 0;
  uint32_t units_ = 0;  // bit = queue or microthread number in use
  int next_task_ = 12;
  int next_dsr_ = 2;
  int next_buffer_ = 0;
  int next_label_ = 0;
};

}  // namespace csl::fabric::testing

#endif  // FABRIC_TESTING_RANDOM_PE_H_
