// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document: routes.def, openapi.def and the messages of workers in its words.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "appliance/http/api.h"
#include "base/http/problem.h"
#include "proto/worker_messages.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

enum Need { kPerhaps, kAlways };

struct Field {
  const char* schema;
  const char* name;
  std::string_view type;
  Need need;
  const char* about;
};
struct Schema {
  const char* name;
  const char* about;
};
struct Body {
  std::string_view request;
  int status;
  std::string_view answer;
};
struct Parameter {
  std::string_view handler;
  const char* name;
  std::string_view type;
  const char* about;
};
struct Also {
  std::string_view handler;
  int status;
  std::string_view type;
  const char* about;
};

constexpr StatusCode kCodes[] = {
#define STATUS_CODE(name, ...) StatusCode::name,
#include "base/status_codes.def"
#undef STATUS_CODE
};
constexpr Schema kSchemas[] = {
#define SCHEMA(name, about) {#name, about},
#include "appliance/http/openapi.def"
};
constexpr Field kFields[] = {
#define FIELD(schema, name, type, need, about) {#schema, name, type, need, about},
#include "appliance/http/openapi.def"
};
constexpr Parameter kQueries[] = {
#define QUERY_FIELD(handler, name, type, about) {#handler, name, type, about},
#include "appliance/http/openapi.def"
};
constexpr Parameter kHeaders[] = {
#define HEADER_FIELD(handler, name, about) {#handler, name, "text", about},
#include "appliance/http/openapi.def"
};
constexpr Also kAlso[] = {
#define ALSO(handler, status, type, about) {#handler, status, type, about},
#include "appliance/http/openapi.def"
};

// One constant a row: a route without a row does not compile.
namespace bodies {
#define BODY(handler, request, status, answer) constexpr Body handler{#request, status, #answer};
#include "appliance/http/openapi.def"
}  // namespace bodies

constexpr Body kBodies[] = {
#define ROUTE(handler, ...) bodies::handler,
#include "appliance/http/routes.def"
#undef ROUTE
};

