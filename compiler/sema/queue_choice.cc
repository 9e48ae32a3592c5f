// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/queue_choice.h"

#include <algorithm>
#include <array>
#include <set>

#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "compiler/sema/reserved.h"
#include "compiler/types/dsd_value.h"
#include "fabric/image/shared_queues.h"
#include "fabric/isa/architecture.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Form;
using diagnostics::Kind;

namespace {

image::InputQueue* QueueWith(std::vector<image::InputQueue>& queues, uint16_t number) {
  const auto found = std::find_if(queues.begin(), queues.end(),
                                  [&](const image::InputQueue& q) { return q.queue == number; });
  return found == queues.end() ? nullptr : &*found;
}

// A `@get_dsd(fabin_dsd, .{ .input_queue = q, .fabric_color = c ... })` in a file's text, whether
// or not this tile comes to evaluate it.
struct Site {
  source::Span span;  // of the struct
  InstId call, queue, color;
};

bool IsFabin(const lower::Untyped& file, InstId at) {
  const auto name = file.insts.As<untyped::Name>(at);
  return name && file.str(name->name) == "fabin_dsd";
}

std::vector<Site> SitesOf(const lower::Untyped& file) {
  std::vector<Site> sites;
  const lower::InstList& insts = file.insts;
  for (const InstId i : insts.all().ids()) {
    const auto call = insts.As<untyped::Builtin>(i);
    if (!call || call->kind != lower::BuiltinKind::k_get_dsd) continue;
    const std::span<const InstId> args = insts.List(call->args);
    if (args.size() < 2 || !IsFabin(file, args[0])) continue;
    const auto literal = insts.As<untyped::StructLit>(args[1]);
    if (!literal) continue;
    Site site;
    site.span = insts.span(args[1]);
    site.call = i;
    for (const lower::NamedInst& field : insts.List(literal->fields)) {
      const std::string& name = file.str(field.name);
      if (name == "input_queue") site.queue = field.value;
      if (name == "fabric_color") site.color = field.value;
    }
    if (site.queue.valid() && site.color.valid()) sites.push_back(site);
  }
  return sites;
}

// The value of an instruction that names a declaration of the file, or of @get_color(5) and the
// like, in that type.
std::optional<uint16_t> NumberAt(Frame& f, InstId at, types::TypeId type) {
  const lower::InstList& insts = f.file.insts;
  const auto call = insts.As<untyped::Builtin>(at);
  if (call && call->args.count == 1) {
    const bool is_color = call->kind == lower::BuiltinKind::k_get_color;
    const bool is_queue = call->kind == lower::BuiltinKind::k_get_input_queue;
    const auto number = insts.As<untyped::Int>(insts.List(call->args)[0]);
    if ((!is_color && !is_queue) || !number || number->value > UINT32_MAX) return {};
    return static_cast<uint16_t>(number->value);
  }
  const auto get = insts.As<untyped::DeclGet>(at);
  if (!get) return {};
  const DeclState& state = f.sema.Resolve(f.instance.id, get->decl.index, &f, f.span(at));
  if (state.status != DeclStatus::kResolved || !state.value.is_const()) return {};
  if (state.value.type != type) return {};
  return static_cast<uint16_t>(Use(f, state.value).bits());
}

// Whether the instruction reads a parameter that keeps its initial value.
bool IsUnsetParam(const Instance& home, InstId at) {
  const auto get = home.file->insts.As<untyped::DeclGet>(at);
  if (!get) return false;
  const lower::Decl& decl = home.file->decls[get->decl.index];
  return decl.kind == lower::DeclKind::kParam && !home.bindings.contains(home.file->str(decl.name));
}

// Whether the instruction is in a constant or variable that the tile has evaluated, so that it
// belongs to a branch not taken if it was not evaluated itself.
bool IsInEvaluated(const Instance& home, InstId at) {
  const std::vector<lower::Decl>& decls = home.file->decls;
  for (size_t n = 0; n < decls.size(); ++n) {
    const lower::Body& body = decls[n].all;
    if (at.index < body.first.index || at.index >= body.end.index) continue;
    return decls[n].function == lower::kNone && home.decls[n].status == DeclStatus::kResolved;
  }
  return false;
}

class InputBinder {
 public:
  explicit InputBinder(Analyzer& a)
      : a_(a), queues_(a.config.input_queues), num_explicit_(queues_.size()) {
    for (const layout::ColorRun& run : a.layout->color_runs) routed_ |= uint32_t{1} << run.color;
    for (const auto& local : a.config.local_colors) routed_ |= uint32_t{1} << local.color;
  }

