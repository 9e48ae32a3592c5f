// SPDX-License-Identifier: Apache-2.0
// What can be traced besides messages: wavelets at routers, instructions and tasks of PEs, one
// Event each. docs/formats/sim_log.md says how they look to users.
#ifndef FABRIC_TRACE_EVENT_H_
#define FABRIC_TRACE_EVENT_H_

#include <cstdint>
#include <string_view>

namespace csl::fabric {

// Bits of SimulatorOptions::trace.
enum TraceKind : uint32_t {
  kTraceLandings = 1,      // Event::Kind::kLanding
  kTraceRoutes = 2,        // kRoute
  kTraceInstructions = 4,  // kIssue, kExecute, kIdle, kStall
  kTraceTasks = 8,         // kTaskStart, kTaskEnd
};
inline constexpr uint32_t kAllTraceKinds = 15;

struct Event {
  enum class Kind : uint8_t {
    kNone,       // the record is a message
    kLanding,    // a wavelet entered a router: over a link, from its CE or from the host
    kRoute,      // a wavelet left a router, or was dropped by it
    kIssue,      // an instruction began
    kExecute,    // it did its work, or a group of elements of it
    kIdle,       // a PE has nothing to do from here on
    kStall,      // an operation waits from here on
    kTaskStart,  // a task was picked
    kTaskEnd,
  };
  static constexpr int kNumKinds = 9;
  enum Flag : uint8_t {
    kControl = 1,       // wavelets
    kAdvance = 2,       // the wavelet moves the switch of its first router (advance_switch)
    kIgnoresCe = 4,     // a control wavelet that is kept from the CE
    kWaitsForRoom = 8,  // kStall: in an output queue; else for wavelets
    kWaitsForFifo = 32,
    kNewWavelet = 16,  // kRoute: not what waits in the ring, but made by a message router
  };
  // Sides: the numbers of router::Side, and as bits of `outputs`.
  static constexpr char kSideLetters[] = "WESNRH";  // H: the host
  static constexpr uint8_t kNoMicrothread = 0xff;
  static constexpr uint8_t kNoTask = 0xff;

  Kind kind = Kind::kNone;
  uint8_t flags = 0;
  uint16_t x = 0;  // of the fabric
  uint16_t y = 0;
  uint8_t color = 0;                     // wavelets; kStall: of the queue
  uint8_t side = 0;                      // wavelets: where it came in; kStall: which source, 0 or 1
  uint8_t outputs = 0;                   // kRoute: where it went; 0: it was dropped
  uint8_t links = 0;                     // kRoute: those of them with a router beyond
  uint8_t task = kNoTask;                // instructions and tasks: id
  uint8_t microthread = kNoMicrothread;  // instructions
  uint8_t queue = 0;                     // kStall
  uint32_t payload = 0;                  // wavelets; kTaskStart, kTaskEnd: index of the function
  uint32_t ident = 0;                    // wavelets: the same from its first router to its last
  uint32_t position = 0;                 // instructions: index into the image's code
  uint32_t number = 0;                   // instructions: running number on its PE, from 1
  uint32_t sequence = 0;                 // kExecute: number of the group of elements, from 0
  uint32_t cycles = 0;                   // kExecute: how long it takes

  bool has(Flag flag) const { return (flags & flag) != 0; }
  // Of records of one PE and one cycle: what CEs do, then what enters routers, then what leaves.
  uint32_t Rank() const {
    if (kind != Kind::kLanding && kind != Kind::kRoute) return 0;
    return static_cast<uint32_t>(kind) << 16 | uint32_t{color} << 8 | side;
  }
  friend bool operator==(const Event&, const Event&) = default;
};

// The bit that asks for events of a kind; 0: kNone.
constexpr uint32_t TraceKindOf(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kLanding:
      return kTraceLandings;
    case Event::Kind::kRoute:
      return kTraceRoutes;
    case Event::Kind::kIssue:
    case Event::Kind::kExecute:
    case Event::Kind::kIdle:
    case Event::Kind::kStall:
      return kTraceInstructions;
    case Event::Kind::kTaskStart:
    case Event::Kind::kTaskEnd:
      return kTraceTasks;
    case Event::Kind::kNone:
      break;
  }
  return 0;
}

}  // namespace csl::fabric

#endif  // FABRIC_TRACE_EVENT_H_