json Reference(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

json Words(std::string_view words) {
  json list = json::array();
  while (true) {
    const size_t bar = words.find('|');
    list.push_back(std::string(words.substr(0, bar)));
    if (bar == std::string_view::npos) break;
    words.remove_prefix(bar + 1);
  }
  return {{"type", "string"}, {"enum", list}};
}

json TypeOf(std::string_view type) {
  if (type.ends_with("[]")) {
    return {{"type", "array"}, {"items", TypeOf(type.substr(0, type.size() - 2))}};
  }
  if (type.starts_with('=')) return Words(type.substr(1));
  if (type == "text") return {{"type", "string"}};
  if (type == "whole") return {{"type", "integer"}, {"format", "int64"}};
  if (type == "flag") return {{"type", "boolean"}};
  if (type == "json") return {{"type", "object"}};
  if (type == "texts") {
    return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  }
  return Reference(type);
}

void AddField(json& schema, const std::string& name, std::string_view text, bool is_always,
              const std::string& about) {
  json type = TypeOf(text);
  if (!type.contains("$ref")) type["description"] = about;  // nothing may stand beside it
  schema["properties"][name] = std::move(type);
  if (is_always) schema["required"].push_back(name);
}

json Enumeration(json words) { return {{"type", "string"}, {"enum", std::move(words)}}; }

// Closed sets, from their own tables.
void AddWords(json& all) {
  json states = json::array();
  for (const JobState state : AllJobStates()) states.push_back(JobStateText(state));
  all["JobState"] = Enumeration(std::move(states));
  json reasons = json::array();
  for (const EndReason reason : AllEndReasons()) reasons.push_back(EndReasonText(reason));
  all["EndReason"] = Enumeration(std::move(reasons));
  json codes = json::array();
  for (const StatusCode code : kCodes) {
    if (code != StatusCode::kOk) codes.push_back(StatusCodeIdentifier(code));
  }
  all["ErrorCode"] = Enumeration(std::move(codes));
}

json Schemas() {
  json all = json::object();
  for (const Schema& schema : kSchemas) {
    all[schema.name] = {{"type", "object"}, {"description", schema.about}};
  }
  for (const Field& field : kFields) {
    AddField(all[field.schema], field.name, field.type, field.need == kAlways, field.about);
  }
  for (const messages::MessageInfo& message : messages::AllMessages()) {
    json& schema = all[message.name];
    schema = {{"type", "object"}, {"description", message.about}};
    for (const messages::FieldInfo& field : message.fields) {
      AddField(schema, field.name, field.type, field.need == messages::kAlways, field.about);
    }
  }
  AddWords(all);
  return all;
}

json Content(std::string_view what) {
  if (what == "bytes") {
    return {{"application/octet-stream", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
  }
  if (what == "plain") return {{"text/plain", {{"schema", {{"type", "string"}}}}}};
  return {{"application/json", {{"schema", TypeOf(what)}}}};
}

json ParameterJson(const Parameter& parameter, const char* in) {
  return {{"name", parameter.name},
          {"in", in},
          {"description", parameter.about},
          {"schema", TypeOf(parameter.type)}};
}

// Those of the path, in their order, and what the tables add.
json Parameters(std::string_view handler, std::string_view path) {
  json all = json::array();
  for (size_t open; (open = path.find('{')) != std::string_view::npos;) {
    const size_t close = path.find('}', open);
    std::string name(path.substr(open + 1, close - open - 1));
    std::erase(name, '*');
    const char* type = name == "index" ? "integer" : "string";
    all.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", type}}}});
    path.remove_prefix(close + 1);
  }
  for (const Parameter& one : kQueries) {
    if (one.handler == handler) all.push_back(ParameterJson(one, "query"));
  }
  for (const Parameter& one : kHeaders) {
    if (one.handler == handler) all.push_back(ParameterJson(one, "header"));
  }
  return all;
}

json Responses(std::string_view handler, const Body& body) {
  json all = {{"default",
               {{"description", "A problem"},
                {"content", {{http::kProblemType, {{"schema", Reference("Problem")}}}}}}}};
  json& success = all[std::to_string(body.status)];
  success["description"] = "Success";
  success["content"] = Content(body.answer);
  for (const Also& also : kAlso) {
    if (also.handler != handler) continue;
    json& one = all[std::to_string(also.status)];
    if (!one.contains("description")) one["description"] = also.about;
    if (also.type.empty()) continue;
    if (also.type.find('/') == std::string_view::npos) {
      one["content"] = Content(also.type);
      continue;
    }
    const bool is_json = also.type == "application/json";
    one["content"][std::string(also.type)] = {
        {"schema", is_json ? TypeOf(body.answer) : json{{"type", "string"}}}};
  }
  return all;
}

json Roles(int roles) {
  json list = json::array();
  const std::pair<int, const char*> names[] = {
      {kAdmins, "admin"}, {kUsers, "user"}, {kWorkers, "worker"}, {kMonitors, "monitor"}};
  for (const auto& [bit, name] : names) {
    if ((roles & bit) != 0) list.push_back(name);
  }
  return list;
}

json Operation(const RouteRow& row, const Body& body) {
  json operation = {{"operationId", row.handler},
                    {"summary", row.summary},
                    {"parameters", Parameters(row.handler, row.path)},
                    {"responses", Responses(row.handler, body)},
                    {"x-roles", Roles(row.roles)}};
  if ((row.roles & kAnyone) != 0) operation["security"] = json::array();
  if (body.request != "none") {
    operation["requestBody"] = {{"required", body.request != "Nothing"},
                                {"content", Content(body.request)}};
  }
  return operation;
}

std::string MakeDocument() {
  json paths = json::object();
  const auto& routes = AllRoutes();
  for (size_t i = 0; i < routes.size(); ++i) {
    std::string path = routes[i].path;
    std::erase(path, '*');
    std::string method = routes[i].method;
    method[0] = static_cast<char>(std::tolower(method[0]));
    paths[path][method] = Operation(routes[i], kBodies[i]);
  }
  const json document = {
      {"openapi", "3.0.3"},
      {"info", {{"title", "CSL appliance"}, {"version", "v1"}}},
      {"paths", paths},
      {"security", {{{"bearer", json::array()}}}},
      {"components",
       {{"schemas", Schemas()},
        {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return document.dump(1) + "\n";
}

}  // namespace

const std::string& OpenApiDocument() {
  static const std::string document = MakeDocument();
  return document;
}

Status Api::GetOpenApi(Context& context) {
  context.ReplyBytes(OpenApiDocument(), "application/json");
  return OkStatus();
}

}  // namespace csl::appliance
