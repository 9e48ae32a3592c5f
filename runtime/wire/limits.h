// SPDX-License-Identifier: Apache-2.0
// What either side of a connection takes from the other before it gives up on it.
#ifndef RUNTIME_WIRE_LIMITS_H_
#define RUNTIME_WIRE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace csl::runtime::wire {

inline constexpr uint32_t kProtocolVersion = 4;

// The largest message is OpenProgram: an artifact of kMaxArtifactFiles files at some 80 bytes each.
inline constexpr size_t kMaxFrameBytes = size_t{16} << 20;
inline constexpr size_t kMaxArtifactFiles = 131'072;
// More than the memory of a full wafer of distinct programs needs on disk.
inline constexpr uint64_t kMaxArtifactBytes = uint64_t{8} << 30;
inline constexpr size_t kMaxPathBytes = 512;

// Bulk data is cut into pieces: large enough to run at the speed of memory, small enough that a
// piece costs nothing to hold.
inline constexpr size_t kChunkBytes = size_t{1} << 20;

// Commands a client may have queued, and the bytes of host data in them. The runtime core stays far
// below both.
inline constexpr size_t kMaxQueuedCommands = 65'536;
inline constexpr uint64_t kMaxQueuedBytes = uint64_t{8} << 30;

// How long a peer may take to say who it is, and to finish a frame it began.
inline constexpr int kHandshakeTimeoutMs = 10'000;
inline constexpr int kStalledFrameTimeoutMs = 60'000;
// A peer whose machine or network is gone says nothing. It is asked so often whether it is there,
// and given up when nothing was acknowledged for so long: noticed within 5 s.
inline constexpr int kKeepAliveS = 1;
inline constexpr int kLostAfterMs = 3'500;
inline constexpr int kConnectTimeoutMs = 10'000;
// How often a side that waits looks after interruptions. People notice from 200 ms on.
inline constexpr int kTickMs = 100;

}  // namespace csl::runtime::wire

#endif  // RUNTIME_WIRE_LIMITS_H_