  void Run() {
    FindSites();
    for (const Analyzer::InputColor& use : a_.input_colors) {
      if (!IsAbsent(use)) Bind(use);
    }
    // What the tile does not come to evaluate binds its queue as well: a file means the same on
    // every PE, as it would with @initialize_queue. It takes no queue or color from the others.
    for (const Analyzer::InputColor& use : others_) {
      if (IsAbsent(use)) continue;
      if (const image::InputQueue* known = Known(use)) {
        NoteExplicit(*known, use);
      } else if (OfColor(use.color) == nullptr && !a_.inputs_without_queue.contains(use.color)) {
        Add(use);
      }
    }
  }

 private:
  using InputColor = Analyzer::InputColor;

  void FindSites() {
    a_.is_quiet = true;
    for (size_t n = 0; n < a_.num_instances(); ++n) {
      Instance& home = a_.instance(types::InstanceId(static_cast<uint32_t>(n)));
      for (const Site& site : SitesOf(*home.file)) {
        Frame f(a_, home, 0);
        if (IsInLibrary(f, site.span)) break;
        if (IsUnsetParam(home, site.color)) unset_.insert(site.span.begin.position);
        if (IsInEvaluated(home, site.call)) continue;
        const auto queue = NumberAt(f, site.queue, types::kInputQueueType);
        const auto color = NumberAt(f, site.color, types::kColorType);
        if (queue && color) others_.push_back({*queue, *color, site.span});
      }
    }
    a_.is_quiet = false;
  }

  bool IsRouted(uint16_t color) const { return IsRoutable(color) && ((routed_ >> color) & 1) != 0; }

  // The initial value of a parameter stands for no color at all if no route carries it.
  bool IsAbsent(const InputColor& use) {
    const bool is_routed = IsRouted(use.color);
    const bool is_unset = !IsRoutable(use.color) || unset_.contains(use.span.begin.position);
    if (is_routed || !is_unset) return false;
    a_.NoteForm(Form::kQueueOfFabricColor, use.span, "-," + std::to_string(use.color));
    return true;
  }

  image::InputQueue* Known(const InputColor& use) { return QueueWith(queues_, use.queue); }
  const image::InputQueue* OfColor(uint16_t color) const {
    const auto found =
        std::find_if(queues_.begin(), queues_.end(),
                     [&](const image::InputQueue& queue) { return queue.color == color; });
    return found == queues_.end() ? nullptr : &*found;
  }

  void Bind(const InputColor& use) {
    if (const image::InputQueue* known = Known(use)) {
      NoteExplicit(*known, use);
      // A color that no route carries cannot be meant.
      if (IsBound(use) || (IsExplicit(*known) && !IsRouted(use.color))) return;
      a_.Report(nullptr, use.span, Kind::kQueueOfOtherColor,
                {use.queue, static_cast<int>(known->color), use.color});
      const isa::Priority priority = known->priority;
      Add(use);
      queues_.back().priority = priority;
      return;
    }
    if (const image::InputQueue* other = OfColor(use.color)) {
      a_.Report(nullptr, use.span, Kind::kColorOfOtherQueue,
                {use.color, static_cast<int>(other->queue), use.queue});
    } else {
      a_.ReportForm(Form::kQueueOfFabricColor, use.span);
    }
    Add(use);
  }

  bool IsBound(const InputColor& use) const {
    return std::any_of(queues_.begin(), queues_.end(), [&](const image::InputQueue& queue) {
      return queue.queue == use.queue && queue.color == use.color;
    });
  }

  bool IsExplicit(const image::InputQueue& known) const {
    return static_cast<size_t>(&known - queues_.data()) < num_explicit_;
  }

  void NoteExplicit(const image::InputQueue& known, const InputColor& use) {
    if (!IsExplicit(known)) return;
    a_.NoteForm(Form::kQueueOfFabricColor, use.span, "=");
  }

  void Add(const InputColor& use) {
    image::InputQueue queue;
    queue.queue = static_cast<uint8_t>(use.queue);
    queue.color = static_cast<uint8_t>(use.color);
    queues_.push_back(queue);
    a_.NoteForm(Form::kQueueOfFabricColor, use.span,
                std::to_string(use.queue) + "," + std::to_string(use.color));
  }

