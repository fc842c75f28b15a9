#include "agent/platform/linux/tools/lvm.h"

#include <set>
#include <string_view>

#include "agent/platform/linux/run_program.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kBlockDevices = "/sys/block";
constexpr std::size_t kLvmBytesMax = std::size_t{4} << 20;

bool IsVolume(const RootedFiles& files, std::string_view device) {
  std::string uuid;
  return device.starts_with("dm-") && files.ReadFile(StrCat(kBlockDevices, "/", device, "/dm/uuid"), uuid).ok() &&
         uuid.starts_with("LVM-");
}

}  // namespace

std::vector<std::string> DevicesOfLvm(const RootedFiles& files) {
  std::vector<std::string> devices;
  if (!files.ListDirectory(kBlockDevices, devices).ok()) return {};
  std::set<std::string> below;
  for (const std::string& device : devices) {
    if (!IsVolume(files, device)) continue;
    std::vector<std::string> slaves;
    if (!files.ListDirectory(StrCat(kBlockDevices, "/", device, "/slaves"), slaves).ok()) continue;
    for (const std::string& slave : slaves) {
      if (!IsVolume(files, slave)) below.insert("/dev/" + slave);
    }
  }
  return {below.begin(), below.end()};
}

absl::StatusOr<std::string> AskLvm(const RootedFiles& files, const std::string& lvs, absl::Duration deadline) {
  const std::vector<std::string> devices = DevicesOfLvm(files);
  if (devices.empty()) return absl::NotFoundError("LVM has no active volume");
  std::string filter;
  for (const std::string& device : devices) StrAppend(&filter, "\"a|^", device, "$|\",");
  // Without locks: they take a folder that may be written, and what is asked changes nothing.
  absl::StatusOr<ProgramEnd> end =
      RunProgram({lvs, "--nolocking", "--reportformat", "json", "--config", StrCat("devices{global_filter=[", filter, "\"r|.*|\"]}"),
                  "-o", "vg_name,lv_name,lv_attr,lv_health_status,data_percent,metadata_percent,copy_percent"},
                 deadline, kLvmBytesMax);
  if (!end.ok()) return end.status();
  // A missing disk makes it fail and still tell of all volumes.
  if (end->output.empty()) return absl::UnavailableError(StrCat(lvs, " failed with exit code ", end->exit_code));
  return std::move(end->output);
}

}  // namespace steward::agent
