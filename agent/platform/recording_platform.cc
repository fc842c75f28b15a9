#include "agent/platform/recording_platform.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

// Keeps the first good answer of a system call; an error stays unrecorded.
template <typename Value, typename Call>
absl::StatusOr<Value> Once(std::optional<Value>& kept, Call call) {
  if (kept.has_value()) return *kept;
  absl::StatusOr<Value> answer = call();
  if (answer.ok()) kept = *answer;
  return answer;
}

fs::path Below(const fs::path& root, std::string_view path) { return root / fs::path(path).relative_path(); }

void WriteFile(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw fs::filesystem_error("cannot write", path, std::make_error_code(std::errc::io_error));
}

// A relative link, so that the recording can be moved.
void WriteLink(const fs::path& root, std::string_view path, std::string_view target) {
  const fs::path link = Below(root, path);
  fs::create_directories(link.parent_path());
  const fs::path from = fs::weakly_canonical(link.parent_path());
  const fs::path to = Below(fs::weakly_canonical(root), target);
  if (!fs::exists(fs::symlink_status(link))) fs::create_symlink(to.lexically_relative(from), link);
}

}  // namespace

absl::Status RecordingPlatform::ReadFile(std::string_view path, std::string& content) {
  const std::scoped_lock lock(mutex_);
  auto found = files_.find(path);
  if (found == files_.end()) {
    File file;
    file.status = source_.ReadFile(path, file.content);
    found = files_.emplace(path, std::move(file)).first;
  }
  content = found->second.content;
  return found->second.status;
}

absl::Status RecordingPlatform::ListDirectory(std::string_view path, std::vector<std::string>& names) {
  const std::scoped_lock lock(mutex_);
  auto found = directories_.find(path);
  if (found == directories_.end()) {
    Directory directory;
    directory.status = source_.ListDirectory(path, directory.names);
    found = directories_.emplace(path, std::move(directory)).first;
  }
  names = found->second.names;
  return found->second.status;
}

absl::StatusOr<std::string> RecordingPlatform::RealPath(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  auto found = real_paths_.find(path);
  if (found == real_paths_.end()) found = real_paths_.emplace(path, source_.RealPath(path)).first;
  return found->second;
}

bool RecordingPlatform::Exists(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  auto found = existing_.find(path);
  if (found == existing_.end()) found = existing_.emplace(path, source_.Exists(path)).first;
  return found->second;
}

absl::StatusOr<FileAttributes> RecordingPlatform::Attributes(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  return answers_.attributes.try_emplace(std::string(path), source_.Attributes(path)).first->second;
}

std::vector<absl::StatusOr<FileSystemStats>> RecordingPlatform::StatFileSystems(
    absl::Span<const std::string> mount_points, absl::Duration deadline) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> unknown;
  for (const std::string& mount_point : mount_points) {
    if (!answers_.file_systems.contains(mount_point)) unknown.push_back(mount_point);
  }
  const auto answers = source_.StatFileSystems(unknown, deadline);
  for (std::size_t index = 0; index < unknown.size(); ++index) {
    answers_.file_systems.emplace(unknown[index], answers[index]);
  }
  std::vector<absl::StatusOr<FileSystemStats>> result;
  for (const std::string& mount_point : mount_points) result.push_back(answers_.file_systems.at(mount_point));
  return result;
}

absl::StatusOr<SystemName> RecordingPlatform::Name() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.name, [&] { return source_.Name(); });
}

absl::StatusOr<ClockDiscipline> RecordingPlatform::Discipline() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.discipline, [&] { return source_.Discipline(); });
}

absl::StatusOr<std::int64_t> RecordingPlatform::ClockTicksPerSecond() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.clock_ticks_per_second, [&] { return source_.ClockTicksPerSecond(); });
}

absl::StatusOr<std::int64_t> RecordingPlatform::PageSizeBytes() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.page_size_bytes, [&] { return source_.PageSizeBytes(); });
}

absl::StatusOr<absl::Time> RecordingPlatform::WallTime() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.wall_time, [&] { return source_.WallTime(); });
}

absl::StatusOr<TimeZone> RecordingPlatform::LocalTimeZone() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.time_zone, [&] { return source_.LocalTimeZone(); });
}

absl::StatusOr<std::vector<NetworkAddress>> RecordingPlatform::NetworkAddresses() {
  const std::scoped_lock lock(mutex_);
  return Once(answers_.addresses, [&] { return source_.NetworkAddresses(); });
}

absl::StatusOr<std::string> RecordingPlatform::RunTool(Tool tool, absl::Duration deadline) {
  const std::scoped_lock lock(mutex_);
  const std::string name(ToolName(tool));
  auto found = answers_.tools.find(name);
  if (found == answers_.tools.end()) found = answers_.tools.emplace(name, source_.RunTool(tool, deadline)).first;
  return found->second;
}

absl::StatusOr<CheckResult> RecordingPlatform::RunCheck(std::string_view path, absl::Duration deadline) {
  const std::scoped_lock lock(mutex_);
  const std::string name(path);
  auto found = answers_.checks.find(name);
  if (found == answers_.checks.end()) found = answers_.checks.emplace(name, source_.RunCheck(path, deadline)).first;
  return found->second;
}

absl::Status RecordingPlatform::WriteTo(const std::string& directory) const try {
  const std::scoped_lock lock(mutex_);
  const fs::path root(directory);
  if (fs::exists(root) && !fs::is_empty(root)) {
    return absl::AlreadyExistsError(StrCat(directory, " is not empty: give a new folder for the recording"));
  }
  fs::create_directories(root);
  RecordedAnswers answers = answers_;
  // Links first: what was read through them then lands where they point. Folders that links lead to must exist.
  for (const auto& [path, target] : real_paths_) {
    if (!target.ok() || *target == path) continue;
    const bool is_folder = !files_.contains(path) && !files_.contains(*target);
    if (is_folder) fs::create_directories(Below(root, *target));
    WriteLink(root, path, *target);
  }
  for (const auto& [path, file] : files_) {
    if (file.status.ok()) {
      WriteFile(Below(root, path), file.content);
    } else if (!absl::IsNotFound(file.status)) {
      answers.file_errors.emplace(path, file.status);
    }
  }
  for (const auto& [path, listing] : directories_) {
    if (!listing.status.ok() && !absl::IsNotFound(listing.status)) answers.file_errors.emplace(path, listing.status);
    if (listing.status.ok()) fs::create_directories(Below(root, path));
  }
  const auto touch = [&](const std::string& path) {
    const fs::path place = Below(root, path);
    if (!fs::exists(fs::symlink_status(place))) WriteFile(place, "");
  };
  for (const auto& [path, exists] : existing_) {
    if (exists) touch(path);
  }
  for (const auto& [path, target] : real_paths_) {
    if (target.ok()) touch(*target);
  }
  // Last, for names in a listing that nothing was read below.
  for (const auto& [path, listing] : directories_) {
    for (const std::string& name : listing.names) touch(StrCat(path, "/", name));
  }
  WriteFile(Below(root, kAnswersPath), AnswersToJson(answers));
  return absl::OkStatus();
} catch (const fs::filesystem_error& error) {
  return absl::UnavailableError(StrCat("cannot write the recording: ", error.what()));
}

}  // namespace steward::agent
