// What enrolment says about this machine: name, class, fingerprint.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/inventory/hardware.h"
#include "agent/inventory/inventory.h"
#include "agent/platform/platform.h"
#include "agent/probes/os.h"
#include "agent/probes/text.h"
#include "base/text.h"
#include "openssl/evp.h"

namespace steward::agent {
namespace {

std::string Sha256Hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) return "";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int index = 0; index < length; ++index) {
    hex += kDigits[digest[index] >> 4];
    hex += kDigits[digest[index] & 15];
  }
  return hex;
}

std::map<std::string, std::string> OsRelease(Platform& platform) {
  std::string text;
  if (!platform.ReadFile("/etc/os-release", text).ok() && !platform.ReadFile("/usr/lib/os-release", text).ok()) {
    return {};
  }
  return ParseOsRelease(text);
}

bool HasFiles(Platform& platform, std::string_view directory) {
  std::vector<std::string> names;
  return platform.ListDirectory(directory, names).ok() && !names.empty();
}

// Debian's default target is the graphical one even where there is nothing graphical, so a log-on screen or a desktop
// session must be installed too.
bool IsGraphical(Platform& platform) {
  std::string target = "graphical.target";
  for (const std::string_view directory : {"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    const absl::StatusOr<std::string> path = platform.RealPath(StrCat(directory, "/default.target"));
    if (!path.ok()) continue;
    target = path->substr(path->rfind('/') + 1);
    break;
  }
  if (target != "graphical.target" && target != "default.target") return false;
  return platform.RealPath("/etc/systemd/system/display-manager.service").ok() ||
         HasFiles(platform, "/usr/share/xsessions") || HasFiles(platform, "/usr/share/wayland-sessions");
}

// The operating system's role decides; only a workstation's chassis tells desktop from laptop.
std::string MachineClass(Platform& platform, std::map<std::string, std::string>& release) {
  const bool is_server_role = release["VARIANT_ID"] == "server" || !IsGraphical(platform);
  if (is_server_role) return "server";
  if (Virtualization(platform) != "no") return "desktop";
  switch (ParseInteger(DmiText(platform, "chassis_type")).value_or(0)) {
    case 8:
    case 9:
    case 10:
    case 14:
    case 30:
    case 31:
    case 32:
      return "laptop";
    case 17:
    case 23:
    case 28:
      return "server";
    default:
      return "desktop";
  }
}

// Not those that a driver, a bond or a privacy setting made up.
std::set<std::string> BurntInAddresses(Platform& platform) {
  std::set<std::string> addresses;
  for (const std::string& name : PhysicalInterfaces(platform)) {
    const std::string directory = "/sys/class/net/" + name;
    std::string text;
    const bool is_burnt_in = platform.ReadFile(directory + "/addr_assign_type", text).ok() && Trimmed(text) == "0";
    if (!is_burnt_in) continue;
    // A member of a bond shows the bond's address.
    if (!platform.ReadFile(directory + "/bonding_slave/perm_hwaddr", text).ok() &&
        !platform.ReadFile(directory + "/address", text).ok()) {
      continue;
    }
    addresses.emplace(Trimmed(text));
  }
  return addresses;
}

HardwareFingerprint Fingerprint(Platform& platform) {
  std::string serials, addresses;
  bool any_serial = false;
  for (const std::string_view file : {"product_uuid", "product_serial", "board_serial"}) {
    const std::string serial = DmiText(platform, file);
    any_serial |= !serial.empty();
    StrAppend(&serials, file, "=", serial, "\n");
  }
  for (const std::string& address : BurntInAddresses(platform)) StrAppend(&addresses, "address=", address, "\n");
  return {any_serial ? Sha256Hex(serials + addresses) : "", addresses.empty() ? "" : Sha256Hex(addresses)};
}

}  // namespace

MachineIdentity ReadMachineIdentity(Platform& platform) {
  MachineIdentity identity;
  std::string text;
  if (platform.ReadFile("/proc/sys/kernel/hostname", text).ok()) {
    identity.host_name = std::string(Trimmed(text));
  } else if (const absl::StatusOr<SystemName> name = platform.Name(); name.ok()) {
    identity.host_name = name->nodename;
  }
  std::map<std::string, std::string> release = OsRelease(platform);
  identity.operating_system = release["PRETTY_NAME"].empty() ? release["NAME"] : release["PRETTY_NAME"];
  if (identity.operating_system.empty()) {
    if (const absl::StatusOr<SystemName> name = platform.Name(); name.ok()) {
      identity.operating_system = name->sysname + " " + name->release;
    }
  }
  identity.machine_class = MachineClass(platform, release);
  identity.hardware = Fingerprint(platform);
  return identity;
}

}  // namespace steward::agent
