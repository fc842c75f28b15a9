#include "agent/inventory/volume.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/filesystem.h"
#include "agent/probes/posture/disk_encryption.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kByUuid = "/dev/disk/by-uuid";

std::string BaseName(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

class VolumeInventory final : public InventorySource {
 public:
  explicit VolumeInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "volume"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::string text;
    if (platform_.ReadFile("/proc/mdstat", text).ok()) ParseArrays(text, facts);
    absl::Status status = platform_.ReadFile("/proc/1/mountinfo", text);
    if (!status.ok()) status = platform_.ReadFile("/proc/self/mountinfo", text);
    if (!status.ok()) return status;
    absl::StatusOr<std::vector<Mount>> all = ParseMountinfo(text);
    if (!all.ok()) return all.status();
    std::vector<Mount> mounts;
    std::vector<std::string> mount_points;
    std::set<std::string> seen;
    for (const Mount& mount : *all) {
      const bool is_pseudo = IsIgnoredFileSystem(mount.fs_type) || mount.fs_type == "tmpfs";
      if (is_pseudo || IsIgnoredMountPoint(mount.mount_point) || !seen.insert(mount.mount_point).second) continue;
      mounts.push_back(mount);
      mount_points.push_back(mount.mount_point);
    }
    const std::map<std::string, std::string> uuids = Uuids();
    const auto sizes = platform_.StatFileSystems(mount_points, kFileSystemDeadline);
    for (std::size_t index = 0; index < mounts.size(); ++index) AddMount(mounts[index], sizes[index], uuids, facts);
    return absl::OkStatus();
  }

 private:
  void AddMount(const Mount& mount, const absl::StatusOr<FileSystemStats>& size,
                const std::map<std::string, std::string>& uuids, std::vector<Fact>& facts) {
    const std::string& at = mount.mount_point;
    AddFact(facts, KeyBelow(at, "device"), mount.device);
    AddFact(facts, KeyBelow(at, "file_system"), mount.fs_type);
    AddFact(facts, KeyBelow(at, "read_only"), mount.is_read_only ? "yes" : "no");
    if (size.ok())
      AddFact(facts, KeyBelow(at, "size_bytes"), StrCat(SaturatingProduct(size->blocks, size->block_size)));
    if (!mount.device.starts_with("/dev/")) return;
    const std::string device = BaseName(platform_.RealPath(mount.device).value_or(mount.device));
    const auto uuid = uuids.find(device);
    if (uuid != uuids.end()) AddFact(facts, KeyBelow(at, "uuid"), uuid->second);
    AddFact(facts, KeyBelow(at, "encrypted"), IsEncryptedDevice(platform_, device) ? "yes" : "no");
  }

  // By the kernel's name of the device.
  std::map<std::string, std::string> Uuids() {
    std::map<std::string, std::string> uuids;
    std::vector<std::string> names;
    if (!platform_.ListDirectory(kByUuid, names).ok()) return uuids;
    for (const std::string& name : names) {
      const absl::StatusOr<std::string> device = platform_.RealPath(StrCat(kByUuid, "/", name));
      if (device.ok()) uuids.emplace(BaseName(*device), name);
    }
    return uuids;
  }

  Platform& platform_;
};

}  // namespace

void ParseArrays(std::string_view text, std::vector<Fact>& facts) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view device;
    std::string_view word;
    if (!NextField(rest, device) || !NextField(rest, word) || word != ":" || device == "Personalities") continue;
    std::string level;
    std::set<std::string> members;
    while (NextField(rest, word)) {
      const std::size_t bracket = word.find('[');
      if (bracket != std::string_view::npos) {
        members.emplace(word.substr(0, bracket));
      } else if (word.starts_with("raid") || word == "linear") {
        level = std::string(word);
      }
    }
    std::string list;
    for (const std::string& member : members) StrAppend(&list, list.empty() ? "" : ", ", member);
    AddFact(facts, KeyBelow(device, "level"), level);
    AddFact(facts, KeyBelow(device, "members"), list);
  }
}

std::unique_ptr<InventorySource> MakeVolumeInventory(Platform& platform) {
  return std::make_unique<VolumeInventory>(platform);
}

}  // namespace steward::agent
