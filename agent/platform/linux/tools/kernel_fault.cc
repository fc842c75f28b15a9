#include "agent/platform/linux/tools/kernel_fault.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/text.h"

namespace steward::agent {
namespace {

using Fault = std::optional<KernelFault>;

bool Contains(std::string_view text, std::string_view words) { return text.find(words) != std::string_view::npos; }

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Contains(text, word); });
}

// What stands behind `words`; nullopt if they do not occur.
std::optional<std::string_view> Behind(std::string_view text, std::string_view words) {
  const std::size_t at = text.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + words.size());
}

// Up to the first of `ends`, or all.
std::string_view UpTo(std::string_view text, std::string_view ends) { return text.substr(0, text.find_first_of(ends)); }

// The last word before `words`, which do occur.
std::string_view WordBefore(std::string_view text, std::string_view words) {
  text = text.substr(0, text.find(words));
  return text.substr(text.rfind(' ') + 1);
}

Fault Told(std::string_view kind, std::string_view subject) { return KernelFault{kind, std::string(subject)}; }

// "cpu3" of "3: Core temperature ...".
std::string Processor(std::string_view text) {
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789"));
  return number.empty() ? "" : StrCat("cpu", number);
}

// "Out of memory: Killed process 4711 (mysqld) total-vm:..."; a control group's begins with "Memory cgroup".
Fault OutOfMemory(std::string_view text) {
  if (!text.starts_with("Out of memory") && !text.starts_with("Memory cgroup out of memory") && !text.starts_with("Killed process")) {
    return std::nullopt;
  }
  const auto killed = Behind(text, "Killed process ");
  const auto name = killed.has_value() ? Behind(*killed, "(") : std::nullopt;
  if (!name.has_value()) return std::nullopt;
  return Told("oom_kill", name->substr(0, name->find(") ")));
}

// Media that people take out, and requests that a disk need not know.
bool IsNoise(std::string_view text, std::string_view device) {
  return device.starts_with("sr") || device.starts_with("fd") || Contains(text, "operation not supported");
}

// "I/O error, dev sda, sector 8 op 0x0:(READ)", "critical medium error, dev nvme0n1, sector ...".
Fault Disk(std::string_view text) {
  if (const auto device = Behind(text, "Buffer I/O error on dev ")) {
    const std::string_view name = UpTo(*device, ", ");
    return IsNoise(text, name) ? std::nullopt : Told("buffer_io_error", name);
  }
  if (const auto device = Behind(text, " error, dev ")) {
    const std::string_view name = UpTo(*device, ", ");
    return IsNoise(text, name) ? std::nullopt : Told("disk_io_error", name);
  }
  if (text.starts_with("sd ") && Contains(text, ": Device offlined")) return Told("disk_offline", text.substr(0, text.find(": ")));
  if (text.starts_with("md/raid") && Contains(text, ": Disk failure on ")) {
    return Told("raid_disk_failed", UpTo(*Behind(text, ":"), ":"));
  }
  return std::nullopt;
}

// "ata3.00: exception Emask 0x0 SAct ...", "ata3: hard resetting link", "usb 1-2: reset high-speed USB device".
Fault Link(std::string_view text) {
  const auto said = Behind(text, ": ");
  if (!said.has_value()) return std::nullopt;
  const std::string_view who = text.substr(0, text.find(": "));
  if (who.starts_with("ata") && who.size() > 3 && who[3] >= '0' && who[3] <= '9') {
    const std::string_view port = UpTo(who, ".");
    if (said->starts_with("exception Emask")) return Told("ata_error", port);
    if (ContainsAny(*said, {"hard resetting link", "soft resetting link"})) return Told("link_reset", port);
    if (said->starts_with("disable device") || *said == "disabled") return Told("disk_offline", port);
  }
  if (who.starts_with("usb ") && said->starts_with("reset ")) return Told("link_reset", who);
  if (who.starts_with("nvme ") &&
      ContainsAny(*said, {"timeout, ", "controller is down", "Device not ready", "probe failure"})) {
    return Told("nvme_error", who.substr(5));
  }
  return std::nullopt;
}

