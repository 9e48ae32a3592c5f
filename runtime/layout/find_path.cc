// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/find_path.h"

#include <algorithm>
#include <cstdlib>
#include <queue>
#include <tuple>
#include <unordered_map>

namespace csl::runtime::layout {
namespace {

constexpr int64_t kHopCost = 8;
constexpr int64_t kTurnCost = 1;
// A side other than the port's edge: worth two hops.
constexpr int64_t kOtherSideCost = 2 * kHopCost;
// A PE of a region: worth a detour of so many hops, since its program may need the color.
constexpr int64_t kRegionCost = 40 * kHopCost;

// A PE and the step that led there.
struct State {
  uint32_t tile = 0;
  Direction step = Direction::kEast;
  uint32_t key() const { return tile * 4 + static_cast<uint32_t>(step); }
};

class Search {
 public:
  Search(const Canvas& canvas, const PathRequest& request) : canvas_(canvas), request_(request) {}

  std::optional<Path> Run() {
    for (const Direction step : kDirections) {
      if ((request_.first_steps & BitOf(step)) == 0) continue;
      const int64_t extra = step == request_.preferred_first ? 0 : kOtherSideCost;
      Visit(request_.from, step, extra, std::nullopt);
    }
    while (!open_.empty()) {
      const Item item = open_.top();
      const auto& [least, cost, order, state, is_end] = item;
      open_.pop();
      if (is_end) return Trace(state);
      if (!done_.insert({state.key(), true}).second) continue;
      for (const Direction step : kDirections) {
        if (step == Opposite(state.step)) continue;
        Visit(canvas_.At(state.tile), step, cost + (step == state.step ? 0 : kTurnCost), state);
      }
    }
    return std::nullopt;
  }

 private:
  // The least cost of a whole way through a state, what is spent so far, order of insertion, the
  // state, whether the way ends here.
  struct Item {
    int64_t least = 0;
    int64_t cost = 0;
    uint64_t order = 0;
    State state;
    bool is_end = false;
  };
  struct Later {
    bool operator()(const Item& a, const Item& b) const {
      return std::tie(a.least, a.order) > std::tie(b.least, b.order);
    }
  };

  int64_t LeastCostFrom(uint32_t tile) const {
    if (!request_.end) return 0;
    const Point at = canvas_.At(tile);
    return kHopCost * (std::abs(at.x - request_.end->x) + std::abs(at.y - request_.end->y));
  }

  void Visit(Point from, Direction step, int64_t cost, std::optional<State> before) {
    const Point to = Step(from, step);
    if (!canvas_.Contains(to)) return;
    const uint32_t tile = canvas_.IndexOf(to);
    const State state{tile, step};
    cost += kHopCost;
    if (request_.is_end(tile) && (request_.last_steps & BitOf(step)) != 0) {
      const bool is_other = request_.preferred_last && step != *request_.preferred_last;
      Push(cost + (is_other ? kOtherSideCost : 0), state, before, true);
    }
    if (request_.is_blocked(tile)) return;
    if (canvas_.owner[tile] != kFreeTile) cost += kRegionCost;
    if (request_.extra_hops) cost += request_.extra_hops(tile) * kHopCost;
    Push(cost, state, before, false);
  }

  void Push(int64_t cost, State state, std::optional<State> before, bool is_end) {
    Best& best = (is_end ? ends_ : best_)[state.key()];
    if (best.cost <= cost) return;
    best = {cost, before};
    open_.push({cost + LeastCostFrom(state.tile), cost, order_++, state, is_end});
  }

  Path Trace(State state) {
    Path path;
    path.end = canvas_.At(state.tile);
    path.steps.push_back(state.step);
    std::optional<State> at = ends_.at(state.key()).before;
    while (at) {
      path.steps.push_back(at->step);
      at = best_.at(at->key()).before;
    }
    std::reverse(path.steps.begin(), path.steps.end());
    return path;
  }

  struct Best {
    int64_t cost = INT64_MAX;
    std::optional<State> before;
  };

  const Canvas& canvas_;
  const PathRequest& request_;
  std::unordered_map<uint32_t, Best> best_;
  std::unordered_map<uint32_t, Best> ends_;
  std::unordered_map<uint32_t, bool> done_;
  std::priority_queue<Item, std::vector<Item>, Later> open_;
  uint64_t order_ = 0;
};

}  // namespace

std::optional<Path> FindPath(const Canvas& canvas, const PathRequest& request) {
  return Search(canvas, request).Run();
}

}  // namespace csl::runtime::layout
