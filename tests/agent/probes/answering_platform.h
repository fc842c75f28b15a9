// A machine in memory, whose answers a test may change while probes hold it. What is not given is NotFound.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {

class AnsweringPlatform final : public Platform {
 public:
  std::map<std::string, std::string, std::less<>> files;  // by path; folders follow from them
  std::set<std::string, std::less<>> refused;  // folders that may not be listed
  std::map<std::string, std::string, std::less<>> real_paths;
  std::map<std::string, FileAttributes, std::less<>> attributes;
  std::map<Tool, absl::StatusOr<std::string>> tools;
  std::map<Tool, int> asked;
  std::map<std::string, FileSystemStats, std::less<>> file_systems;  // by mount point
  SystemName name = {"Linux", "machine", "6.1.0-28-amd64", "#1 SMP", "x86_64", "(none)"};
  absl::Time now = absl::FromUnixSeconds(1'795'376'870);  // 2026-11-22 19:47:50
  TimeZone zone = {"UTC", 0};

  absl::Status ReadFile(std::string_view path, std::string& content) override {
    const auto found = files.find(path);
    if (found == files.end()) return NotGiven(path);
    content = found->second;
    return absl::OkStatus();
  }
  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) override {
    if (refused.contains(path)) return absl::PermissionDeniedError(ToAbsl(path));
    std::set<std::string> found;
    for (const auto& [file, content] : files) {
      if (!file.starts_with(StrCat(path, "/"))) continue;
      const std::string_view rest = std::string_view(file).substr(path.size() + 1);
      found.emplace(rest.substr(0, rest.find('/')));
    }
    names.assign(found.begin(), found.end());
    return found.empty() ? NotGiven(path) : absl::OkStatus();
  }
  absl::StatusOr<std::string> RealPath(std::string_view path) override {
    const auto found = real_paths.find(path);
    if (found == real_paths.end()) return NotGiven(path);
    return found->second;
  }
  bool Exists(std::string_view path) override {
    std::vector<std::string> names;
    return files.contains(path) || ListDirectory(path, names).ok();
  }
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) override {
    const auto found = attributes.find(path);
    if (found == attributes.end()) return NotGiven(path);
    return found->second;
  }
  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points, absl::Duration) override {
    std::vector<absl::StatusOr<FileSystemStats>> answers(mount_points.size(), NotGiven("statfs"));
    for (std::size_t i = 0; i < mount_points.size(); ++i) {
      if (const auto found = file_systems.find(mount_points[i]); found != file_systems.end()) answers[i] = found->second;
    }
    return answers;
  }
  absl::StatusOr<SystemName> Name() override { return name; }
  absl::StatusOr<ClockDiscipline> Discipline() override { return NotGiven("adjtimex"); }
  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override { return 100; }
  absl::StatusOr<std::int64_t> PageSizeBytes() override { return 4096; }
  absl::StatusOr<absl::Time> WallTime() override { return now; }
  absl::StatusOr<TimeZone> LocalTimeZone() override { return zone; }
  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override { return NotGiven("addresses"); }
  absl::StatusOr<std::string> RunTool(Tool tool, absl::Duration) override {
    ++asked[tool];
    const auto found = tools.find(tool);
    if (found == tools.end()) return NotGiven(ToolName(tool));
    return found->second;
  }
  absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration) override { return NotGiven(path); }

 private:
  static absl::Status NotGiven(std::string_view what) { return absl::NotFoundError(StrCat(what, ": not given")); }
};

}  // namespace steward::agent
