// SPDX-License-Identifier: Apache-2.0
// One step of 64 routers of a row. Private to the routers.
//
// Colors are looked at as words. Lanes that words cannot express (control wavelets, filters, color
// swap, two inputs at once) are looked at one by one, as are those in which colors contend for an
// output. What a step changes (heads, tails, switches) is not read by the step of another word, so
// their order does not matter; Ring::Tick makes it visible.
#ifndef FABRIC_ROUTER_WORD_STEP_H_
#define FABRIC_ROUTER_WORD_STEP_H_

#include <array>
#include <cstdint>
#include <vector>

#include "fabric/router/grid.h"

namespace csl::fabric::router {

template <isa::Arch kArch>
class WordStep {
 public:
  WordStep(Grid* grid, int64_t t, StepResults* results);
  // A word with active colors. Behind all arrivals.
  void Run(uint32_t word);
  // The wavelets of Grid::ready.
  void RunArrivals();
  // Whether arrivals landed or departed, so that results are out of order.
  bool is_unordered() const { return is_unordered_; }

 private:
  using T = Timing<kArch>;
  static constexpr int kFew = 4;

  // What a color of the word can move, and after the arbitration, what it does.
  struct Request {
    Block* block;
    int color;
    uint8_t rx_sides;  // of the block, before it moves
    uint8_t tx_sides;
    uint64_t plain;                         // lanes that go the way of their routes
    uint64_t special;                       // lanes with a SpecialMove
    std::array<uint64_t, kNumSides> ready;  // by input, of rx_sides
    std::array<uint64_t, kNumSides> wants;  // by output, for Arbitrate
  };
  struct SpecialMove {
    uint8_t request;
    uint8_t lane;
    uint8_t side;
    uint8_t outputs;  // mask of sides
  };

  // To the CE or the host.
  struct Arrival {
    uint32_t payload;
    uint8_t color;
    uint8_t channel;
    bool control;
  };

  // A wavelet that moves by itself.
  struct Single {
    Block* block;
    Ring* ring;
    uint8_t color;
    uint8_t lane;
    uint8_t outputs;
  };

  // Of few wavelets, one by one, the same as by the words below. Returns false, with nothing done,
  // where that needs words after all.
  bool RunFew(uint32_t colors);
  void RunArrival(const Grid::Arrival& arrival);
  bool GoesStraight(const Grid::Arrival& arrival);
  bool IsPlain(const Grid::Arrival& arrival) const;
  int FreeOutputs(const Block& block, int color, unsigned lane) const;
  const Ring* RingBeyond(const Block& block, int color, unsigned lane, int link) const;
  void MoveSingle(const Single& single);
  void FillSingle(const Single& single, int link, uint32_t payload);
  void ReturnCredit(const Ring& ring, unsigned lane);
  // What can move.
  void Evaluate(int color);
  uint64_t Blocked(const Block& block, int color) const;
  uint64_t FullBeyond(const Block& block, int color, int link) const;
  void EvaluateLane(Request* request, unsigned lane);
  void EvaluateMessage(Request* request, unsigned lane);
  uint8_t Outputs(const Block& block, unsigned lane, const Wavelet& wavelet) const;
  bool IsFree(const Block& block, int color, unsigned lane, int output) const;
  // Which of those that contend.
  void Arbitrate();
  void ArbitrateLane(unsigned lane);
  // The moves.
  void MovePlain(const Request& request);
  void Send(const Request& request, int output, uint64_t lanes, const Ring& from);
  void Fill(Ring* ring, uint64_t lanes, const Ring& from, int shift);
  void Leave(const Ring& ring, uint64_t lanes, const Ring& from, int shift);
  void MoveSpecial(const Request& request, const SpecialMove& move);
  void MoveMessage(const Request& request, const SpecialMove& move);
  void SendMessage(unsigned lane, int output, const Wavelet& wavelet);
  void Land(Block* block, int color, unsigned lane, const Wavelet& wavelet);
  void SendOne(Block* block, int color, unsigned lane, int output, const Wavelet& wavelet);
  void FillOne(uint32_t word, int color, int side, unsigned lane, const Wavelet& wavelet);
  uint32_t Obey(const Request& request, unsigned lane, uint32_t payload);
  void Switched(const Request& request, unsigned lane);
  void Emit();

  uint32_t Pe(unsigned lane) const { return word_->first_pe + lane; }

  Grid& grid_;
  const int64_t t_;
  StepResults* const results_;
  uint32_t index_ = 0;  // of the word
  Grid::Word* word_ = nullptr;
  int num_requests_ = 0;
  std::array<Request, kNumColors> requests_;
  std::vector<SpecialMove> special_moves_;
  std::array<Single, kFew> singles_;
  bool is_unordered_ = false;
  uint64_t landed_ = 0;
  uint64_t departed_ = 0;
  std::array<Arrival, kLanes> landings_;  // of those
  std::array<Arrival, kLanes> departures_;
};

}  // namespace csl::fabric::router

#endif  // FABRIC_ROUTER_WORD_STEP_H_
