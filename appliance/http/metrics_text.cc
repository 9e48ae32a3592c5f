// SPDX-License-Identifier: Apache-2.0
#include "appliance/http/metrics_text.h"

#include <charconv>

namespace csl::appliance {
namespace {

// The shortest text that reads back as the same number.
std::string NumberText(double value) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc() ? std::string(text, end) : "NaN";
}

std::string Escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void MetricsText::Family(const std::string& name, std::string_view type, std::string_view help) {
  family_ = name;
  text_ += "# HELP " + name + " " + Escaped(help, false) + "\n";
  text_ += "# TYPE " + name + " " + std::string(type) + "\n";
}

void MetricsText::Line(std::string_view suffix, const Labels& labels, const std::string& value) {
  text_ += family_;
  text_ += suffix;
  const char* before = "{";
  for (const auto& [name, text] : labels) {
    text_ += before + name + "=\"" + Escaped(text, true) + "\"";
    before = ",";
  }
  text_ += (labels.empty() ? " " : "} ") + value + "\n";
}

void MetricsText::Sample(const Labels& labels, double value) {
  Line("", labels, NumberText(value));
}

void MetricsText::Sample(const Labels& labels, uint64_t value) {
  Line("", labels, std::to_string(value));
}

void MetricsText::Sample(const Labels& labels, const Histogram& histogram) {
  uint64_t below = 0;
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    const bool last = i == histogram.bounds().size();
    Labels with = labels;
    with.emplace_back("le", last ? "+Inf" : NumberText(histogram.bounds()[i]));
    Line("_bucket", with, std::to_string(below));
  }
  Line("_sum", labels, NumberText(histogram.sum()));
  Line("_count", labels, std::to_string(below));
}

void MetricsText::One(const std::string& name, std::string_view type, std::string_view help,
                      double value) {
  Family(name, type, help);
  Sample({}, value);
}

}  // namespace csl::appliance
