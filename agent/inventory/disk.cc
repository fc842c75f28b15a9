#include "agent/inventory/disk.h"

#include <optional>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kBlockDevices = "/sys/block";
constexpr std::uint64_t kSectorBytes = 512;

bool IsPseudo(std::string_view name) {
  return name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram") || name.starts_with("dm-") ||
         name.starts_with("md") || name.starts_with("fd") || name.starts_with("sr") || name.starts_with("nbd");
}

class DiskInventory final : public InventorySource {
 public:
  explicit DiskInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "disk"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::vector<std::string> names;
    const absl::Status status = platform_.ListDirectory(kBlockDevices, names);
    if (!status.ok()) return status;
    for (const std::string& name : names) {
      if (!IsPseudo(name)) CollectDisk(name, facts);
    }
    return absl::OkStatus();
  }

 private:
  void CollectDisk(const std::string& name, std::vector<Fact>& facts) {
    const std::string directory = StrCat(kBlockDevices, "/", name);
    const std::optional<std::uint64_t> sectors = ParseUnsigned(Line(directory + "/size"));
    if (!sectors.has_value() || *sectors == 0) return;  // a card reader without a card
    AddFact(facts, name + "/size_bytes", StrCat(SaturatingProduct(*sectors, kSectorBytes)));
    AddFact(facts, name + "/model", Line(directory + "/device/model"));
    const std::string maker = Line(directory + "/device/vendor");
    // A virtual disk has a number there, and every SATA disk "ATA".
    if (!maker.starts_with("0x") && maker != "ATA") AddFact(facts, name + "/maker", maker);
    AddFact(facts, name + "/firmware", First(directory + "/device/firmware_rev", directory + "/device/rev"));
    AddFact(facts, name + "/removable", Line(directory + "/removable") == "1" ? "yes" : "no");
    const std::string rotational = Line(directory + "/queue/rotational");
    AddFact(facts, name + "/rotation", rotational == "1" ? "yes" : rotational == "0" ? "no" : "");
    const std::string udev = UdevData(Line(directory + "/dev"));
    std::string serial = First(directory + "/device/serial", directory + "/serial");
    // The short one of a SAS disk is its world-wide name; this one stands on its label.
    if (serial.empty()) serial = UdevProperty(udev, "ID_SCSI_SERIAL");
    if (serial.empty()) serial = UdevProperty(udev, "ID_SERIAL_SHORT");
    AddFact(facts, name + "/serial", serial);
    AddFact(facts, name + "/wwn", UdevProperty(udev, "ID_WWN"));
    AddFact(facts, name + "/bus", Bus(name, udev));
  }

  std::string Bus(std::string_view name, std::string_view udev) {
    const std::string bus = UdevProperty(udev, "ID_BUS");
    if (name.starts_with("nvme")) return "nvme";
    if (name.starts_with("vd")) return "virtio";
    if (name.starts_with("mmcblk")) return "mmc";
    return bus;
  }

  std::string Line(const std::string& path) {
    if (!platform_.ReadFile(path, text_).ok()) return "";
    return std::string(Trimmed(text_));
  }
  std::string First(const std::string& path, const std::string& other) {
    std::string text = Line(path);
    return text.empty() ? Line(other) : text;
  }
  std::string UdevData(const std::string& device_number) {
    std::string data;
    if (device_number.empty() || !platform_.ReadFile("/run/udev/data/b" + device_number, data).ok()) return "";
    return data;
  }
  static std::string UdevProperty(std::string_view data, std::string_view name) {
    std::string_view line;
    while (NextLine(data, line)) {
      if (!line.starts_with("E:") || !line.substr(2).starts_with(name)) continue;
      const std::string_view rest = line.substr(2 + name.size());
      if (rest.starts_with('=')) return std::string(rest.substr(1));
    }
    return "";
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeDiskInventory(Platform& platform) {
  return std::make_unique<DiskInventory>(platform);
}

}  // namespace steward::agent
