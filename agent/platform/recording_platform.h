// A platform that remembers what it was asked, to be written as a recorded machine.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/platform/platform.h"
#include "agent/platform/recorded_answers.h"

namespace steward::agent {

// Passes each question on once and repeats the first answer, so that a report made through it is the report that the
// recording gives again. Thread-safe. `source` outlives it.
class RecordingPlatform final : public Platform {
 public:
  explicit RecordingPlatform(Platform& source) : source_(source) {}

  absl::Status ReadFile(std::string_view path, std::string& content) override;
  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) override;
  absl::StatusOr<std::string> RealPath(std::string_view path) override;
  bool Exists(std::string_view path) override;
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) override;
  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points,
                                                               absl::Duration deadline) override;
  absl::StatusOr<SystemName> Name() override;
  absl::StatusOr<ClockDiscipline> Discipline() override;
  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override;
  absl::StatusOr<std::int64_t> PageSizeBytes() override;
  absl::StatusOr<absl::Time> WallTime() override;
  absl::StatusOr<TimeZone> LocalTimeZone() override;
  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override;
  absl::StatusOr<std::string> RunTool(Tool tool, absl::Duration deadline) override;
  absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration deadline) override;

  // Writes what was asked so far below `directory`, which must be empty or absent (AlreadyExists otherwise).
  absl::Status WriteTo(const std::string& directory) const;

 private:
  struct File {
    absl::Status status;
    std::string content;
  };
  struct Directory {
    absl::Status status;
    std::vector<std::string> names;
  };

  Platform& source_;
  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, File, std::less<>> files_;
  std::map<std::string, Directory, std::less<>> directories_;
  std::map<std::string, absl::StatusOr<std::string>, std::less<>> real_paths_;
  std::map<std::string, bool, std::less<>> existing_;
  RecordedAnswers answers_;
};

}  // namespace steward::agent
