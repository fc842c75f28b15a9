#include "agent/probes/posture/disk_encryption.h"

#include <map>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr int kLayersMax = 8;  // mapper devices on each other

bool IsEncryptedBelow(Platform& platform, const std::string& directory, int layers) {
  std::string text;
  if (platform.ReadFile(directory + "/dm/uuid", text).ok() && text.starts_with("CRYPT-")) return true;
  std::vector<std::string> below;
  if (layers == 0 || !platform.ListDirectory(directory + "/slaves", below).ok()) return false;
  for (const std::string& lower : below) {
    if (IsEncryptedBelow(platform, "/sys/block/" + lower, layers - 1)) return true;
  }
  return false;
}

struct Source {
  std::string number;  // "253:0"
  std::string device;  // "/dev/mapper/vg-root"
};

// "28 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw": number and device of "/" and "/home".
std::map<std::string, Source> Sources(std::string_view mountinfo) {
  std::map<std::string, Source> sources;
  std::string_view line;
  while (NextLine(mountinfo, line)) {
    std::string_view id, parent, number, root, mount_point, type, device;
    if (!NextField(line, id) || !NextField(line, parent) || !NextField(line, number) || !NextField(line, root) ||
        !NextField(line, mount_point) || (mount_point != "/" && mount_point != "/home")) {
      continue;
    }
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    line.remove_prefix(dash + 3);
    if (!NextField(line, type) || !NextField(line, device)) continue;
    sources[std::string(mount_point)] = {std::string(number), std::string(device)};  // the last one covers the others
  }
  return sources;
}

}  // namespace

bool IsEncryptedDevice(Platform& platform, const std::string& device) {
  return IsEncryptedBelow(platform, "/sys/block/" + device, kLayersMax);
}

std::vector<MountEncryption> ReadEncryption(Platform& platform, std::string_view mountinfo) {
  std::vector<MountEncryption> result;
  for (const auto& [mount_point, source] : Sources(mountinfo)) {
    const std::string by_number = "/sys/dev/block/" + source.number;
    if (platform.Exists(by_number)) {
      result.push_back({mount_point, IsEncryptedBelow(platform, by_number, kLayersMax)});
    } else if (source.device.starts_with("/dev/")) {  // btrfs has numbers of its own
      const std::string device = platform.RealPath(source.device).value_or(source.device);
      result.push_back({mount_point, IsEncryptedDevice(platform, device.substr(device.rfind('/') + 1))});
    }
  }
  return result;
}

}  // namespace steward::agent
