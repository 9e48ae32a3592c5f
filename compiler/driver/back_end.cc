// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/back_end.h"

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "compiler/codegen/codegen.h"
#include "compiler/ir/text.h"
#include "compiler/passes/pipeline.h"

namespace csl::driver {
namespace {

using diagnostics::Kind;

struct OneResult {
  Status status;
  ir::Location where;  // of a status that has a place in the source
  std::optional<link::LinkedProgram> linked;
  std::string dump;
  std::vector<uint8_t> bytes;  // of the ELF file: equal images are stored once
};

OneResult RunOne(sema::TileProgram& program, const BackEndOptions& options) {
  OneResult out;
  if (options.dump == Stage::kIr) {
    out.dump = ir::Print(program.module) + sema::ToString(program.config, program.module) + "\n";
    return out;
  }
  out.status = passes::RunPasses(program.module, passes::Verification::kAtEnd);
  if (!out.status.ok()) return out;
  if (options.dump == Stage::kPasses) {
    out.dump = ir::Print(program.module) + "\n";
    return out;
  }
  auto code = codegen::Generate(program.module, &out.where);
  if (!code.ok()) {
    out.status = code.status();
    return out;
  }
  auto linked = link::LinkProgram(program, *code, options.program);
  if (!linked.ok()) {
    out.status = linked.status();
    return out;
  }
  if (options.dump == Stage::kAsm) out.dump = linked->image.ToString() + "\n";
  out.bytes = image::WriteElf(linked->image);
  out.linked = *std::move(linked);
  return out;
}

source::Span SpanOf(const ir::Module& module, const ir::Location& where,
                    const source::Sources& sources) {
  if (where.line == 0 || where.file >= module.files.size()) return {};
  for (uint32_t i = 0; i < sources.num_files(); ++i) {
    const source::File& file = sources.file(source::FileId(i));
    if (file.stable_name != module.files[where.file]) continue;
    if (where.line > file.line_starts.size()) return {};
    return file.At(file.line_starts[where.line - 1] + where.column - 1);
  }
  return {};
}

bool IsProgramsFault(StatusCode code) {
  return code == StatusCode::kUnimplemented || code == StatusCode::kResourceExhausted ||
         code == StatusCode::kNotFound;
}

}  // namespace

BackEndResult RunBackEnd(std::vector<sema::TileProgram>& programs, const BackEndOptions& options,
                         const source::Sources& sources, diagnostics::Engine& diagnostics) {
  std::vector<OneResult> results(programs.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < programs.size(); i = next++) {
      results[i] = RunOne(programs[i], options);
    }
  };
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const size_t wanted =
      options.max_parallelism > 0 ? static_cast<size_t>(options.max_parallelism) : cores;
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(wanted, programs.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();

  BackEndResult out;
  std::map<std::vector<uint8_t>, uint32_t> image_of_bytes;
  for (size_t i = 0; i < results.size(); ++i) {
    OneResult& one = results[i];
    out.dump += one.dump;
    if (!one.status.ok()) {
      if (IsProgramsFault(one.status.code())) {
        diagnostics.Report(Kind::kLink, SpanOf(programs[i].module, one.where, sources),
                           {one.status.message()});
      } else {
        out.failures.push_back(one.status);
      }
      continue;
    }
    if (!one.linked) continue;
    for (const std::string& warning : one.linked->warnings) {
      diagnostics.Report(Kind::kMemoryWarning, {}, {warning});
    }
    auto [it, is_new] =
        image_of_bytes.try_emplace(std::move(one.bytes), static_cast<uint32_t>(out.images.size()));
    if (is_new) out.images.push_back(std::move(one.linked->image));
    out.image_of.push_back(it->second);
  }
  return out;
}

}  // namespace csl::driver
