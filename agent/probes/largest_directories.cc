#include "agent/probes/largest_directories.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "agent/platform/linux/tools/largest_directories.h"
#include "agent/platform/platform.h"
#include "agent/probes/filesystem.h"
#include "agent/probes/text.h"
#include "base/human_text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kDeadline = absl::Minutes(2);

class LargestDirectoriesProbe final : public Probe {
 public:
  LargestDirectoriesProbe(Platform& platform, const ProbeSettings& settings)
      : platform_(platform), notes_(settings.notes), is_wanted_(settings.names_directories) {}
  std::string_view name() const override { return "largest_directories"; }
  absl::Duration slow_interval() const override { return kSpaceInterval; }

  absl::Status Collect(SampleSink& /*sink*/) override {
    if (!is_wanted_) return absl::NotFoundError("agent.toml wants no directories named: [space] largest_directories = false");
    const std::map<std::string, double> left = NearlyFull();
    if (left.empty()) {
      counted_.clear();
      Tell({});
      return absl::OkStatus();
    }
    const absl::Time now = platform_.WallTime().value_or(absl::UnixEpoch());
    if (!IsDue(left, now)) return absl::OkStatus();
    const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kLargestDirectories, kDeadline);
    if (!text.ok()) return text.status();
    Tell(ParseLargestDirectories(*text));
    counted_ = left;
    counted_time_ = now;
    return absl::OkStatus();
  }

 private:
  // By mount point, which share of it is left.
  std::map<std::string, double> NearlyFull() {
    std::map<std::string, double> left;
    std::string text;
    if (!platform_.ReadFile("/proc/1/mountinfo", text).ok() && !platform_.ReadFile("/proc/self/mountinfo", text).ok()) return left;
    const absl::StatusOr<std::vector<Mount>> mounts = ParseMountinfo(text);
    std::vector<std::string> places;
    if (mounts.ok()) {
      for (const Mount& mount : *mounts) {
        if (IsLocalFileSystem(mount.fs_type) && !IsIgnoredMountPoint(mount.mount_point)) places.push_back(mount.mount_point);
      }
    }
    const auto answers = platform_.StatFileSystems(places, kFileSystemDeadline);
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!answers[i].ok() || !IsNearlyFull(*answers[i])) continue;
      left[places[i]] = static_cast<double>(answers[i]->blocks_available) / static_cast<double>(answers[i]->blocks);
    }
    return left;
  }

  bool IsDue(const std::map<std::string, double>& left, absl::Time now) const {
    const absl::Duration age = now - counted_time_;
    if (age < absl::ZeroDuration() || age >= kSpaceCountedAgain) return true;  // also of a clock that was set back
    for (const auto& [place, share] : left) {
      const auto counted = counted_.find(place);
      if (counted == counted_.end() || (age >= kSpaceCountedSoonest && share <= counted->second - kSpaceGrowth)) return true;
    }
    return false;
  }

  void Tell(std::vector<Note> notes) const {
    if (notes_) notes_->Set(kSpaceGroup, std::move(notes));
  }

  Platform& platform_;
  const std::shared_ptr<NoteBoard> notes_;
  const bool is_wanted_;
  std::map<std::string, double> counted_;  // what was left then
  absl::Time counted_time_ = absl::InfinitePast();
};

}  // namespace

std::vector<Note> ParseLargestDirectories(std::string_view text) {
  std::map<std::string, std::string, std::less<>> words;
  std::map<std::string, bool, std::less<>> is_part;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view place, bytes;
    if (!NextPart(line, '\t', place) || !NextPart(line, '\t', bytes) || place.empty()) continue;
    if (line.empty() && bytes == "part") is_part.emplace(place, true);
    const auto number = ParseUnsigned(bytes);
    if (!number || line.empty()) continue;
    std::string& told = words[std::string(place)];
    StrAppend(&told, told.empty() ? "" : ", ", BytesText(static_cast<double>(*number)), line == place ? " in the rest of " : " ", line);
  }
  std::vector<Note> notes;
  for (const auto& [place, told] : words) {
    notes.push_back({place, "", is_part.contains(place) ? StrCat(told, " (not all could be counted)") : told});
  }
  return notes;
}

std::unique_ptr<Probe> MakeLargestDirectoriesProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<LargestDirectoriesProbe>(platform, settings);
}

}  // namespace steward::agent
