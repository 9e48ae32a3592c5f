// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/testing/random_fabric.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "fabric/router/testing/cut_fabric.h"
#include "fabric/router/testing/random_config.h"
#include "fabric/router/testing/slow_fabric.h"

namespace csl::fabric::router::testing {
namespace {

constexpr int kNumChannels = 8;

auto Fields(const Wavelet& w) { return std::tuple(w.payload, w.control, w.advance); }
auto Fields(const Landing& e) {
  return std::tuple(e.pe, int{e.color}, int{e.channel}, Fields(e.wavelet));
}
auto Fields(const Departure& e) { return std::tuple(e.pe, int{e.color}, Fields(e.wavelet)); }
auto Fields(const Teardown& e) { return std::tuple(e.pe, int{e.color}); }
auto Fields(const RoomEvent& e) { return std::tuple(e.pe, int{e.color}, e.io, e.cycle); }
auto Fields(const Collision& e) {
  return std::tuple(e.pe, int{e.color}, e.cycle, static_cast<int>(e.first),
                    static_cast<int>(e.second));
}

struct Shape {
  isa::Arch arch;
  Turn turn;
  std::vector<int> x_cuts;
  std::vector<int> y_cuts;
};

std::vector<int> RandomCuts(int size, Random* random) {
  std::vector<int> out = {0};
  for (int at = 1; at < size; ++at) {
    if (random->Percent(size > 20 ? 2 : 25)) out.push_back(at);
  }
  out.push_back(size);
  return out;
}

Shape RandomShape(Random* random) {
  Shape out;
  out.arch = random->Percent(50) ? isa::Arch::kWse2 : isa::Arch::kWse3;
  out.turn.width = 1 + random->Below(6);
  out.turn.height = 1 + random->Below(5);
  if (random->Percent(4)) {  // about one word or two
    out.turn.width = 63 + random->Below(3) + 64 * random->Below(2);
    out.turn.height = 1 + random->Below(2);
  }
  return out;
}

void CutRandomly(Shape* shape, Random* random) {
  shape->x_cuts = RandomCuts(shape->turn.turned_width(), random);
  shape->y_cuts = RandomCuts(shape->turn.turned_height(), random);
}

void TurnRandomly(Turn* turn, Random* random) {
  turn->mirror_x = random->Percent(50);
  turn->mirror_y = random->Percent(50);
  turn->transpose = random->Percent(50);
  for (int* margin : {&turn->west, &turn->east, &turn->north, &turn->south}) {
    if (random->Percent(30)) *margin = random->Below(random->Percent(10) ? 70 : 4);
  }
}

class RandomFabric {
 public:
  RandomFabric(const Shape& shape, Random random, FeatureCounts* seen)
      : random_(random),
        seen_(seen),
        fast_(shape.arch, shape.turn, shape.x_cuts, shape.y_cuts, seen),
        slow_(shape.arch, fast_.width(), fast_.height(), seen),
        words_(static_cast<size_t>(fast_.width() * fast_.height())) {
    const bool is_calm = random_.Percent(50);
    flavor_.flow_percent = is_calm ? 98 : 80;
    flavor_.control_percent = random_.Below(is_calm ? 20 : 60);
    flavor_.filter_percent = random_.Percent(40) ? 40 : 0;
    flavor_.switch_percent = random_.Percent(70) ? random_.Below(is_calm ? 20 : 60) : 0;
    flavor_.many_inputs_percent = random_.Percent(20) ? 30 : 1;
    flavor_.teardown_percent = is_calm ? 0 : 3;
    if (shape.arch == isa::Arch::kWse2 && random_.Percent(30)) flavor_.swap_percent = 40;
    change_percent_ = is_calm ? random_.Below(10) : 100;
    everyone_ = random_.Percent(20);
  }
  std::string Run();

 private:
  struct UsedColor {
    int color;
    Side towards;
    bool has_io;
  };
  struct Repair {
    int64_t cycle;
    int pe;
    int color;
  };

