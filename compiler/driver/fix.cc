// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/fix.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "base/file.h"
#include "compiler/migrate/migrate.h"

namespace csl::driver {

namespace {

using diagnostics::Diagnostic;
using diagnostics::Form;
using diagnostics::Kind;

bool IsSource(const source::File& file) {
  return !file.display_name.starts_with('<') && file.path.extension() == ".csl";
}

// The file that links lead to, if we may write it.
StatusOr<std::filesystem::path> Writable(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(path, error);
  const auto mode =
      error ? std::filesystem::perms::unknown : std::filesystem::status(file, error).permissions();
  if (error) return Unavailable("cannot find " + path.string() + ": " + error.message());
  using std::filesystem::perms;
  const bool is_writable =
      (mode & (perms::owner_write | perms::group_write | perms::others_write)) != perms::none;
  if (!is_writable || ::access(file.c_str(), W_OK) != 0) {
    return FailedPrecondition("cannot write " + path.string() + ": it is read-only");
  }
  return file;
}

// The file keeps its mode.
Status Overwrite(const std::filesystem::path& file, const std::string& text) {
  std::error_code error;
  const auto mode = std::filesystem::status(file, error).permissions();
  RETURN_IF_ERROR(WriteFileAtomic(file, text));
  std::filesystem::permissions(file, mode, error);
  return OkStatus();
}

Diagnostic Stays(Form form, source::Span span, std::string_view why) {
  Diagnostic out = {.kind = Kind::kFormStays,
                    .severity = diagnostics::Severity::Warning,
                    .span = span,
                    .message = Format(Kind::kFormStays, {RowOf(form).spelling, why})};
  out.form = form;
  return out;
}

// Whether the message is about a form of the file that 2.10 does not have, in a place that no edit
// touches: its parts are put together elsewhere, such as in a struct that has a name.
bool IsForgotten(const source::Sources& sources, const Diagnostic& message,
                 const source::File& file, const migrate::Migration& migration) {
  if (message.form == Form::kNone || !message.span.begin.valid()) return false;
  const auto age = RowOf(message.form).age;
  using diagnostics::Age;
  if (age != Age::Old && age != Age::Early && age != Age::Changed) return false;
  const source::Sources::Place place = sources.Locate(message.span.begin);
  if (place.file->id != file.id) return false;
  const uint32_t end = place.offset + message.span.length;
  if (migration.settled.contains(place.offset)) return false;
  const auto& edits = migration.edits;
  return std::none_of(edits.begin(), edits.end(), [&](const migrate::FileEdit& edit) {
    return (edit.begin <= end && edit.end >= place.offset) || edit.form_at == place.offset;
  });
}

struct Change {
  const source::File* file;
  migrate::Migration migration;
  std::filesystem::path path;  // where it is written
};

// All files or none: a program of which half is rewritten does not compile.
void Write(std::vector<Change> changes, FixOutcome* outcome) {
  const auto fail = [&](const Status& status) {
    outcome->failures.push_back(status.ToString());
    outcome->exit_code = 3;
  };
  for (Change& change : changes) {
    const StatusOr<std::filesystem::path> path = Writable(change.file->path);
    if (path.ok()) {
      change.path = *path;
    } else {
      fail(path.status());
    }
  }
  if (outcome->exit_code == 3) return;
  for (const Change& change : changes) {
    const auto& edits = change.migration.edits;
    const Status status = Overwrite(change.path, migrate::Apply(change.file->text, edits));
    if (!status.ok()) {
      fail(status);
      continue;
    }
    outcome->changes.push_back({change.file->display_name, edits.size()});
  }
}

}  // namespace

FixOutcome FixSources(const source::Sources& sources, const diagnostics::FormFacts& facts,
                      const std::vector<Diagnostic>& messages, Fix fix) {
  FixOutcome outcome;
  std::map<uint32_t, std::set<Form>> left;  // by file
  std::vector<Change> changes;
  for (uint32_t n = 0; n < sources.num_files(); ++n) {
    const source::File& file = sources.file(source::FileId(n));
    if (!IsSource(file)) continue;
    const migrate::Migration migration = migrate::Migrate(file, facts);
    for (const migrate::Unfixed& use : migration.unfixed) {
      outcome.stays.push_back(Stays(use.form, use.span, use.why));
      left[n].insert(use.form);
    }
    for (const Diagnostic& message : messages) {
      if (!IsForgotten(sources, message, file, migration)) continue;
      if (!left[n].insert(message.form).second) continue;
      outcome.stays.push_back(Stays(message.form, message.span, "rewrite it by hand"));
    }
    if (migration.edits.empty()) continue;
    if (fix == Fix::kDiff) {
      outcome.out += migrate::Diff(file.display_name, file.text, migration.edits);
      continue;
    }
    changes.push_back({&file, migration, {}});
  }
  if (!outcome.stays.empty()) outcome.exit_code = 1;
  Write(std::move(changes), &outcome);
  return outcome;
}

void AddFixes(const source::Sources& sources, const diagnostics::FormFacts& facts,
              std::vector<diagnostics::Diagnostic>* messages) {
  std::map<uint32_t, migrate::Migration> migrations;  // by file
  for (diagnostics::Diagnostic& message : *messages) {
    if (message.form == Form::kNone || !message.span.begin.valid()) continue;
    const source::Sources::Place place = sources.Locate(message.span.begin);
    if (!IsSource(*place.file)) continue;
    const auto [found, is_new] = migrations.try_emplace(place.file->id.index);
    if (is_new) found->second = migrate::Migrate(*place.file, facts);
    for (const migrate::FileEdit& edit : found->second.edits) {
      if (edit.form_at != place.offset) continue;
      message.edits.push_back({{place.file->At(edit.begin), edit.end - edit.begin}, edit.text});
    }
  }
}

}  // namespace csl::driver
