// SPDX-License-Identifier: Apache-2.0
// The two architectures: limits and machine-wide costs, each with its source (limits.def,
// machine_costs.def).
#ifndef FABRIC_ISA_ARCHITECTURE_H_
#define FABRIC_ISA_ARCHITECTURE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace csl::isa {

enum class Arch : uint8_t { kWse2 = 0, kWse3 = 1 };
inline constexpr int kNumArchs = 2;

// "wse2", "wse3".
std::string_view ArchName(Arch arch);
std::optional<Arch> FindArch(std::string_view name);

// The format of the 16-bit floats of an image.
enum class Fp16Format : uint8_t { kF16 = 0, kBf16 = 1, kCb16 = 2 };  // as arith::Fp16Format
std::string_view Fp16FormatName(Fp16Format format);
std::optional<Fp16Format> FindFp16Format(std::string_view name);

struct Limits {
#define LIMIT(name, wse2, wse3, tag, text) int32_t name;
#include "fabric/isa/limits.def"
#undef LIMIT
};

inline constexpr std::array<Limits, kNumArchs> kLimits = {{
    {
#define LIMIT(name, wse2, wse3, tag, text) wse2,
#include "fabric/isa/limits.def"
#undef LIMIT
    },
    {
#define LIMIT(name, wse2, wse3, tag, text) wse3,
#include "fabric/isa/limits.def"
#undef LIMIT
    },
}};
constexpr const Limits& LimitsOf(Arch arch) { return kLimits[static_cast<int>(arch)]; }

// Capacities in 32-bit wavelets by queue id; 0: there is no such queue.
inline constexpr int kMaxQueues = 8;
inline constexpr std::array<std::array<uint8_t, kMaxQueues>, kNumArchs> kInputQueueWords = {
    {{6, 6, 4, 4, 2, 2, 2, 2}, {8, 8, 4, 4, 4, 4, 4, 4}}};  // D
inline constexpr std::array<std::array<uint8_t, kMaxQueues>, kNumArchs> kOutputQueueWords = {
    {{2, 2, 6, 6, 2, 2, 0, 0}, {8, 8, 8, 8, 8, 8, 8, 8}}};  // D

// Colors whose switches have positions beyond 0: all on WSE-2; WSE-3: 0-9, 12, 13, 16, 17, 20, 21
// (D).
constexpr bool IsSwitchable(Arch arch, int color) {
  return color >= 0 && color < 24 && (arch == Arch::kWse2 || (0x3333ffu >> color & 1) != 0);
}

// Costs that belong to no instruction.
struct MachineCosts {
#define MACHINE_COST(name, wse2, wse3, source, text) int32_t name;
#include "fabric/isa/machine_costs.def"
#undef MACHINE_COST
};
inline constexpr std::array<MachineCosts, kNumArchs> kMachineCosts = {{
    {
#define MACHINE_COST(name, wse2, wse3, source, text) wse2,
#include "fabric/isa/machine_costs.def"
#undef MACHINE_COST
    },
    {
#define MACHINE_COST(name, wse2, wse3, source, text) wse3,
#include "fabric/isa/machine_costs.def"
#undef MACHINE_COST
    },
}};
constexpr const MachineCosts& MachineCostsOf(Arch arch) {
  return kMachineCosts[static_cast<int>(arch)];
}

}  // namespace csl::isa

#endif  // FABRIC_ISA_ARCHITECTURE_H_
