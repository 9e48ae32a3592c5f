// SPDX-License-Identifier: Apache-2.0
#include "runtime/python/signature.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "runtime/core/near_names.h"
#include "runtime/python/errors.h"

namespace py = pybind11;

namespace csl::runtime::python {
namespace {

bool Answers(const Parameter& parameter, std::string_view name) {
  return name == parameter.name ||
         (parameter.other_name != nullptr && name == parameter.other_name);
}

bool IsRequired(const Parameter& parameter) {
  return parameter.default_text == nullptr && parameter.kind != Parameter::Kind::kRest;
}

}  // namespace

void Signature::ThrowUnknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters_) {
    if (parameter.kind != Parameter::Kind::kRest) names.push_back(parameter.name);
  }
  ThrowTypeError(fmt::format("{}(): unknown keyword argument '{}'; {}", call_, name,
                             NearNames(name, std::move(names), "takes")));
}

void Signature::ThrowMissing(const Parameter& missing) const {
  if (missing.kind != Parameter::Kind::kKeywordOnly) {
    ThrowTypeError(fmt::format("{}(): the argument '{}' is missing", call_, missing.name));
  }
  std::vector<std::string> required;
  for (const Parameter& parameter : parameters_) {
    if (parameter.kind == missing.kind && IsRequired(parameter)) required.push_back(parameter.name);
  }
  ThrowTypeError(fmt::format("{}(): the keyword argument '{}' is missing; {} must be given", call_,
                             missing.name, fmt::join(required, ", ")));
}

void Signature::TakePositional(const py::args& args, std::vector<py::object>* bound) const {
  size_t next = 0;
  size_t position = 0;
  for (; position < parameters_.size(); ++position) {
    const Parameter::Kind kind = parameters_[position].kind;
    if (kind == Parameter::Kind::kKeywordOnly) break;
    if (kind == Parameter::Kind::kRest) {
      const size_t first = std::min(next, args.size());
      (*bound)[position] = args[py::slice(static_cast<py::ssize_t>(first),
                                          static_cast<py::ssize_t>(args.size()), 1)];
      return;
    }
    if (next < args.size()) (*bound)[position] = args[next++];
  }
  if (next < args.size()) {
    ThrowTypeError(fmt::format("{}(): {} positional arguments given, at most {} are taken", call_,
                               args.size(), position));
  }
}

void Signature::TakeKeywords(const py::kwargs& keywords, std::vector<py::object>* bound) const {
  for (const auto& [key, value] : keywords) {
    const std::string name = key.cast<std::string>();
    const auto found =
        std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& parameter) {
          return parameter.kind != Parameter::Kind::kRest && Answers(parameter, name);
        });
    if (found == parameters_.end()) ThrowUnknown(name);
    py::object& slot = (*bound)[static_cast<size_t>(found - parameters_.begin())];
    if (slot) {
      ThrowTypeError(fmt::format("{}(): the argument '{}' is given twice", call_, found->name));
    }
    slot = py::reinterpret_borrow<py::object>(value);
  }
}

std::vector<py::object> Signature::Bind(const py::args& args, const py::kwargs& keywords) const {
  std::vector<py::object> bound(parameters_.size());
  TakePositional(args, &bound);
  TakeKeywords(keywords, &bound);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    // For a keyword that has no default, None says "not given": nobody can mean it.
    const bool absent =
        !bound[i] || (parameters_[i].kind == Parameter::Kind::kKeywordOnly && bound[i].is_none());
    if (absent && IsRequired(parameters_[i])) ThrowMissing(parameters_[i]);
  }
  return bound;
}

std::string Signature::List(bool self) const {
  std::vector<std::string> parts;
  if (self) parts.push_back("self");
  bool keywords_only = false;
  for (const Parameter& parameter : parameters_) {
    std::string part = parameter.name;
    if (parameter.kind == Parameter::Kind::kRest) part = "*" + part;
    if (parameter.kind == Parameter::Kind::kKeywordOnly && !keywords_only) parts.push_back("*");
    keywords_only = keywords_only || parameter.kind != Parameter::Kind::kAny;
    if (parameter.default_text != nullptr) part += std::string("=") + parameter.default_text;
    parts.push_back(std::move(part));
  }
  return fmt::format("({})\n--\n\n", fmt::join(parts, ", "));
}

std::string Signature::Doc(const char* text, bool self) const { return call_ + List(self) + text; }

std::string Signature::InitDoc() const { return "__init__" + List(true) + "See the class."; }

}  // namespace csl::runtime::python
