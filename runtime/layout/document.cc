// SPDX-License-Identifier: Apache-2.0
#include "runtime/layout/document.h"

#include <fmt/format.h>

#include <map>

#include "fabric/image/color_config.h"

namespace csl::runtime::layout {
namespace {

// Of PEs that routes alone cross, or nothing at all.
constexpr std::string_view kNothing = "<empty>";
// Of the PE between a stream's port and the host.
constexpr std::string_view kStreamProgram = "<sdk_layout/stream>";

class DocumentWriter {
 public:
  DocumentWriter(const SdkLayout& layout, const ResolvedLayout& resolved)
      : layout_(layout), resolved_(resolved) {}

  Document Write() {
    Line("csl layout 1", "");
    Line(fmt::format("rectangle {} x {}", resolved_.width, resolved_.height), "");
    NumberPrograms();
    WriteTiles();
    WriteColors();
    return std::move(out_);
  }

 private:
  void Line(const std::string& text, const std::string& place) {
    out_.text += text + "\n";
    out_.places.push_back(place);
  }

  uint32_t TileAt(int x, int y) const { return resolved_.canvas.IndexOf({x, y}); }

  // File and parameters, as the document has them.
  std::string ProgramText(uint32_t tile) const {
    const int32_t owner = resolved_.canvas.owner[tile];
    const auto num_regions = static_cast<int32_t>(layout_.regions().size());
    if (owner == kFreeTile) return std::string(kNothing);
    if (owner >= num_regions) return StreamText(static_cast<uint32_t>(owner - num_regions));
    const CodeRegion& region = layout_.regions()[static_cast<size_t>(owner)];
    const Point p = resolved_.canvas.At(tile);
    std::string text = region.source;
    const size_t pe = region.IndexOf({p.x - region.origin.x, p.y - region.origin.y});
    for (const auto& [name, value] : region.params_at(pe)) {
      if (const auto* number = std::get_if<uint64_t>(&value)) {
        text += fmt::format("\n  {} = {}", name, *number);
      } else {
        text +=
            fmt::format("\n  {} = color {}", name, resolved_.value_of(std::get<ColorId>(value)));
      }
    }
    return text;
  }

  std::string StreamText(uint32_t number) const {
    const IoPe& io = resolved_.io_pes[number];
    const int host = resolved_.nets[io.host_net].value;
    const int port = resolved_.nets[io.port_net].value;
    return fmt::format("{}\n  buffer_words = {}\n  in_color = color {}\n  out_color = color {}",
                       kStreamProgram, io.buffer_words, io.to_device ? host : port,
                       io.to_device ? port : host);
  }

  // What tells programs apart before their text is made.
  std::pair<int32_t, uint32_t> KeyOf(uint32_t tile) const {
    const int32_t owner = resolved_.canvas.owner[tile];
    if (owner < 0 || owner >= static_cast<int32_t>(layout_.regions().size())) return {owner, 0};
    const CodeRegion& region = layout_.regions()[static_cast<size_t>(owner)];
    const Point p = resolved_.canvas.At(tile);
    return {owner,
            region.params_number(region.IndexOf({p.x - region.origin.x, p.y - region.origin.y}))};
  }

  void NumberPrograms() {
    std::map<std::string, uint32_t> numbers;
    std::map<std::pair<int32_t, uint32_t>, uint32_t> known;
    for (int y = 0; y < resolved_.height; ++y) {
      for (int x = 0; x < resolved_.width; ++x) {
        const uint32_t tile = TileAt(x, y);
        const auto [found, is_new_key] = known.try_emplace(KeyOf(tile), 0);
        if (is_new_key) {
          const std::string text = ProgramText(tile);
          const auto [number, is_new] =
              numbers.try_emplace(text, static_cast<uint32_t>(numbers.size()));
          found->second = number->second;
          if (is_new) WriteProgram(number->second, text, TileText(layout_, resolved_, tile));
        }
        programs_.push_back(found->second);
      }
    }
  }

  void WriteProgram(uint32_t number, const std::string& text, const std::string& place) {
    std::string rest = fmt::format("program {} {}", number, text);
    size_t begin = 0;
    while (begin != std::string::npos) {
      const size_t end = rest.find('\n', begin);
      Line(rest.substr(begin, end - begin), place);
      begin = end == std::string::npos ? end : end + 1;
    }
  }

  // Runs along rows of what `at` gives: write(first column, last column, row, value).
  template <typename At, typename WriteRun>
  void Runs(At at, WriteRun write) const {
    for (int y = 0; y < resolved_.height; ++y) {
      for (int x = 0; x < resolved_.width;) {
        int end = x + 1;
        const uint32_t value = at(x, y);
        while (end < resolved_.width && at(end, y) == value) ++end;
        write(x, end - 1, y, value);
        x = end;
      }
    }
  }

  void WriteTiles() {
    const auto at = [this](int x, int y) {
      return programs_[static_cast<size_t>(y) * static_cast<size_t>(resolved_.width) +
                       static_cast<size_t>(x)];
    };
    Runs(at, [this](int first, int last, int y, uint32_t program) {
      Line(fmt::format("tiles {}..{}, {}: program {}", first, last, y, program),
           TileText(layout_, resolved_, TileAt(first, y)));
    });
  }

  static image::ColorConfig ConfigOf(const Routes& routes) {
    image::ColorConfig config;
    config.num_positions = static_cast<uint8_t>(routes.size());
    for (size_t i = 0; i < routes.size(); ++i) config.positions[i] = routes[i];
    return config;
  }

  void WriteColors() {
    for (size_t i = 0; i < resolved_.routes.size(); ++i) {
      Line(fmt::format("color config {}: {}", i, ConfigOf(resolved_.routes[i]).ToString()), "");
    }
    for (uint32_t n = 0; n < resolved_.nets.size(); ++n) {
      const Net& net = resolved_.nets[n];
      const auto at = [&](int x, int y) { return net.routes[TileAt(x, y)]; };
      Runs(at, [&](int first, int last, int y, uint32_t route) {
        if (route == 0) return;
        Line(
            fmt::format("color {} of {}..{}, {}: config {}", net.value, first, last, y, route - 1),
            TileText(layout_, resolved_, TileAt(first, y)) + ", " + NetText(layout_, resolved_, n));
      });
    }
  }

  const SdkLayout& layout_;
  const ResolvedLayout& resolved_;
  Document out_;
  std::vector<uint32_t> programs_;  // by tile of the used part, row by row
};

}  // namespace

Document WriteDocument(const SdkLayout& layout, const ResolvedLayout& resolved) {
  return DocumentWriter(layout, resolved).Write();
}

std::string ColorsToJson(const SdkLayout& layout, const ResolvedLayout& resolved) {
  // Names are letters, digits and underscores: nothing to escape.
  std::map<std::string, int> values;
  for (uint32_t i = 0; i < layout.colors().size(); ++i) {
    values[layout.colors()[i].global] = resolved.value_of(ColorId(i));
  }
  std::string text = "{";
  for (const auto& [name, value] : values) {
    text += fmt::format("{}\n \"{}\": {}", text.size() > 1 ? "," : "", name, value);
  }
  return text + "\n}\n";
}

}  // namespace csl::runtime::layout
