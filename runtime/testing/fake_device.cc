// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/fake_device.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <thread>
#include <tuple>
#include <variant>

#include "fabric/image/core_file.h"
#include "runtime/memcpy/region.h"
#include "runtime/testing/test_program.h"

namespace csl::runtime {
namespace {

using Command = std::variant<fabric::LaunchCommand, fabric::CopyCommand, fabric::StreamCommand>;

class FakeDevice : public Device {
 public:
  explicit FakeDevice(DeviceOptions options) : options_(std::move(options)) {}

  Status Load(const Program& program) override {
    manifest_ = program.artifact.manifest;
    Log(fabric::LogLevel::kInfo, "loaded");
    return OkStatus();
  }

  StatusOr<fabric::CommandId> Submit(fabric::LaunchCommand command) override {
    if (manifest_.FindExport(command.export_id) == nullptr) return NotFound("no such function");
    return Add(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::CopyCommand command) override {
    if (manifest_.FindExport(command.export_id) == nullptr) return NotFound("no such variable");
    return Add(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::StreamCommand command) override {
    return Add(std::move(command));
  }
  StatusOr<fabric::CommandId> Submit(fabric::PortCommand command) override {
    return NotFound("no port " + std::to_string(command.port));  // the test program has none
  }

  Status Wait(fabric::CommandId id) override {
    while (!IsDone(id)) RETURN_IF_ERROR(Advance(kFakeCommandCycles));
    return OkStatus();
  }
  StatusOr<bool> Poll(fabric::CommandId id) override {
    if (!IsDone(id)) RETURN_IF_ERROR(Advance(kFakePollCycles));
    return IsDone(id);
  }
  bool IsDone(fabric::CommandId id) const override { return id.index < done_; }
  Status Drain() override {
    while (done_ < commands_.size()) RETURN_IF_ERROR(Advance(kFakeCommandCycles));
    return OkStatus();
  }

  StatusOr<std::vector<uint8_t>> ReadSymbol(int fabric_x, int fabric_y,
                                            std::string_view name) override {
    if (name != "A_array") return NotFound("no symbol '" + std::string(name) + "'");
    std::vector<uint8_t> bytes(4 * kTestElements);
    for (int i = 0; i < kTestElements; ++i) {
      const uint32_t word = At(0, fabric_x - 4, fabric_y - 1, i);
      std::memcpy(bytes.data() + 4 * i, &word, sizeof(word));
    }
    return bytes;
  }

  StatusOr<fabric::SimStats> Stats() override {
    fabric::SimStats stats;
    stats.cycle_count = cycle_;
    stats.fabric_x = manifest_.fabric.width;
    stats.fabric_y = manifest_.fabric.height;
    stats.threads = options_.num_threads;
    stats.host_commands = static_cast<int64_t>(done_);
    return stats;
  }
  // A core of zeros.
  Status WriteCore(std::string_view program_digest,
                   const std::function<void(std::span<const uint8_t>)>& sink) override {
    const image::Manifest& m = manifest_;
    std::vector<uint8_t> core = image::EncodeCoreHeader(
        {std::string(program_digest), cycle_, m.fabric, m.offset, m.rectangle});
    const std::vector<uint8_t> memory(image::kCoreMemoryBytes);
    for (int pe = 0; pe < m.rectangle.width * m.rectangle.height; ++pe) {
      image::AppendCorePe(memory, false, &core);
    }
    sink(core);
    return OkStatus();
  }

 private:
  StatusOr<fabric::CommandId> Add(Command command) {
    RETURN_IF_ERROR(failed_);
    commands_.push_back(std::move(command));
    return fabric::CommandId(static_cast<uint32_t>(commands_.size() - 1));
  }

  uint32_t& At(uint32_t id, int x, int y, int element) { return memory_[{id, x, y, element}]; }

  void Log(fabric::LogLevel level, std::string text) {
    if (options_.log_sink && level >= options_.min_log_level) {
      options_.log_sink({cycle_, level, std::move(text)});
    }
  }

  Status Advance(int64_t cycles) {
    RETURN_IF_ERROR(failed_);
    const Command& next = commands_[done_];
    if (const auto* launch = std::get_if<fabric::LaunchCommand>(&next)) {
      RETURN_IF_ERROR(MayEnd(manifest_.FindExport(launch->export_id)->name));
    }
    cycle_ += cycles;
    progress_ += cycles;
    if (progress_ < kFakeCommandCycles) return OkStatus();
    progress_ = 0;
    std::visit([this](const auto& command) { Execute(command); }, next);
    ++done_;
    return OkStatus();
  }

  Status MayEnd(const std::string& function) {
    if (function.starts_with("stuck")) {
      failed_ = FailedPrecondition("the program is stuck in " + function);
      return failed_;
    }
    while (function.starts_with("spin")) {
      if (options_.check_interrupt && options_.check_interrupt()) return Aborted("interrupted");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return OkStatus();
  }

  void Execute(const fabric::LaunchCommand& command) {
    const image::Manifest& m = manifest_;
    for (int y = 0; y < m.rectangle.height; ++y) {
      for (int x = 0; x < m.rectangle.width; ++x)
        Run(m.FindExport(command.export_id)->name, x, y, command.args);
    }
    Log(fabric::LogLevel::kInfo, "launched");
  }

  void Run(const std::string& function, int x, int y, const std::vector<uint32_t>& args) {
    const uint32_t a = manifest_.FindExport("A")->id;
    if (function == "add") {
      for (int i = 0; i < kTestElements; ++i) At(a, x, y, i) += args[0];
    } else if (function == "mix") {
      At(a, x, y, 0) = args[0];
      At(a, x, y, 1) = args[1];
    }
  }

  // Calls `visit(x, y, element, index in the host array)` for each element of each PE.
  template <typename Visit>
  static void ForEachElement(const fabric::HostTransfer& t, Visit visit) {
    Region words{0, 0, t.width, t.height, t.elements_per_pe};
    if (t.broadcast == fabric::Broadcast::kRows) words.width = 1;
    if (t.broadcast == fabric::Broadcast::kColumns) words.height = 1;
    const auto order = t.row_major_words ? fabric::CopyOrder::kRowMajor : t.order;
    for (int h = 0; h < t.height; ++h) {
      for (int w = 0; w < t.width; ++w) {
        for (int l = 0; l < t.elements_per_pe; ++l) {
          const int64_t index = HostIndex(words, order, std::min<int64_t>(h, words.height - 1),
                                          std::min<int64_t>(w, words.width - 1), l);
          visit(t.x + w * t.x_step, t.y + h * t.y_step, l, static_cast<size_t>(index));
        }
      }
    }
  }

  void Execute(const fabric::CopyCommand& c) {
    const bool half = c.element_bits == 16;  // two elements in each word of A
    const uint32_t mask = half ? 0xffff : 0xffffffff;
    ForEachElement(c, [&](int x, int y, int l, size_t index) {
      uint32_t& word = At(c.export_id, x, y, half ? l / 2 : l);
      const int shift = half && l % 2 == 1 ? 16 : 0;
      if (c.direction == fabric::CopyDirection::kHostToDevice) {
        word = (word & ~(mask << shift)) | (c.input()[index] & mask) << shift;
      } else {
        c.destination[index] = word >> shift & mask;
      }
    });
  }

  // Every PE sends back on kTestStreamOut what came in on kTestStreamIn.
  void Execute(const fabric::StreamCommand& c) {
    ForEachElement(c, [&](int x, int y, int, size_t index) {
      std::deque<uint32_t>& words = streams_[{x, y}];
      if (c.direction == fabric::CopyDirection::kHostToDevice) {
        words.push_back(c.input()[index]);
      } else if (!words.empty()) {
        c.destination[index] = words.front();
        words.pop_front();
      }
    });
  }

  DeviceOptions options_;
  image::Manifest manifest_;
  std::vector<Command> commands_;
  size_t done_ = 0;
  int64_t cycle_ = 0;
  int64_t progress_ = 0;  // cycles spent on the command under way
  Status failed_;
  std::map<std::tuple<uint32_t, int, int, int>, uint32_t> memory_;
  std::map<std::tuple<int, int>, std::deque<uint32_t>> streams_;
};

}  // namespace

std::unique_ptr<Device> MakeFakeDevice(DeviceOptions options) {
  return std::make_unique<FakeDevice>(std::move(options));
}

}  // namespace csl::runtime
