// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/back_end.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <thread>

#include "compiler/codegen/codegen.h"
#include "compiler/ir/text.h"
#include "compiler/passes/pipeline.h"
#include "fabric/image/reports.h"

namespace csl::driver {
namespace {

struct OneResult {
  Status status;                 // of the tool
  diagnostics::Problem problem;  // of the program
  ir::Location where;            // of a problem that has a place in the source
  std::vector<std::string> files;
  std::optional<link::LinkedProgram> linked;
  uint64_t shape = 0;  // image::HashOfShape
  std::string dump;
};

std::string DumpOfImage(const image::ProgramImage& image, Stage stage) {
  switch (stage) {
    case Stage::kAsm:
      return image.ToString() + "\n";
    case Stage::kConfig:
      return fmt::format("program {}\n{}\n", image.name, image.configuration.ToString());
    case Stage::kMemory:
      return image::MemoryReport(image) + "\n";
    default:
      return "";
  }
}

OneResult RunOne(sema::TileProgram& program, const BackEndOptions& options) {
  OneResult out;
  program.module.fp16_format = options.program.fp16_format;
  if (options.dump == Stage::kIr) {
    out.dump = ir::Print(program.module) + sema::ToString(program.config, program.module) + "\n";
    return out;
  }
  const auto list = options.optimise ? passes::AllPasses() : passes::RequiredPasses();
  out.status = passes::RunPasses(program.module, list, passes::Verification::kAtEnd);
  if (!out.status.ok()) return out;
  if (options.dump == Stage::kPasses) {
    out.dump = ir::Print(program.module) + "\n";
    return out;
  }
  auto code = codegen::Generate(program.module, &out.where);
  if (!code.ok()) {
    if (code.status().code() == StatusCode::kUnimplemented) {
      out.problem = diagnostics::NotSupported(code.status().message());
    } else {
      out.status = code.status();
    }
    out.files = program.module.files;
    return out;
  }
  link::ProgramFault fault;
  auto linked = link::LinkProgram(program, *code, options.program, &fault);
  if (!linked.ok()) {
    if (fault.problem.ok()) out.status = linked.status();
    out.problem = fault.problem;
    out.where = fault.where;
    out.files = program.module.files;
    return out;
  }
  out.dump = DumpOfImage(linked->image, options.dump);
  out.shape = image::HashOfShape(linked->image);
  out.linked = *std::move(linked);
  return out;
}

source::Span SpanOf(const OneResult& result, const source::Sources& sources) {
  const ir::Location& where = result.where;
  if (where.line == 0 || where.file >= result.files.size()) return {};
  for (uint32_t i = 0; i < sources.num_files(); ++i) {
    const source::File& file = sources.file(source::FileId(i));
    if (file.stable_name != result.files[where.file]) continue;
    if (where.line > file.line_starts.size()) return {};
    return file.At(file.line_starts[where.line - 1] + where.column - 1);
  }
  return {};
}

int NumThreads(int max_parallelism) {
  if (max_parallelism > 0) return max_parallelism;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace

// Some programs, and the threads that work on them: one fewer than may run, since the caller's own
// has other work until it waits.
class BackEnd::Batch {
 public:
  Batch(std::vector<sema::TileProgram> programs, const BackEndOptions& options)
      : programs_(std::move(programs)), options_(options), results_(programs_.size()) {
    const size_t wanted = static_cast<size_t>(NumThreads(options.max_parallelism));
    for (size_t i = 1; i < std::min(wanted, programs_.size() + 1); ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }
  ~Batch() { (void)Wait(); }

  // Helps, and returns when all are done.
  std::vector<OneResult>& Wait() {
    Work();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return results_;
  }

 private:
  void Work() {
    for (size_t i = next_++; i < programs_.size(); i = next_++) {
      results_[i] = RunOne(programs_[i], options_);
    }
  }

  std::vector<sema::TileProgram> programs_;
  const BackEndOptions& options_;
  std::vector<OneResult> results_;
  std::atomic<size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

BackEnd::BackEnd(BackEndOptions options, const source::Sources& sources,
                 diagnostics::Engine& diagnostics)
    : options_(std::move(options)), sources_(sources), diagnostics_(diagnostics) {}

BackEnd::~BackEnd() { Collect(); }

void BackEnd::Add(std::vector<sema::TileProgram> programs) {
  Collect();
  running_ = std::make_unique<Batch>(std::move(programs), options_);
}

void BackEnd::Collect() {
  if (running_ == nullptr) return;
  for (OneResult& one : running_->Wait()) {
    out_.dump += one.dump;
    if (!one.status.ok()) out_.failures.push_back(one.status);
    if (!one.problem.ok()) diagnostics_.Report(one.problem, SpanOf(one, sources_));
    if (!one.linked) continue;
    for (const diagnostics::Problem& warning : one.linked->warnings) {
      diagnostics_.Report(warning, {});
    }
    refs_.push_back(images_.Add(std::move(one.linked->image), one.shape));
  }
  running_ = nullptr;
}

BackEndResult BackEnd::Finish() {
  Collect();
  for (const image::ImageSet::Ref ref : refs_) out_.image_of.push_back(images_.ProgramOf(ref));
  out_.images = images_.TakeImages();
  out_.variants = images_.TakeVariants();
  return std::move(out_);
}

}  // namespace csl::driver
