// SPDX-License-Identifier: Apache-2.0
// out.json and out_rpc.json.
#include <fmt/format.h>

#include <nlohmann/json.hpp>  // heavy: in this file alone

#include "fabric/image/manifest_parts.h"

namespace csl::image {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kJsonVersion = 1;

std::string Dump(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ExportsToJson(const Manifest& m) {
  Json out = Json::array();
  for (const Export& e : m.exports) {
    Json item;
    item["id"] = e.id;
    item["name"] = e.name;
    item["type"] = e.type;
    item["kind"] = ExportKindName(e.kind);
    if (e.kind == ExportKind::kVar) item["immutable"] = e.immutable;
    if (e.kind == ExportKind::kStream) item["color"] = e.color;
    Json inputs = Json::array();
    for (const ExportInput& input : e.inputs)
      inputs.push_back({{"name", input.name}, {"type", input.type}});
    if (e.kind == ExportKind::kFunc) item["inputs"] = inputs;
    out.push_back(std::move(item));
  }
  return out;
}

Json PortsToJson(const Manifest& m) {
  Json out = Json::array();
  for (const HostPort& port : m.ports) {
    out.push_back({{"name", port.name},
                   {"direction", port.to_device ? "h2d" : "d2h"},
                   {"x", port.x},
                   {"y", port.y},
                   {"color", port.color}});
  }
  return out;
}

Json PairToJson(Extent2 pair) { return Json::array({pair.width, pair.height}); }

// Typed access to a JSON object; the first thing that is missing or of another type is kept as the
// error.
class ObjectReader {
 public:
  explicit ObjectReader(const Json& json) : json_(json) {
    if (!json.is_object()) status_ = DataLoss("out.json: an object is missing");
  }
  const Json* Find(const char* key) const {
    const auto it = json_.is_object() ? json_.find(key) : json_.end();
    return it == json_.end() ? nullptr : &*it;
  }
  template <typename T>
  T Number(const char* key, T missing = 0) {
    const Json* value = Find(key);
    if (value == nullptr) return missing;
    if (!value->is_number_integer() || value->is_number_float()) return Bad<T>(key);
    const auto number = value->get<int64_t>();
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max())
      return Bad<T>(key);
    return static_cast<T>(number);
  }
  bool Bool(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr) return false;
    return value->is_boolean() ? value->get<bool>() : Bad<bool>(key);
  }
  std::string Text(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr || !value->is_string()) return Bad<std::string>(key);
    return value->get<std::string>();
  }
  Extent2 Pair(const char* key) {
    const Json* value = Find(key);
    if (value == nullptr || !value->is_array() || value->size() != 2) return Bad<Extent2>(key);
    Extent2 out;
    for (int i = 0; i < 2; ++i) {
      const Json& side = (*value)[i];
      if (!side.is_number_integer() ||
          side.get<int64_t>() != static_cast<int32_t>(side.get<int64_t>())) {
        return Bad<Extent2>(key);
      }
      (i == 0 ? out.width : out.height) = side.get<int32_t>();
    }
    return out;
  }
  // An array or object; empty if missing.
  const Json& Items(const char* key, bool is_array) {
    static const Json* const empty = new Json(Json::array());
    const Json* value = Find(key);
    if (value == nullptr) return *empty;
    if (is_array ? !value->is_array() : !value->is_object()) {
      Bad<int>(key);
      return *empty;
    }
    return *value;
  }
  template <typename T>
  T Bad(const char* key) {
    if (status_.ok())
      status_ = DataLoss(fmt::format("out.json: '{}' is missing or of the wrong type", key));
    return T();
  }
  const Status& status() const { return status_; }

 private:
  const Json& json_;
  Status status_;
};

StatusOr<Export> ExportFromJson(const Json& json) {
  ObjectReader in(json);
  Export e;
  e.id = in.Number<uint32_t>("id");
  e.name = in.Text("name");
  e.type = in.Text("type");
  const std::string kind = in.Text("kind");
  bool known = false;
  for (ExportKind k : {ExportKind::kVar, ExportKind::kFunc, ExportKind::kStream}) {
    if (kind != ExportKindName(k)) continue;
    e.kind = k;
    known = true;
  }
  if (!known) in.Bad<int>("kind");
  e.immutable = in.Bool("immutable");
  e.color = in.Number<int32_t>("color", -1);
  for (const Json& input : in.Items("inputs", true)) {
    ObjectReader fields(input);
    e.inputs.push_back({fields.Text("name"), fields.Text("type")});
    RETURN_IF_ERROR(fields.status());
  }
  RETURN_IF_ERROR(in.status());
  return e;
}

