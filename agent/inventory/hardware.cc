#include "agent/inventory/hardware.h"

#include <array>
#include <utility>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// By SMBIOS's number.
constexpr std::array<std::string_view, 37> kChassisNames = {"",
                                                            "other",
                                                            "unknown",
                                                            "desktop",
                                                            "low-profile desktop",
                                                            "pizza box",
                                                            "mini tower",
                                                            "tower",
                                                            "portable",
                                                            "laptop",
                                                            "notebook",
                                                            "hand-held",
                                                            "docking station",
                                                            "all-in-one",
                                                            "sub-notebook",
                                                            "space-saving",
                                                            "lunch box",
                                                            "main server chassis",
                                                            "expansion chassis",
                                                            "sub-chassis",
                                                            "bus expansion chassis",
                                                            "peripheral chassis",
                                                            "RAID chassis",
                                                            "rack mount chassis",
                                                            "sealed-case PC",
                                                            "multi-system chassis",
                                                            "compact PCI",
                                                            "advanced TCA",
                                                            "blade",
                                                            "blade enclosure",
                                                            "tablet",
                                                            "convertible",
                                                            "detachable",
                                                            "IoT gateway",
                                                            "embedded PC",
                                                            "mini PC",
                                                            "stick PC"};

// Vendor or product text by which hypervisors show themselves.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kHypervisors = {{
    {"KVM", "kvm"},
    {"QEMU", "qemu"},
    {"VMware", "vmware"},
    {"VirtualBox", "oracle"},
    {"innotek GmbH", "oracle"},
    {"Microsoft Corporation Virtual Machine", "microsoft"},
    {"Xen", "xen"},
    {"Bochs", "bochs"},
    {"Parallels", "parallels"},
    {"BHYVE", "bhyve"},
    {"Amazon EC2", "amazon"},
    {"Google Compute Engine", "google"},
    {"OpenStack", "kvm"},
}};

bool Contains(std::string_view text, std::string_view wanted) { return text.find(wanted) != std::string_view::npos; }

// The kernel sees a hypervisor by a flag of the processor.
bool HasHypervisorFlag(Platform& platform) {
  std::string text;
  if (!platform.ReadFile("/proc/cpuinfo", text).ok()) return false;
  std::string_view rest = text;
  std::string_view line;
  while (NextLine(rest, line)) {
    if (!line.starts_with("flags")) continue;
    return Contains(StrCat(line, " "), " hypervisor ");
  }
  return false;
}

}  // namespace

std::string DmiText(Platform& platform, std::string_view file) {
  std::string text;
  if (!platform.ReadFile(StrCat("/sys/class/dmi/id/", file), text).ok()) return "";
  return std::string(Trimmed(text));
}

std::string_view ChassisName(std::int64_t type) {
  if (type < 0 || type >= static_cast<std::int64_t>(kChassisNames.size())) return "";
  return kChassisNames[static_cast<std::size_t>(type)];
}

std::string Virtualization(Platform& platform) {
  std::string container;
  if (platform.ReadFile("/run/systemd/container", container).ok() && !Trimmed(container).empty()) {
    return std::string(Trimmed(container));
  }
  if (platform.Exists("/.dockerenv")) return "docker";
  const std::string dmi = StrCat(DmiText(platform, "sys_vendor"), " ", DmiText(platform, "product_name"), " ",
                                 DmiText(platform, "board_vendor"), " ", DmiText(platform, "bios_vendor"));
  for (const auto& [text, name] : kHypervisors) {
    if (Contains(dmi, text)) return std::string(name);
  }
  std::string type;
  if (platform.ReadFile("/sys/hypervisor/type", type).ok() && !Trimmed(type).empty()) {
    return std::string(Trimmed(type));
  }
  return HasHypervisorFlag(platform) ? "virtual machine" : "no";
}

std::vector<std::string> PhysicalInterfaces(Platform& platform) {
  std::vector<std::string> names;
  if (!platform.ListDirectory("/sys/class/net", names).ok()) return {};
  std::erase_if(names, [&](const std::string& name) {
    const absl::StatusOr<std::string> device = platform.RealPath(StrCat("/sys/class/net/", name, "/device"));
    return !device.ok() || Contains(*device, "/usb");
  });
  return names;
}

}  // namespace steward::agent
