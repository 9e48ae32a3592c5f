// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/fix.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <system_error>

#include "base/file.h"
#include "compiler/migrate/migrate.h"

namespace csl::driver {

namespace {

using diagnostics::Form;

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

struct Change {
  const source::File* file;
  migrate::Migration migration;
  std::filesystem::path path;  // where it is written
};

// All files or none: a program of which half is rewritten does not compile.
void Write(std::vector<Change> changes, FixOutcome* outcome) {
  const auto fail = [&](const Status& status) {
    outcome->err += fmt::format("cslc: {}\n", status.ToString());
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
    outcome->err += fmt::format("cslc: {}: {} changes\n", change.file->display_name, edits.size());
  }
}

}  // namespace

FixOutcome FixSources(const source::Sources& sources, const diagnostics::FormFacts& facts,
                      Fix fix) {
  FixOutcome outcome;
  std::vector<Change> changes;
  for (uint32_t n = 0; n < sources.num_files(); ++n) {
    const source::File& file = sources.file(source::FileId(n));
    if (!IsSource(file)) continue;
    const migrate::Migration migration = migrate::Migrate(file, facts);
    for (const migrate::Unfixed& use : migration.unfixed) {
      outcome.err += fmt::format("{}: warning: '{}' stays: {}\n", sources.Describe(use.span.begin),
                                 RowOf(use.form).spelling, use.why);
      outcome.exit_code = 1;
    }
    if (migration.edits.empty()) continue;
    if (fix == Fix::kDiff) {
      outcome.out += migrate::Diff(file.display_name, file.text, migration.edits);
      continue;
    }
    changes.push_back({&file, migration, {}});
  }
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
