// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/version.h"
#include "compiler/diagnostics/engine.h"
#include "compiler/diagnostics/explain.h"
#include "compiler/layout/document.h"

namespace csl::driver {
namespace {

// Every value as text first, so that each message can name option, value and what is allowed.
struct RawOptions {
  std::string language = "all", fix, diagnostics = "text";
  std::string explain;
  std::string root, output = "out", arch = "wse2", fp16 = "f16", dims, offsets, dump, debug,
                    output_json;
  std::string section_starts;
  std::vector<std::string> params, colors, import_dirs;
  bool memcpy = false, verbose = false, warnings_as_errors = false, version = false,
       out_routes = false, no_optimise = false, no_deprecated = false, dsr_graph = false,
       no_route_checks = false;
  uint64_t channels = 0, west = 0, east = 0, inlined = 0, depth = 1000, parallelism = 0,
           recursion = 1'000'000, steps = 100'000'000;
};

constexpr uint64_t kMemoryBytes = 48 * 1024;

struct StageRow {
  std::string_view name;
  Stage stage;
};
constexpr StageRow kStages[] = {
    {"tokens", Stage::kTokens}, {"ast", Stage::kAst}, {"untyped", Stage::kUntyped},
    {"layout", Stage::kLayout}, {"ir", Stage::kIr},   {"passes", Stage::kPasses},
    {"config", Stage::kConfig}, {"asm", Stage::kAsm}, {"memory", Stage::kMemory},
};

std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  uint64_t value = 0;
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || stop != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Status ParsePair(std::string_view option, std::string_view text, uint16_t& first,
                 uint16_t& second) {
  const auto parts = Split(text, ',');
  if (parts.size() == 2) {
    const auto a = ParseUnsigned(parts[0]);
    const auto b = ParseUnsigned(parts[1]);
    if (a && b && *a <= 0xffff && *b <= 0xffff) {
      first = static_cast<uint16_t>(*a);
      second = static_cast<uint16_t>(*b);
      return OkStatus();
    }
  }
  return InvalidArgument(
      fmt::format("{} takes two unsigned integers such as 8,3, not '{}'", option, text));
}

void Declare(CLI::App& app, RawOptions& raw) {
  app.add_option("file", raw.root, "The CSL file with the layout block");
  app.add_option("-o", raw.output, "Folder of the artifact (default: out)");
  app.add_option("--arch", raw.arch, "wse2 (default) or wse3");
  app.add_option("--fabric-dims", raw.dims, "W,H: size of the fabric");
  app.add_option("--fabric-offsets", raw.offsets, "X,Y: where the program's rectangle begins");
  app.add_option("--params", raw.params, "NAME:VALUE[,...]: parameters of the root file")
      ->allow_extra_args(false);
  app.add_option("--colors", raw.colors, "NAME:VALUE[,...]: color parameters of the root file")
      ->allow_extra_args(false);
  app.add_flag("--memcpy", raw.memcpy, "Support copies and launches by the host");
  app.add_option("--channels", raw.channels, "Host channels, 1 to 16");
  app.add_option("--width-west-buf", raw.west, "Columns of buffers west of the program");
  app.add_option("--width-east-buf", raw.east, "Columns of buffers east of the program");
  app.add_option("--import-path", raw.import_dirs, "Folder searched for <name> modules")
      ->allow_extra_args(false);
  app.add_option("--fp16-format", raw.fp16, "f16 (default), cb16 or bf16");
  app.add_option("--max-inlined-iterations", raw.inlined, "Limit of each inline loop; 0: none");
  app.add_option("--comptime-func-depth-limit", raw.depth, "Nesting of comptime calls");
  app.add_option("--comptime-recursion-limit", raw.recursion,
                 "Calls of a function by itself at compile time");
  app.add_option("--comptime-step-limit", raw.steps,
                 "Calls and loop iterations at compile time; 0: no limit");
  app.add_option("--max-parallelism", raw.parallelism, "Threads of the compiler");
  app.add_option("-g", raw.debug, "-g0: no line tables");
  app.add_option("--language", raw.language,
                 "all (default): every form of SDK 1.0 to 2.10; 1.4 or 2.10: only theirs");
  app.add_option("--fix", raw.fix,
                 "Rewrite the sources to SDK 2.10 in place; --fix=diff prints the change");
  app.add_option("--diagnostics", raw.diagnostics, "text (default) or json: one message a line");
  app.add_flag("--no-route-checks", raw.no_route_checks, "No checks of routes and queues");
  app.add_flag("--no-deprecated", raw.no_deprecated, "No warnings about deprecated forms");
  app.add_flag("--dump-dsr-alloc-graph", raw.dsr_graph, "Ignored")->group("");
  app.add_flag("--verbose", raw.verbose, "Print each step");
  app.add_flag("--warnings-as-errors", raw.warnings_as_errors, "");
  app.add_option("--output-json", raw.output_json, "[=PATH]: also write the resolved parameters");
  app.add_flag("--out-routes", raw.out_routes, "Print the routes of every PE");
  app.add_option("--link-section-start-address-bytes", raw.section_starts,
                 "\".SECTION:ADDRESS,...\"");
  app.add_option("--dump", raw.dump,
                 "Print a stage: tokens ast untyped layout ir config passes asm memory");
  app.add_flag("--no-optimise", raw.no_optimise, "Only the passes that code generation needs");
  app.add_option("--explain", raw.explain, "KIND: what a message means; alone: all kinds")
      ->expected(0, 1);
  app.add_flag("--version", raw.version, "");
}

// -o=NAME, and --output-json without a value, are forms of their own.
std::vector<std::string> Normalise(const std::vector<std::string>& args) {
  std::vector<std::string> out;
  for (const std::string& arg : args) {
    if (arg == "--g0") {
      out.push_back("-g0");
    } else if (arg.starts_with("-o=")) {
      out.insert(out.end(), {"-o", arg.substr(3)});
    } else if (arg == "--fix") {
      out.push_back("--fix=\x01");
    } else if (arg == "--output-json") {
      out.push_back("--output-json=\x01");
    } else {
      out.push_back(arg);
    }
  }
  return out;
}

// How messages are written, and whether sources are rewritten.
Status ParseMessages(const RawOptions& raw, Options& out) {
  if (raw.diagnostics != "text" && raw.diagnostics != "json") {
    return InvalidArgument("--diagnostics is text or json, not '" + raw.diagnostics + "'");
  }
  out.json_messages = raw.diagnostics == "json";
  if (raw.fix.empty()) return OkStatus();
  if (raw.fix != "\x01" && raw.fix != "diff") {
    return InvalidArgument("--fix takes nothing or diff, not '" + raw.fix + "'");
  }
  out.fix = raw.fix == "diff" ? Fix::kDiff : Fix::kInPlace;
  return OkStatus();
}

Status ParseClosedSets(const RawOptions& raw, Options& out) {
  const auto arch = isa::FindArch(raw.arch);
  if (raw.arch == "wse1") {
    return InvalidArgument("--arch is wse2 or wse3, not 'wse1': SDK 1.4 removed WSE-1");
  }
  if (!arch) return InvalidArgument("--arch is wse2 or wse3, not '" + raw.arch + "'");
  out.arch = *arch;
  const auto fp16 = isa::FindFp16Format(raw.fp16);
  if (!fp16) return InvalidArgument("--fp16-format is f16, cb16 or bf16, not '" + raw.fp16 + "'");
  out.fp16_format = *fp16;
  const auto language = diagnostics::FindLanguage(raw.language);
  if (!language) {
    return InvalidArgument("--language is all, 1.4 or 2.10, not '" + raw.language + "'");
  }
  out.language = *language;
  RETURN_IF_ERROR(ParseMessages(raw, out));
  if (!raw.debug.empty() && raw.debug != "0")
    return InvalidArgument("-g is -g0, not '-g" + raw.debug + "'");
  out.lines = raw.debug.empty();
  if (raw.dump.empty()) return OkStatus();
  std::string names;
  for (const StageRow& row : kStages) {
    if (row.name == raw.dump) out.dump = row.stage;
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  if (out.dump != Stage::kNone) return OkStatus();
  return InvalidArgument("--dump is one of " + names + ", not '" + raw.dump + "'");
}

Status ParseNumbers(const RawOptions& raw, bool has_channels, Options& out) {
  if (has_channels && raw.channels == 0) {
    return InvalidArgument(
        "--channels is 1 to 16, not 0: SDK 1.0 removed it with CSELFRunner; copies of SdkRuntime "
        "need one");
  }
  if (has_channels && (raw.channels < 1 || raw.channels > 16)) {
    return InvalidArgument(fmt::format("--channels is 1 to 16, not {}", raw.channels));
  }
  out.channels = static_cast<int>(raw.channels);
  if (raw.west > 1000 || raw.east > 1000) {
    return InvalidArgument(
        "--width-west-buf and --width-east-buf are numbers of columns, at most 1000");
  }
  out.width_west_buf = static_cast<int>(raw.west);
  out.width_east_buf = static_cast<int>(raw.east);
  out.max_inlined_iterations = static_cast<uint32_t>(std::min<uint64_t>(raw.inlined, 0xffffffff));
  out.comptime_depth_limit = static_cast<uint32_t>(std::min<uint64_t>(raw.depth, 0xffffffff));
  out.comptime_step_limit = raw.steps;
  out.comptime_recursion_limit =
      static_cast<uint32_t>(std::min<uint64_t>(raw.recursion, 0xffffffff));
  out.optimise = !raw.no_optimise;
  out.max_parallelism = static_cast<int>(std::min<uint64_t>(raw.parallelism, 1024));
  if (raw.dims.empty()) return InvalidArgument("--fabric-dims=W,H is missing");
  RETURN_IF_ERROR(ParsePair("--fabric-dims", raw.dims, out.fabric_width, out.fabric_height));
  out.offset_x = static_cast<uint16_t>(4 + out.width_west_buf);
  out.offset_y = 1;
  if (raw.offsets.empty()) return OkStatus();
  return ParsePair("--fabric-offsets", raw.offsets, out.offset_x, out.offset_y);
}

// A layout document is the evaluated layout: what goes before it has nothing to work on.
Status CheckDocument(const Options& options) {
  if (!options.params.empty() || !options.colors.empty()) {
    return InvalidArgument("--params and --colors set parameters of a CSL file; those of '" +
                           options.root.string() + "' stand in it");
  }
  if (options.dump == Stage::kTokens || options.dump == Stage::kAst ||
      options.dump == Stage::kUntyped) {
    return InvalidArgument("'" + options.root.string() +
                           "' is a layout document: --dump takes layout and what follows it");
  }
  return OkStatus();
}

Status Interpret(const RawOptions& raw, bool has_channels, Options& out) {
  if (raw.root.empty()) return InvalidArgument("which CSL file? usage: cslc FILE.csl [OPTIONS]");
  out.root = raw.root;
  if (raw.output.empty()) return InvalidArgument("-o needs the name of a folder");
  out.output = raw.output;
  RETURN_IF_ERROR(ParseClosedSets(raw, out));
  RETURN_IF_ERROR(ParseNumbers(raw, has_channels, out));
  for (const std::string& text : raw.params)
    RETURN_IF_ERROR(ParseNameValues("--params", text, out.params));
  for (const std::string& text : raw.colors)
    RETURN_IF_ERROR(ParseNameValues("--colors", text, out.colors));
  for (const std::string& dir : raw.import_dirs) out.import_dirs.emplace_back(dir);
  if (layout::IsDocument(out.root)) RETURN_IF_ERROR(CheckDocument(out));
  out.memcpy = raw.memcpy;
  out.verbose = raw.verbose;
  out.warnings_as_errors = raw.warnings_as_errors;
  out.no_deprecated = raw.no_deprecated;
  out.route_checks = !raw.no_route_checks;
  if (raw.dsr_graph) {
    out.ignored.push_back(
        {"--dump-dsr-alloc-graph", "--dump=asm shows the registers of each operation"});
  }
  out.out_routes = raw.out_routes;
  if (!raw.section_starts.empty()) {
    RETURN_IF_ERROR(ParseSectionStarts(raw.section_starts, out.section_starts));
  }
  if (raw.output_json == "\x01") {
    out.output_json = out.output.string() + ".json";
  } else if (!raw.output_json.empty()) {
    out.output_json = raw.output_json;
  }
  return OkStatus();
}

}  // namespace

Status ParseNameValues(const std::string& option, const std::string& text,
                       std::map<std::string, uint64_t>& out) {
  for (std::string_view part : Split(text, ',')) {
    const size_t colon = part.find(':');
    const auto value =
        colon == std::string_view::npos ? std::nullopt : ParseUnsigned(part.substr(colon + 1));
    if (colon == 0 || !value) {
      return InvalidArgument(
          fmt::format("{} takes NAME:VALUE[,...] with unsigned integers, not '{}'", option, part));
    }
    const std::string name(part.substr(0, colon));
    if (!out.emplace(name, *value).second) {
      return InvalidArgument(fmt::format("{} gives '{}' twice", option, name));
    }
  }
  return OkStatus();
}

Status ParseSectionStarts(const std::string& text, std::map<std::string, uint32_t>& out) {
  constexpr const char* kOption = "--link-section-start-address-bytes";
  std::map<std::string, uint64_t> values;
  RETURN_IF_ERROR(ParseNameValues(kOption, text, values));
  for (const auto& [name, address] : values) {
    if (address >= kMemoryBytes) {
      return InvalidArgument(fmt::format("{} puts '{}' at {}: memory ends at {}", kOption, name,
                                         address, kMemoryBytes));
    }
    out[name] = static_cast<uint32_t>(address);
  }
  return OkStatus();
}

namespace {

// In the form that the command line asks for, wrong as the rest of it may be.
CommandLine WrongUsage(const std::vector<std::string>& args, const std::string& text) {
  CommandLine out;
  out.exit_code = 2;
  const std::string message = diagnostics::Format(diagnostics::Kind::kWrongUsage, {text});
  out.text = fmt::format("cslc: {}\n", message);
  for (size_t n = 0; n < args.size(); ++n) {
    const bool is_split =
        args[n] == "--diagnostics" && n + 1 < args.size() && args[n + 1] == "json";
    if (!is_split && args[n] != "--diagnostics=json") continue;
    out.text = diagnostics::RenderJson({}, {{.kind = diagnostics::Kind::kWrongUsage,
                                             .severity = diagnostics::Severity::Error,
                                             .span = {},
                                             .message = message}});
  }
  return out;
}

CommandLine ExplainKind(const std::vector<std::string>& args, const std::string& spelling) {
  CommandLine out;
  if (spelling.empty()) {
    out.text = diagnostics::ListOfKinds();
    return out;
  }
  const std::optional<diagnostics::Kind> kind = diagnostics::FindKind(spelling);
  if (!kind) return WrongUsage(args, diagnostics::NoSuchKind(spelling));
  out.text = diagnostics::Explain(*kind);
  return out;
}

}  // namespace

CommandLine ParseCommandLine(const std::vector<std::string>& args) {
  RawOptions raw;
  CLI::App app("Compiles a CSL program to an artifact.", "cslc");
  Declare(app, raw);
  std::vector<std::string> reversed = Normalise(args);
  std::reverse(reversed.begin(), reversed.end());
  CommandLine out;
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    out.text = app.help();
    return out;
  } catch (const CLI::ParseError& error) {
    return WrongUsage(args, error.what());
  }
  if (raw.version) {
    out.text = fmt::format("cslc {}\n", kVersion);
    return out;
  }
  if (app.count("--explain") > 0) return ExplainKind(args, raw.explain);
  Options options;
  if (Status status = Interpret(raw, app.count("--channels") > 0, options); !status.ok()) {
    return WrongUsage(args, std::string(status.message()));
  }
  out.options = std::move(options);
  return out;
}

}  // namespace csl::driver
