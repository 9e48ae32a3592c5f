// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/library_forms.h"

#include "compiler/sema/analyzer.h"

namespace csl::sema {

using diagnostics::Form;

namespace {

struct Row {
  std::string_view module;  // as Sources shows it, or how an import path begins
  std::string_view name;    // "" for an import
  Form form;
};

constexpr Row kImports[] = {{"<memcpy_multi/", "", Form::kMemcpyMulti},
                            {"<math/type_helpers", "", Form::kTypeHelpers},
                            {"<tile_config/target", "", Form::kTileConfigTarget}};
constexpr Row kParams[] = {{"<memcpy/get_params.csl>", "LAUNCH", Form::kLaunchParam},
                           {"<memcpy_multi/get_params.csl>", "LAUNCH", Form::kLaunchParam},
                           {"<memcpy/get_params.csl>", "data_type", Form::kDataTypeParam},
                           {"<memcpy_multi/get_params.csl>", "data_type", Form::kDataTypeParam},
                           {"<kernels/tally/pe.csl>", "is_last", Form::kTallyFields}};
constexpr Row kMembers[] = {{"<memcpy/memcpy.csl>", "LAUNCH", Form::kLaunch},
                            {"<memcpy_multi/memcpy.csl>", "LAUNCH", Form::kLaunch},
                            {"<tile_config.csl>", "target", Form::kTileConfigTarget},
                            {"<tile_config.csl>", "reg_ptr", Form::kTileConfigRegPtr},
                            {"<tile_config/teardown.csl>", "get_color", Form::kTeardownColor}};

template <size_t N>
void Report(const Frame& f, const Row (&rows)[N], const Instance& module, std::string_view name,
            source::Span span) {
  for (const Row& row : rows) {
    if (row.name != name) continue;
    if (f.sema.context.sources->file(module.file->file).display_name != row.module) continue;
    if (IsInLibrary(f, span)) continue;
    f.sema.ReportForm(row.form, span);
    if (row.form != Form::kLaunch) f.sema.NoteForm(row.form, span, "used");
  }
}

}  // namespace

bool IsInLibrary(const Frame& f, source::Span span) {
  if (!span.begin.valid()) return true;
  return f.sema.context.sources->Locate(span.begin).file->display_name.starts_with('<');
}

void ReportOldImport(const Frame& f, std::string_view path, source::Span span) {
  for (const Row& row : kImports) {
    if (path.starts_with(row.module) && !IsInLibrary(f, span)) f.sema.ReportForm(row.form, span);
  }
}

void ReportOldParam(const Frame& f, const Instance& module, std::string_view name,
                    source::Span span) {
  Report(f, kParams, module, name, span);
}

void ReportLeftOut(const Frame& f, const Instance& module, source::Span span) {
  const source::File& file = f.sema.context.sources->file(module.file->file);
  if (file.display_name != "<kernels/tally/pe.csl>" || IsInLibrary(f, span)) return;
  if (!module.bindings.contains("input_queues")) f.sema.ReportForm(Form::kTallyQueues, span);
}

void ReportOldMember(const Frame& f, const Instance& module, std::string_view name,
                     source::Span span) {
  Report(f, kMembers, module, name, span);
}

}  // namespace csl::sema