  Analyzer& a_;
  std::vector<image::InputQueue>& queues_;
  const size_t num_explicit_;
  uint32_t routed_ = 0;             // colors that the layout or this program routes
  std::set<uint32_t> unset_;        // where the color of a site is the initial value of a parameter
  std::vector<InputColor> others_;  // every site, in the order of the text
};

// Queues of one direction that the program's sources name by number, evaluated here or not.
uint32_t NamedQueues(Analyzer& a, bool is_output) {
  const auto getter =
      is_output ? lower::BuiltinKind::k_get_output_queue : lower::BuiltinKind::k_get_input_queue;
  const std::string_view member = is_output ? "output_queue" : "input_queue";
  uint32_t named = 0;
  for (size_t n = 0; n < a.num_instances(); ++n) {
    const lower::Untyped& file = *a.instance(types::InstanceId(static_cast<uint32_t>(n))).file;
    const lower::InstList& insts = file.insts;
    const auto note = [&](InstId at) {
      const auto number = insts.As<untyped::Int>(at);
      if (number && number->value < isa::kMaxQueues) named |= uint32_t{1} << number->value;
    };
    for (const InstId i : insts.all().ids()) {
      if (const auto call = insts.As<untyped::Builtin>(i); call && call->kind == getter) {
        for (const InstId argument : insts.List(call->args)) note(argument);
      }
      if (const auto literal = insts.As<untyped::StructLit>(i)) {
        for (const lower::NamedInst& field : insts.List(literal->fields)) {
          if (file.str(field.name) == member) note(field.value);
        }
      }
    }
  }
  return named;
}

// Queues that DSDs evaluated so far name, or that the program configures.
uint32_t UsedQueues(const Analyzer& a, bool is_output) {
  uint32_t used = 0;
  for (const FabricUse& use : a.config.fabric_uses) {
    if (use.is_output == is_output && use.queue < isa::kMaxQueues) used |= uint32_t{1} << use.queue;
  }
  if (is_output) {
    for (const image::OutputQueue& q : a.config.output_queues) used |= uint32_t{1} << q.queue;
  } else {
    for (const image::InputQueue& q : a.config.input_queues) used |= uint32_t{1} << q.queue;
  }
  return used;
}

// Of WSE-2, the deepest first: a relay through two words runs at half rate. Among equals from the
// top, since programs take low ones.
std::vector<uint16_t> QueuesByDepth(bool is_output) {
  constexpr auto kWse2 = static_cast<size_t>(isa::Arch::kWse2);
  const auto& words = is_output ? isa::kOutputQueueWords[kWse2] : isa::kInputQueueWords[kWse2];
  std::vector<uint16_t> order;
  for (uint16_t q = isa::kMaxQueues; q-- > 0;) {
    if (words[q] > 0) order.push_back(q);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint16_t left, uint16_t right) { return words[left] > words[right]; });
  return order;
}

std::optional<uint16_t> FirstOf(const std::vector<uint16_t>& order, uint32_t taken) {
  const auto found = std::ranges::find_if(order, [&](uint16_t q) { return (taken >> q & 1) == 0; });
  return found == order.end() ? std::nullopt : std::optional<uint16_t>(*found);
}

// Queue 0 is memcpy's.
uint32_t MemcpyQueues(const Analyzer& a) { return a.context.options.memcpy ? 1 : 0; }

// Where none is left: the one with the fewest colors, if possible not one that the program names.
uint16_t QueueToShare(const std::vector<image::InputQueue>& queues,
                      const std::vector<uint16_t>& order, uint32_t named) {
  const auto cost = [&](uint16_t number) {
    const auto has_it = [&](const image::InputQueue& queue) { return queue.queue == number; };
    return std::pair(named >> number & 1, std::ranges::count_if(queues, has_it));
  };
  return *std::ranges::min_element(order, {}, cost);
}

// Beside a queue that is not shared a color says nothing at run time: the descriptors become those
// of DSDs that name the queue alone.
void DropColors(Analyzer& a) {
  const image::SharedQueues shared = image::SharedQueuesOf(a.config.input_queues, isa::Arch::kWse2);
  for (ir::Global& global : a.module.globals) {
    const bool is_dsd = global.type_text == "fabin_dsd" || global.type_text.ends_with("]fabin_dsd");
    if (!is_dsd) continue;
    for (size_t at = isa::kDsdBaseOffset; at + 1 < global.bytes.size(); at += isa::kDsdBytes) {
      const uint8_t queue = global.bytes[at];
      const bool is_own = queue < isa::kMaxQueues && shared.colors_of[queue] == 0;
      if (is_own) global.bytes[at + 1] = isa::kNoColor;
    }
  }
}

