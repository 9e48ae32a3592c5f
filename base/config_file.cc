// SPDX-License-Identifier: Apache-2.0
#include "base/config_file.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace csl {
namespace {

using nlohmann::json;

constexpr char kOption[] = "--config";

std::string Short(const json& value) {
  constexpr size_t kMost = 80;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

std::string KeyOf(const CLI::Option& option) {
  std::string key = option.get_lnames().empty() ? "" : option.get_lnames().front();
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

// Whether a file may set it; what makes a program print something and end is for command lines.
bool IsKey(const std::string& key) {
  return !key.empty() && key != "help" && key != "version" && key != "config";
}

// The keys that a file for this command may have.
std::string Known(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    const std::string key = KeyOf(*option);
    if (!IsKey(key)) continue;
    text += (text.empty() ? "" : ", ") + key;
  }
  return text;
}

// The value of the last --config, if there is one.
std::string FileIn(const std::vector<std::string>& args) {
  std::string file;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == kOption && i + 1 < args.size()) file = args[i + 1];
    if (args[i].starts_with(std::string(kOption) + "=")) file = args[i].substr(sizeof kOption);
  }
  return file;
}

bool Gives(const std::vector<std::string>& args, const std::string& name) {
  return std::any_of(args.begin(), args.end(), [&name](const std::string& arg) {
    return arg == name || arg.starts_with(name + "=");
  });
}

// Reads the values of one key.
class Entry {
 public:
  Entry(const std::string& file, const std::string& key, const json& value, CLI::Option& option)
      : place_("'" + file + "': key '" + key + "' is " + Short(value) + "; must be "),
        value_(value),
        option_(option),
        name_("--" + option.get_lnames().front()) {}

  StatusOr<std::vector<std::string>> Arguments() const {
    if (option_.get_expected_max() == 0) {
      if (!value_.is_boolean()) return InvalidArgument(place_ + "true or false");
      return value_.get<bool>() ? std::vector{name_} : std::vector<std::string>();
    }
    const bool is_list = option_.get_expected_max() > 1;
    if (is_list && !value_.is_array()) return InvalidArgument(place_ + "a list of strings");
    std::vector<std::string> words;
    for (const json& one : is_list ? value_ : json::array({value_})) {
      ASSIGN_OR_RETURN(const std::string text, Text(one, is_list));
      words.push_back(name_ + "=" + text);
    }
    return words;
  }

 private:
  StatusOr<std::string> Text(const json& one, bool is_list) const {
    const std::string type = option_.get_type_name();
    const bool is_number = type.starts_with("INT") || type.starts_with("UINT");
    if (is_number && !one.is_number_integer()) return InvalidArgument(place_ + "a whole number");
    if (!is_number && !one.is_string()) {
      return InvalidArgument(place_ + (is_list ? "a list of strings" : "a string"));
    }
    std::string text = is_number ? std::to_string(one.get<int64_t>()) : one.get<std::string>();
    if (is_number && one.is_number_unsigned()) text = std::to_string(one.get<uint64_t>());
    if (text.find('\0') != std::string::npos) {
      return InvalidArgument(place_ + "a string without a zero byte");
    }
    RETURN_IF_ERROR(Check(text));
    return text;
  }

  // As the command line would check it.
  Status Check(const std::string& text) const {
    try {
      option_.add_result(text);
      option_.run_callback();
      option_.clear();
    } catch (const CLI::Error& error) {
      option_.clear();
      std::string why = error.what();
      if (const size_t at = why.find("must be "); at != std::string::npos) why = why.substr(at + 8);
      return InvalidArgument(place_ + why);
    }
    return OkStatus();
  }

  const std::string place_;
  const json& value_;
  CLI::Option& option_;
  const std::string name_;
};

}  // namespace

void AddConfigOption(CLI::App& command) {
  command.add_option(kOption,
                     "JSON file with options, as {\"work_dir\": \"/w\"}; what the command "
                     "line gives comes first");
}

StatusOr<std::vector<std::string>> WithConfigFile(CLI::App& command,
                                                  std::vector<std::string> args) {
  const std::string file = FileIn(args);
  if (file.empty()) return args;
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  json document;
  try {
    document = json::parse(text);
  } catch (const json::exception& error) {
    const std::string what = error.what();
    const size_t at = what.find("] ");
    return InvalidArgument(
        "'" + file + "' is not JSON: " + (at == std::string::npos ? what : what.substr(at + 2)));
  }
  if (!document.is_object()) {
    return InvalidArgument("'" + file + "' is " + Short(document) + "; must be an object");
  }
  const std::vector<std::string> given = args;
  for (const auto& [key, value] : document.items()) {
    std::string name = "--" + key;
    std::replace(name.begin(), name.end(), '_', '-');
    CLI::Option* option = command.get_option_no_throw(name);
    if (option == nullptr || KeyOf(*option) != key || !IsKey(key)) {
      return InvalidArgument("'" + file + "': unknown key '" + key + "'; must be one of " +
                             Known(command));
    }
    ASSIGN_OR_RETURN(const auto words, Entry(file, key, value, *option).Arguments());
    if (!Gives(given, name)) args.insert(args.end(), words.begin(), words.end());
  }
  return args;
}

int ParseWithConfigFile(CLI::App& app, CLI::App& command, int argc, char** argv) {
  auto args = WithConfigFile(command, std::vector<std::string>(argv + 1, argv + argc));
  if (!args.ok()) {
    std::cerr << argv[0] << ": " << args.status().message() << std::endl;
    return StatusCodeToExitCode(args.status().code());
  }
  std::reverse(args->begin(), args->end());
  try {
    app.parse(*args);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return -1;
}

}  // namespace csl
