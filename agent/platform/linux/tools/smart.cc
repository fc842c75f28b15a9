#include "agent/platform/linux/tools/smart.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "agent/platform/linux/run_program.h"
#include "base/text.h"
#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kSmartBytesMax = std::size_t{256} << 10;  // 20 KiB is usual
constexpr std::size_t kDisksMax = 256;

// How virtual disks begin that call themselves "sda" or "nvme0n1".
constexpr std::array<std::string_view, 9> kVirtual = {"QEMU", "VMware", "VBOX",   "VIRTUAL",   "Virtual",
                                                      "Msft", "MSFT",   "Amazon", "nvme_card"};

std::string Line(const RootedFiles& files, const std::string& path) {
  std::string text;
  if (!files.ReadFile(path, text).ok()) return "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

// "sda", "nvme0n1": all others are made of other disks, of memory, by a hypervisor, or of a kind that knows no SMART.
bool IsNameOfDisk(std::string_view name) {
  if (name.starts_with("sd")) return true;
  if (!name.starts_with("nvme")) return false;
  name.remove_prefix(4);
  const std::string_view controller = name.substr(0, name.find('n'));
  return controller != name && !controller.empty() && controller.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsPhysicalDisk(const RootedFiles& files, const std::string& name) {
  const std::string directory = StrCat("/sys/block/", name);
  if (!IsNameOfDisk(name) || Line(files, directory + "/size") == "0") return false;  // a card reader without a card
  const std::string model = Line(files, directory + "/device/model");
  const std::string vendor = Line(files, directory + "/device/vendor");
  return std::none_of(kVirtual.begin(), kVirtual.end(),
                      [&](std::string_view word) { return model.starts_with(word) || vendor.starts_with(word); });
}

std::vector<std::string> Command(const RootedFiles& files, const std::string& smartctl, const std::string& disk) {
  std::vector<std::string> command = {smartctl, "--json=c", "--all"};
  // There are solid-state disks that always say they sleep. To ask one that does moves nothing.
  const bool may_spin = Line(files, StrCat("/sys/block/", disk, "/queue/rotational")) != "0";
  if (may_spin) command.push_back(StrCat("--nocheck=standby,", kSmartAsleep));
  command.push_back("/dev/" + disk);
  return command;
}

}  // namespace

std::vector<std::string> PhysicalDisks(const RootedFiles& files) {
  std::vector<std::string> disks;
  if (!files.ListDirectory("/sys/block", disks).ok()) return {};
  std::erase_if(disks, [&](const std::string& name) { return !IsPhysicalDisk(files, name); });
  if (disks.size() > kDisksMax) disks.resize(kDisksMax);
  return disks;
}

absl::StatusOr<std::string> AskDisks(const RootedFiles& files, const std::string& smartctl, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  const std::vector<std::string> disks = PhysicalDisks(files);
  if (disks.empty()) return absl::NotFoundError("no physical disk");
  json::array answers;
  for (std::size_t index = 0; index < disks.size(); ++index) {
    const absl::Duration share = (end - absl::Now()) / static_cast<std::int64_t>(disks.size() - index);
    absl::StatusOr<ProgramEnd> asked = RunProgram(Command(files, smartctl, disks[index]), share, kSmartBytesMax);
    if (absl::IsNotFound(asked.status())) {
      return absl::NotFoundError(StrCat(smartctl, " is not installed: it comes with the package smartmontools"));
    }
    json::object& answer = answers.emplace_back(json::object_kind).get_object();
    answer["device"] = disks[index];
    if (asked.ok()) {
      answer["exit_code"] = asked->exit_code;
      answer["output"] = asked->output;
    } else {
      answer["error"] = std::string(asked.status().message());
    }
  }
  return json::serialize(answers);
}

}  // namespace steward::agent
