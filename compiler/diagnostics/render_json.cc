// SPDX-License-Identifier: Apache-2.0
// Messages for editors: one JSON object a line. docs/cslc.md describes the fields.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/engine.h"

namespace csl::diagnostics {
namespace {

using Json = nlohmann::ordered_json;

// Of the first `bytes` bytes of a line, in UTF-16 code units, as editors count.
uint32_t CodeUnits(std::string_view line, size_t bytes) {
  uint32_t units = 0;
  for (const char c : line.substr(0, bytes)) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xc0) == 0x80) continue;
    units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

Json Position(const source::File& file, uint32_t offset) {
  const source::LineColumn at = file.LineColumnAt(offset);
  return {{"line", at.line - 1},
          {"character", CodeUnits(file.Line(at.line), static_cast<size_t>(at.column) - 1)}};
}

// Adds "file" and "range"; nothing for what has no place.
void AddPlace(const source::Sources& sources, source::Span span, Json* out) {
  if (!span.begin.valid()) return;
  const source::Sources::Place place = sources.Locate(span.begin);
  const auto size = static_cast<uint32_t>(place.file->text.size());
  (*out)["file"] = place.file->display_name;
  (*out)["range"] = {{"start", Position(*place.file, place.offset)},
                     {"end", Position(*place.file, std::min(size, place.offset + span.length))}};
}

Json ToJson(const source::Sources& sources, const Diagnostic& d) {
  Json out = {{"kind", PrintedName(d.kind)}, {"severity", SeverityText(d.severity)}};
  if (d.form != Form::kNone) out["form"] = RowOf(d.form).spelling;
  AddPlace(sources, d.span, &out);
  out["message"] = d.message;
  Json notes = Json::array();
  for (const Note& note : d.notes) {
    Json one = Json::object();
    AddPlace(sources, note.span, &one);
    one["message"] = note.message;
    notes.push_back(std::move(one));
  }
  out["notes"] = std::move(notes);
  Json edits = Json::array();
  for (const Edit& edit : d.edits) {
    Json one = Json::object();
    AddPlace(sources, edit.span, &one);
    one["newText"] = edit.text;
    edits.push_back(std::move(one));
  }
  out["fix"] = std::move(edits);
  return out;
}

}  // namespace

std::string RenderJson(const source::Sources& sources, const std::vector<Diagnostic>& all) {
  std::string out;
  for (const Diagnostic& d : all) {
    out += ToJson(sources, d).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return out;
}

}  // namespace csl::diagnostics
