// SPDX-License-Identifier: Apache-2.0
// Lines a second of the compiler's front end, by stage, on one thread.
//
//   front_end_bench FOLDER...   lexes, parses and lowers all .csl files below the folders, and
//                               analyses a program that is made here
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "base/check.h"
#include "base/file.h"
#include "compiler/lex/lex.h"
#include "compiler/lower/file_cache.h"
#include "compiler/lower/lower.h"
#include "compiler/parse/parse.h"
#include "compiler/sema/sema.h"

namespace {

using namespace csl;  // NOLINT: a program's main file

constexpr int kRepetitions = 15;

// Seconds of the median run.
double Seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (int i = 0; i < kRepetitions; ++i) {
    const Clock::time_point start = Clock::now();
    work();
    times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void Print(std::string_view what, size_t lines, double seconds) {
  fmt::print("{:34} {:8} lines {:10.2f} ms {:12.0f} lines/s\n", what, lines, seconds * 1e3,
             static_cast<double>(lines) / seconds);
}

std::vector<std::string> ReadTexts(int argc, char** argv) {
  std::vector<std::string> texts;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.path().extension() == ".csl") texts.push_back(ReadTextFile(entry.path()).value());
    }
  }
  return texts;
}

size_t NumLines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

void MeasureFiles(const std::vector<std::string>& texts) {
  source::Sources sources;
  diagnostics::Engine diagnostics(&sources);
  std::vector<source::FileId> files;
  size_t lines = 0;
  for (const std::string& text : texts) {
    files.push_back(sources.AddText("bench.csl", text));
    lines += NumLines(text);
  }
  const auto each = [&](auto work) {
    return Seconds([&] {
      for (const source::FileId file : files) work(lex::Lex(sources.file(file), &diagnostics));
    });
  };
  Print("lex", lines, each([](const lex::TokenBuffer&) {}));
  Print("lex and parse", lines,
        each([&](const lex::TokenBuffer& tokens) { parse::Parse(tokens, &diagnostics); }));
  Print("lex, parse and lower", lines, each([&](const lex::TokenBuffer& tokens) {
          lower::Lower(parse::Parse(tokens, &diagnostics), &diagnostics);
        }));
}

// Functions of loops, arithmetic and arrays, each called once.
std::string LargeProgram(int functions) {
  std::string text =
      "layout {\n"
      "  @set_rectangle(1, 1);\n"
      "  @set_tile_code(0, 0);\n"
      "}\n"
      "var values: [64]f32;\n";
  std::string calls;
  for (int i = 0; i < functions; ++i) {
    text += fmt::format(
        "fn step_{0}(count: i16, scale: f32) f32 {{\n"
        "  var sum: f32 = 0.0;\n"
        "  for (@range(i16, count)) |i| {{\n"
        "    const at = (i + {0}) & 63;\n"
        "    if (values[at] > scale) {{\n"
        "      sum += values[at] * scale - {0}.0;\n"
        "    }} else {{\n"
        "      values[at] = sum + @as(f32, i);\n"
        "    }}\n"
        "  }}\n"
        "  return sum;\n"
        "}}\n",
        i);
    calls += fmt::format("  values[0] += step_{}(n, 2.0);\n", i);
  }
  text += "fn run(n: i16) void {\n" + calls + "}\n";
  return text + "comptime {\n  @export_symbol(run);\n}\n";
}

void MeasureAnalysis() {
  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / "front_end_bench_layout.csl";
  std::string text = LargeProgram(1000);
  const size_t end_of_layout = text.find("}\n");
  text.insert(end_of_layout, "  @export_name(\"run\", fn (i16) void);\n");
  CHECK(WriteFileAtomic(root, text).ok());
  const double seconds = Seconds([&] {
    source::Sources sources;
    diagnostics::Engine diagnostics(&sources);
    source::ImportResolver resolver(&sources, {});
    lower::FileCache files(&sources, &diagnostics);
    types::TypeStore types;
    sema::Context context;
    context.sources = &sources;
    context.resolver = &resolver;
    context.types = &types;
    context.diagnostics = &diagnostics;
    context.lowered = [&files](source::FileId id) { return files.Get(id); };
    const auto layout = sema::EvaluateLayout(context, resolver.LoadRoot(root).value());
    CHECK(layout.has_value()) << diagnostics.Render();
    CHECK(!sema::AnalyzeTiles(context, *layout).programs.empty());
    CHECK(!diagnostics.has_errors()) << diagnostics.Render();
  });
  std::filesystem::remove(root);
  Print("all of it to IR, one large program", NumLines(text), seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> texts = ReadTexts(argc, argv);
  if (!texts.empty()) MeasureFiles(texts);
  MeasureAnalysis();
  return 0;
}