// "EXT4-fs error (device dm-0): ...", "XFS (sda1): Corruption of in-memory data", "BTRFS critical (device sda2 state E): ...".
Fault FileSystem(std::string_view text) {
  const std::string_view type = UpTo(text, " -:");
  constexpr std::array<std::string_view, 7> kTypes = {"EXT2", "EXT3", "EXT4", "XFS", "BTRFS", "FAT", "F2FS"};
  const auto named = Behind(text, "(");
  if (std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end() || !named.has_value()) return std::nullopt;
  const std::string_view device = UpTo(named->starts_with("device ") ? named->substr(7) : *named, ") ");
  const std::string_view head = text.substr(0, text.find('('));
  const std::string_view said = text.substr(std::min(text.find(')'), text.size()));
  if (ContainsAny(said, {"Remounting filesystem read-only", "forced readonly", "has been set read-only"})) {
    return Told("filesystem_read_only", device);
  }
  const bool is_error = ContainsAny(head, {"error", "critical"}) ||
                        ContainsAny(said, {": error,", "csum failed", "orruption", "I/O error", "Internal error", "hutting down",
                                           "has been shut down"});
  return is_error ? Told("filesystem_error", device) : std::nullopt;
}

// "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Chan#1_DIMM#0 (channel:1 ...", and what the firmware and the processors report.
Fault Hardware(std::string_view text) {
  if (text.starts_with("EDAC MC") && ContainsAny(text, {" CE ", " UE "})) {
    const std::string_view place = Behind(text, " on ").value_or("");
    return Told(Contains(text, " UE ") ? "memory_error" : "memory_corrected", place.substr(0, place.find(" (")));
  }
  if (text.starts_with("Memory failure: ") && Contains(text, "recovery action")) return Told("memory_error", "");
  if (Contains(text, "[Hardware Error]: Machine check events logged")) return Told("machine_check", "");
  if (text.starts_with("BERT: Error records")) return Told("hardware_error", "previous start");
  if (const auto severity = Behind(text, "[Hardware Error]: event severity: ")) {
    if (*severity != "corrected" && *severity != "info") return Told("hardware_error", *severity);
  }
  if (const auto processor = Behind(text, "CPU"); processor.has_value() && Contains(text, "temperature above threshold")) {
    return Told("thermal_throttle", Processor(*processor));
  }
  if (Contains(text, "critical temperature reached")) {
    const auto zone = Behind(text, "thermal_zone");
    return Told("thermal_critical", zone.has_value() ? StrCat("thermal_zone", UpTo(*zone, ": ,")) : "");
  }
  return std::nullopt;
}

// "INFO: task jbd2/sda1-8:345 blocked for more than 120 seconds.", "watchdog: BUG: soft lockup - CPU#1 stuck for 22s!".
Fault Hanging(std::string_view text) {
  const auto task = Behind(text, "INFO: task ");
  if (task.has_value() && Contains(*task, " blocked for more than ")) {
    const std::string_view name = task->substr(0, task->find(" blocked for more than "));
    return Told("hung_task", name.substr(0, name.rfind(':')));
  }
  if (const auto processor = Behind(text, "soft lockup - CPU#")) return Told("lockup", Processor(*processor));
  if (const auto processor = Behind(text, "hard LOCKUP on cpu ")) return Told("lockup", Processor(*processor));
  if (text.starts_with("rcu: INFO: ") && ContainsAny(text, {"self-detected stall", "detected stalls on"})) return Told("lockup", "");
  if (text.starts_with("NETDEV WATCHDOG: ")) return Told("network_hang", UpTo(text.substr(17), " "));
  for (const std::string_view words : {": NETDEV WATCHDOG: ", ": Detected Hardware Unit Hang"}) {
    if (Contains(text, words)) return Told("network_hang", WordBefore(text, words));
  }
  return std::nullopt;
}

}  // namespace

std::optional<KernelFault> ClassifyKernelLine(std::string_view text) {
  for (const auto recognise : {&OutOfMemory, &FileSystem, &Disk, &Link, &Hardware, &Hanging}) {
    if (Fault fault = recognise(text)) return fault;
  }
  return std::nullopt;
}

}  // namespace steward::agent