void ChooseForColors(Analyzer& a) {
  if (a.inputs_without_queue.empty()) return;
  std::vector<image::InputQueue>& queues = a.config.input_queues;
  const std::vector<uint16_t> order = QueuesByDepth(false);
  const uint32_t named = NamedQueues(a, false);
  for (const auto& [color, span] : a.inputs_without_queue) {
    const bool is_bound =
        color == types::DsdData::kNoId ||
        std::any_of(queues.begin(), queues.end(),
                    [color = color](const image::InputQueue& q) { return q.color == color; });
    if (is_bound) continue;
    const uint32_t used = UsedQueues(a, false) | MemcpyQueues(a);
    std::optional<uint16_t> number = FirstOf(order, used | named);
    if (!number) number = FirstOf(order, used);
    if (number) {
      a.Report(nullptr, span, Kind::kQueueChosen, {color, *number});
    } else {
      number = QueueToShare(queues, order, named | MemcpyQueues(a));
      a.Report(nullptr, span, Kind::kQueueIdle, {color});
    }
    image::InputQueue queue;
    queue.queue = static_cast<uint8_t>(*number);
    queue.color = static_cast<uint8_t>(color);
    queues.push_back(queue);
  }
}

}  // namespace

void ChooseInputQueues(Analyzer& a) {
  const Options& options = a.context.options;
  const bool binds = options.binds_queues && options.arch == Arch::kWse2;
  if (binds) InputBinder(a).Run();
  ChooseForColors(a);
  if (binds) DropColors(a);
}

uint16_t OutputQueueForColor(Analyzer& a, uint16_t color) {
  if (const auto known = a.chosen_outputs.find(color); known != a.chosen_outputs.end()) {
    return known->second;
  }
  if (!a.named_outputs) a.named_outputs = NamedQueues(a, true);
  const std::vector<uint16_t> order = QueuesByDepth(true);
  uint32_t taken = UsedQueues(a, true) | MemcpyQueues(a);
  std::array<int, isa::kMaxQueues> colors = {};  // that have been given each queue
  for (const auto& [other, queue] : a.chosen_outputs) {
    taken |= uint32_t{1} << queue;
    ++colors[queue];
  }
  std::optional<uint16_t> number;
  for (const FabricUse& use : a.config.fabric_uses) {
    const bool is_sought = use.is_output && use.color == color && color != FabricUse::kNoId &&
                           use.queue < isa::kMaxQueues;
    if (is_sought && !number) number = use.queue;
  }
  if (!number) number = FirstOf(order, taken | *a.named_outputs);
  if (!number) number = FirstOf(order, taken);
  if (!number) {
    // Among those given before, if any, the one with the fewest colors.
    const auto cost = [&](uint16_t q) { return colors[q] == 0 ? 255 : colors[q]; };
    number = *std::ranges::min_element(order, {}, cost);
  }
  a.chosen_outputs[color] = *number;
  return *number;
}

namespace {

template <typename Queue>
std::optional<uint16_t> FindOrBind(Analyzer& a, std::vector<Queue>& queues, int most,
                                   uint16_t color, const char* what, source::Span span,
                                   bool* is_bound) {
  for (const Queue& queue : queues) {
    if (queue.color != color) continue;
    *is_bound = true;
    return queue.queue;
  }
  int number = most - 1;
  const auto is_taken = [&](const Queue& q) { return q.queue == number; };
  // The lowest two may be memcpy's.
  while (number > 1 && std::any_of(queues.begin(), queues.end(), is_taken)) --number;
  if (number == 1) {
    a.Report(nullptr, span, Kind::kNoQueueLeft, {what, color});
    return std::nullopt;
  }
  Queue queue;
  queue.queue = static_cast<uint8_t>(number);
  queue.color = static_cast<uint8_t>(color);
  queues.push_back(queue);
  return queue.queue;
}

}  // namespace

std::optional<uint16_t> QueueOfColor(Analyzer& a, bool is_output, uint16_t color, source::Span span,
                                     bool* is_bound) {
  const isa::Limits& limits = isa::LimitsOf(isa::Arch::kWse3);
  if (is_output) {
    return FindOrBind(a, a.config.output_queues, limits.num_output_queues, color, "output queue",
                      span, is_bound);
  }
  return FindOrBind(a, a.config.input_queues, limits.num_input_queues, color, "input queue", span,
                    is_bound);
}

}  // namespace csl::sema