StatusOr<HostPort> PortFromJson(const Json& json) {
  ObjectReader in(json);
  HostPort port;
  port.name = in.Text("name");
  const std::string direction = in.Text("direction");
  if (direction != "h2d" && direction != "d2h") in.Bad<int>("direction");
  port.to_device = direction == "h2d";
  port.x = in.Number<uint16_t>("x");
  port.y = in.Number<uint16_t>("y");
  port.color = in.Number<uint8_t>("color");
  RETURN_IF_ERROR(in.status());
  return port;
}

Status ReadNames(ObjectReader& in, Manifest& m) {
  const auto arch = isa::FindArch(in.Text("arch"));
  const auto fp16 = isa::FindFp16Format(in.Text("fp16_format"));
  if (!arch) in.Bad<int>("arch");
  if (!fp16) in.Bad<int>("fp16_format");
  m.arch = arch.value_or(isa::Arch::kWse2);
  m.fp16_format = fp16.value_or(isa::Fp16Format::kF16);
  for (const auto& [name, value] : in.Items("params", false).items()) {
    if (!value.is_string())
      return DataLoss(fmt::format("out.json: parameter '{}' must be a string", name));
    m.params.emplace_back(name, value.get<std::string>());
  }
  for (const auto& [name, value] : in.Items("colors", false).items()) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > 0xffff) {
      return DataLoss(fmt::format("out.json: color '{}' must be a number from 0 to 23", name));
    }
    m.colors.emplace_back(name, value.get<uint32_t>());
  }
  for (const Json& file : in.Items("programs", true)) {
    if (!file.is_string())
      in.Bad<int>("programs");
    else
      m.programs.push_back(file.get<std::string>());
  }
  return in.status();
}

}  // namespace

std::string ManifestToJson(const Manifest& m) {
  Json out;
  out["format_version"] = kJsonVersion;
  out["params"] = Json::object();
  for (const auto& [name, value] : m.params) out["params"][name] = value;
  out["colors"] = Json::object();
  for (const auto& [name, value] : m.colors) out["colors"][name] = value;
  out["arch"] = isa::ArchName(m.arch);
  out["fp16_format"] = isa::Fp16FormatName(m.fp16_format);
  out["fabric_dims"] = PairToJson(m.fabric);
  out["fabric_offsets"] = PairToJson(m.offset);
  out["rectangle"] = PairToJson(m.rectangle);
  out["memcpy"] = m.memcpy;
  out["channels"] = m.channels;
  out["width_west_buf"] = m.width_west_buf;
  out["width_east_buf"] = m.width_east_buf;
  out["exports"] = ExportsToJson(m);
  if (!m.ports.empty()) out["ports"] = PortsToJson(m);
  out["placement"] = "bin/placement.bin";
  out["programs"] = m.programs;
  if (m.num_variants != 0) out["variants"] = m.num_variants;
  return Dump(out);
}

std::string RpcSymbolsToJson(const Manifest& m) {
  Json out;
  out["rpc_symbols"] = ExportsToJson(m);
  return Dump(out);
}

Status ReadManifestJson(std::string_view text, Manifest& m) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return DataLoss("out.json: not JSON");
  ObjectReader in(json);
  const int version = in.Number<int32_t>("format_version");
  RETURN_IF_ERROR(in.status());
  if (version != kJsonVersion) {
    return DataLoss(fmt::format("out.json: format version {}, this program reads {}: compile again",
                                version, kJsonVersion));
  }
  RETURN_IF_ERROR(ReadNames(in, m));
  m.fabric = in.Pair("fabric_dims");
  m.offset = in.Pair("fabric_offsets");
  m.rectangle = in.Pair("rectangle");
  m.memcpy = in.Bool("memcpy");
  m.channels = in.Number<int32_t>("channels");
  m.width_west_buf = in.Number<int32_t>("width_west_buf");
  m.width_east_buf = in.Number<int32_t>("width_east_buf");
  m.num_variants = in.Number<uint32_t>("variants");
  for (const Json& item : in.Items("exports", true)) {
    ASSIGN_OR_RETURN(Export e, ExportFromJson(item));
    m.exports.push_back(std::move(e));
  }
  for (const Json& item : in.Items("ports", true)) {
    ASSIGN_OR_RETURN(HostPort port, PortFromJson(item));
    m.ports.push_back(std::move(port));
  }
  return in.status();
}

}  // namespace csl::image