  int num_pes() const { return fast_.width() * fast_.height(); }
  void ChooseColors();
  void Configure(int pe, const UsedColor& used);
  void SetColor(int pe, int color, const image::ColorConfig& config);
  void SetRoutes(int pe, int color, uint8_t rx, uint8_t tx);
  void Bind(int pe, int color);
  void Act();  // what CEs and hosts do in a cycle
  void ActPe(int pe);
  void Reconfigure(int pe);
  void TryPush(int pe, int color, Side side);
  void EndTeardowns();
  void Step();
  void CompareState();
  template <typename Event>
  void Compare(const char* what, const std::vector<Event>& fast, const std::vector<Event>& slow);

  Random random_;
  Flavor flavor_;
  FeatureCounts* seen_;
  CutFabric fast_;
  SlowFabric slow_;
  bool everyone_ = false;  // is stepped in every cycle
  int busy_percent_ = 50;
  int pop_percent_ = 60;
  int change_percent_ = 100;  // how often configurations change
  std::vector<UsedColor> colors_;
  std::vector<std::array<int, kNumChannels>> words_;  // in the channels, by PE
  std::vector<Repair> repairs_;
  int64_t t_ = 0;
  bool has_collided_ = false;
  std::string error_;
};

void RandomFabric::ChooseColors() {
  const int count = 1 + random_.Below(4);
  for (int i = 0; i < count; ++i) {
    int color = random_.Below(24);
    if (i > 0 && random_.Percent(50)) color = colors_[0].color ^ 1;
    const auto has = [&](const UsedColor& used) { return used.color == color; };
    if (std::ranges::any_of(colors_, has)) continue;
    colors_.push_back({color, static_cast<Side>(random_.Below(4)), random_.Percent(15)});
  }
}

void RandomFabric::SetColor(int pe, int color, const image::ColorConfig& config) {
  const CutFabric::Place place = fast_.At(pe);
  place.shard->SetColor(place.pe, color, fast_.turn().Config(config));
  slow_.SetColor(pe, color, config);
  if (config.teardown) repairs_.push_back({t_ + 1 + random_.Below(12), pe, color});
}

void RandomFabric::SetRoutes(int pe, int color, uint8_t rx, uint8_t tx) {
  const CutFabric::Place place = fast_.At(pe);
  const Turn& turn = fast_.turn();
  place.shard->SetRoutes(place.pe, color, turn.Sides(rx), turn.Sides(tx));
  slow_.SetRoutes(pe, color, rx, tx);
}

void RandomFabric::Configure(int pe, const UsedColor& used) {
  const int x = pe % fast_.width();
  const int y = pe / fast_.width();
  const auto at_edge = [&](Side side) {
    return side == Side::kWest    ? x == 0
           : side == Side::kEast  ? x + 1 == fast_.width()
           : side == Side::kNorth ? y == 0
                                  : y + 1 == fast_.height();
  };
  const auto from = static_cast<Side>(OppositeSide(static_cast<int>(used.towards)));
  SetColor(pe, used.color,
           RandomConfig(flavor_, used.towards, at_edge(from), at_edge(used.towards), &random_));
  if (!used.has_io) return;
  const image::Route route = slow_.GetColor(pe, used.color).positions[0];
  const bool comes_from_io = random_.Percent(50);
  SetRoutes(pe, used.color, comes_from_io ? kIoBit : route.rx,
            comes_from_io ? route.tx : static_cast<uint8_t>(route.tx | kIoBit));
}

void RandomFabric::Bind(int pe, int color) {
  const CutFabric::Place place = fast_.At(pe);
  if (random_.Percent(8)) {
    place.shard->UnbindChannel(place.pe, color);
    slow_.UnbindChannel(pe, color);
    return;
  }
  const int channel = random_.Below(kNumChannels);
  const int depth = 1 + random_.Below(8);
  const bool filter_enable = random_.Percent(75);
  place.shard->BindChannel(place.pe, color, channel, depth, filter_enable);
  slow_.BindChannel(pe, color, channel, depth, filter_enable);
}

void RandomFabric::TryPush(int pe, int color, Side side) {
  const CutFabric::Place place = fast_.At(pe);
  RouterShard& shard = *place.shard;
  const bool is_io = side == Side::kIo;
  const bool has_room =
      is_io ? shard.IoHasRoom(place.pe, color, t_) : shard.RampHasRoom(place.pe, color, t_);
  if (has_room != slow_.HasRoom(pe, color, side, t_)) {
    error_ += fmt::format("cycle {}: PE {} color {}: room {}\n", t_, pe, color, has_room);
  } else if (has_room) {
    Wavelet wavelet = RandomWavelet(flavor_, &random_);
    wavelet.advance = wavelet.advance && !is_io;
    slow_.Push(pe, color, side, wavelet, t_);
    if (is_io) {
      shard.PushIo(place.pe, color, wavelet, t_);
    } else {
      shard.PushRamp(place.pe, color, wavelet, t_);
    }
  } else if (random_.Percent(50)) {
    slow_.WaitForRoom(pe, color, side);
    if (is_io) {
      shard.WaitForIoRoom(place.pe, color);
    } else {
      shard.WaitForRampRoom(place.pe, color);
    }
  }
}

void RandomFabric::Reconfigure(int pe) {
  const UsedColor& used =
      colors_[static_cast<size_t>(random_.Below(static_cast<int>(colors_.size())))];
  if (random_.Percent(3)) {
    ++(*seen_)[Feature::kReconfigured];
    Configure(pe, used);
  } else if (random_.Percent(2)) {
    const image::Route route = slow_.GetColor(pe, used.color).positions[0];
    SetRoutes(pe, used.color, random_.Percent(50) ? route.rx : uint8_t{image::kRamp},
              static_cast<uint8_t>(random_.Below(32)));
  }
  if (random_.Percent(3)) {
    ++(*seen_)[Feature::kReboundChannel];
    Bind(pe, used.color);
  }
}

void RandomFabric::ActPe(int pe) {
  const CutFabric::Place place = fast_.At(pe);
  for (int channel = 0; channel < kNumChannels; ++channel) {
    int& words = words_[static_cast<size_t>(pe)][static_cast<size_t>(channel)];
    if (words == 0 || !random_.Percent(pop_percent_)) continue;
    --words;
    place.shard->PopChannel(place.pe, channel, t_);
    slow_.PopChannel(pe, channel, t_);
  }
  const auto some = static_cast<size_t>(random_.Below(static_cast<int>(colors_.size())));
  TryPush(pe, colors_[some].color, Side::kRamp);
  for (const UsedColor& used : colors_) {
    if (!used.has_io) continue;
    if (random_.Percent(50)) TryPush(pe, used.color, Side::kIo);
    if (!random_.Percent(20)) continue;
    const bool open = random_.Percent(70);
    place.shard->SetIoOpen(place.pe, used.color, open);
    slow_.SetIoOpen(pe, used.color, open);
  }
  if (random_.Percent(change_percent_)) Reconfigure(pe);
}

void RandomFabric::Act() {
  constexpr int kPercents[] = {0, 10, 60, 100};
  if (t_ % 8 == 0) {
    busy_percent_ = kPercents[random_.Below(4)];
    pop_percent_ = kPercents[1 + random_.Below(3)];
  }
  EndTeardowns();
  for (int pe = 0; pe < num_pes(); ++pe) {
    if (random_.Percent(busy_percent_)) ActPe(pe);
  }
}

void RandomFabric::EndTeardowns() {
  for (size_t i = 0; i < repairs_.size(); ++i) {
    if (repairs_[i].cycle != t_) continue;
    image::ColorConfig config = slow_.GetColor(repairs_[i].pe, repairs_[i].color);
    config.teardown = false;
    SetColor(repairs_[i].pe, repairs_[i].color, config);
  }
}

template <typename Event>
void RandomFabric::Compare(const char* what, const std::vector<Event>& fast,
                           const std::vector<Event>& slow) {
  const auto equal = [](const Event& a, const Event& b) { return Fields(a) == Fields(b); };
  if (std::ranges::equal(fast, slow, equal)) return;
  error_ += fmt::format("cycle {}: {} {}, in the model {}\n", t_, fast.size(), what, slow.size());
  for (const auto* list : {&fast, &slow}) {
    for (const Event& e : *list) {
      error_ += fmt::format("  {} {}\n", list == &fast ? "engine" : "model ", Fields(e));
    }
  }
}

void RandomFabric::Step() {
  const StepResults fast = fast_.Step(t_, everyone_, &error_);
  const StepResults slow = slow_.Step(t_);
  Compare("landings", fast.landings, slow.landings);
  Compare("departures", fast.departures, slow.departures);
  Compare("teardowns", fast.teardowns, slow.teardowns);
  Compare("rooms", fast.rooms, slow.rooms);
  Compare("collisions", fast.collisions, slow.collisions);
  has_collided_ = !slow.collisions.empty();
  for (const Landing& landing : slow.landings) ++words_[landing.pe][landing.channel];
  for (const Teardown& teardown : slow.teardowns) {
    repairs_.push_back({t_ + 1 + random_.Below(12), static_cast<int>(teardown.pe), teardown.color});
  }
}

void RandomFabric::CompareState() {
  fast_.Exchange(t_);
  if (fast_.num_hops() != slow_.num_hops()) {
    error_ += fmt::format("{} hops, in the model {}\n", fast_.num_hops(), slow_.num_hops());
  }
  for (int pe = 0; pe < num_pes(); ++pe) {
    const CutFabric::Place place = fast_.At(pe);
    for (int color = 0; color < 24; ++color) {
      const image::ColorConfig fast = place.shard->GetColor(place.pe, color);
      if (fast == fast_.turn().Config(slow_.GetColor(pe, color))) continue;
      error_ += fmt::format("PE {} color {}: {}, in the model {}\n", pe, color, fast.ToString(),
                            slow_.GetColor(pe, color).ToString());
    }
  }
  for (const RouterShard::Waiting& w : fast_.ListWaiting()) {
    const int model = slow_.num_waiting(static_cast<int>(w.pe), w.color, w.side);
    if (model != w.count) {
      error_ += fmt::format("{} wavelets wait, in the model {}\n", w.count, model);
    }
  }
}

std::string RandomFabric::Run() {
  ChooseColors();
  for (int pe = 0; pe < num_pes(); ++pe) {
    for (const UsedColor& used : colors_) {
      if (random_.Percent(95)) Configure(pe, used);
      if (random_.Percent(95)) Bind(pe, used.color);
    }
  }
  const int64_t end = 40 + random_.Below(60);
  for (; t_ < end && error_.empty() && !has_collided_; ++t_) {
    fast_.Exchange(t_);
    Act();
    Step();
  }
  if (error_.empty() && !has_collided_) CompareState();
  return error_;
}

}  // namespace

std::string RunRandomFabric(uint64_t seed, FeatureCounts* seen) {
  Random random(seed);
  Shape shape = RandomShape(&random);
  CutRandomly(&shape, &random);
  return RandomFabric(shape, random, seen).Run();
}

std::string RunTurnedFabric(uint64_t seed, FeatureCounts* seen) {
  Random random(seed);
  Shape shape = RandomShape(&random);
  TurnRandomly(&shape.turn, &random);
  CutRandomly(&shape, &random);
  return RandomFabric(shape, random, seen).Run();
}

}  // namespace csl::fabric::router::testing
