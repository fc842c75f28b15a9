// A machine below a folder: no question reaches the host.
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "agent/platform/platform.h"
#include "agent/platform/recorded_answers.h"
#include "agent/platform/rooted_files.h"
#include "base/text.h"

namespace steward::agent {
namespace {

absl::Status NotRecorded(std::string_view what) { return absl::NotFoundError(StrCat(what, ": not recorded")); }

template <typename Value>
absl::StatusOr<Value> Answer(const std::optional<Value>& value, std::string_view what) {
  if (!value.has_value()) return NotRecorded(what);
  return *value;
}

class RecordedPlatform final : public Platform {
 public:
  RecordedPlatform(RootedFiles files, RecordedAnswers answers)
      : files_(std::move(files)), answers_(std::move(answers)) {}

  absl::Status ReadFile(std::string_view path, std::string& content) override {
    const auto error = answers_.file_errors.find(std::string(path));
    if (error == answers_.file_errors.end()) return files_.ReadFile(path, content);
    content.clear();
    return error->second;
  }
  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) override {
    const auto error = answers_.file_errors.find(std::string(path));
    if (error == answers_.file_errors.end()) return files_.ListDirectory(path, names);
    names.clear();
    return error->second;
  }
  absl::StatusOr<std::string> RealPath(std::string_view path) override { return files_.RealPath(path); }
  bool Exists(std::string_view path) override { return files_.Exists(path); }
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) override {
    const auto found = answers_.attributes.find(std::string(path));
    if (found == answers_.attributes.end()) return NotRecorded(StrCat("attributes of ", path));
    return found->second;
  }

  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points,
                                                               absl::Duration /*deadline*/) override {
    std::vector<absl::StatusOr<FileSystemStats>> result;
    for (const std::string& mount_point : mount_points) {
      const auto found = answers_.file_systems.find(mount_point);
      if (found == answers_.file_systems.end()) {
        result.emplace_back(NotRecorded(StrCat("statfs ", mount_point)));
      } else {
        result.push_back(found->second);
      }
    }
    return result;
  }
  absl::StatusOr<SystemName> Name() override { return Answer(answers_.name, "uname"); }
  absl::StatusOr<ClockDiscipline> Discipline() override { return Answer(answers_.discipline, "adjtimex"); }
  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override {
    return Answer(answers_.clock_ticks_per_second, "clock ticks a second");
  }
  absl::StatusOr<std::int64_t> PageSizeBytes() override { return Answer(answers_.page_size_bytes, "page size"); }
  absl::StatusOr<absl::Time> WallTime() override { return Answer(answers_.wall_time, "wall time"); }
  absl::StatusOr<TimeZone> LocalTimeZone() override { return Answer(answers_.time_zone, "time zone"); }
  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override {
    return Answer(answers_.addresses, "network addresses");
  }
  absl::StatusOr<std::string> RunTool(Tool tool, absl::Duration /*deadline*/) override {
    const auto found = answers_.tools.find(std::string(ToolName(tool)));
    if (found == answers_.tools.end()) return NotRecorded(ToolName(tool));
    return found->second;
  }
  absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration /*deadline*/) override {
    const auto found = answers_.checks.find(std::string(path));
    if (found == answers_.checks.end()) return NotRecorded(path);
    return found->second;
  }

 private:
  const RootedFiles files_;
  const RecordedAnswers answers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Platform>> NewRecordedPlatform(std::string root) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  std::error_code error;
  if (!std::filesystem::is_directory(root, error)) {
    return absl::NotFoundError(
        StrCat(root, " is no folder: give one that `steward-agent probe --record DIR` has written"));
  }
  RootedFiles files(root);
  RecordedAnswers answers;
  std::string text;
  const absl::Status status = files.ReadFile(kAnswersPath, text);
  if (status.ok()) {
    absl::StatusOr<RecordedAnswers> parsed = AnswersFromJson(text);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(StrCat(root, kAnswersPath, " ", parsed.status().message()));
    }
    answers = *std::move(parsed);
  } else if (!absl::IsNotFound(status)) {
    return status;
  }
  return std::make_unique<RecordedPlatform>(std::move(files), std::move(answers));
}

}  // namespace steward::agent
