#include "agent/inventory/peripheral.h"

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDisplays = "/sys/class/drm";
constexpr std::string_view kUsb = "/sys/bus/usb/devices";
constexpr std::string_view kPrinterClass = "07";  // of a USB interface

// Where EDID's fields stand.
constexpr std::size_t kEdidBytes = 128;
constexpr std::string_view kEdidHeader("\x00\xff\xff\xff\xff\xff\xff\x00", 8);
constexpr std::size_t kMaker = 8;  // three letters of five bits, 1 is A
constexpr std::size_t kProduct = 10;
constexpr std::size_t kSerial = 12;
constexpr std::size_t kYear = 17;
constexpr int kFirstYear = 1990;
constexpr std::size_t kWidth = 21;
constexpr std::array<std::size_t, 4> kDescriptors = {54, 72, 90, 108};
constexpr std::size_t kDescriptorText = 5;
constexpr std::size_t kDescriptorTextBytes = 13;
constexpr std::uint8_t kSerialDescriptor = 0xFF;
constexpr std::uint8_t kNameDescriptor = 0xFC;

std::uint8_t Byte(std::string_view edid, std::size_t at) { return static_cast<std::uint8_t>(edid[at]); }

bool IsEdid(std::string_view edid) {
  if (edid.size() < kEdidBytes || !edid.starts_with(kEdidHeader)) return false;
  std::uint8_t sum = 0;
  for (std::size_t at = 0; at < kEdidBytes; ++at) sum = static_cast<std::uint8_t>(sum + Byte(edid, at));
  return sum == 0;
}

std::string Maker(std::string_view edid) {
  const unsigned letters = Byte(edid, kMaker) << 8U | Byte(edid, kMaker + 1);
  std::string maker;
  for (const unsigned shift : {10U, 5U, 0U}) {
    const unsigned letter = letters >> shift & 0x1FU;
    if (letter < 1 || letter > 26) return "";
    maker += static_cast<char>('A' + letter - 1);
  }
  return maker;
}

// Ends at a line feed, filled up with blanks.
std::string_view DescriptorText(std::string_view edid, std::size_t descriptor) {
  const std::string_view text = edid.substr(descriptor + kDescriptorText, kDescriptorTextBytes);
  return Trimmed(text.substr(0, text.find_first_of(std::string_view("\n\0", 2))));
}

class PeripheralInventory final : public InventorySource {
 public:
  explicit PeripheralInventory(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view group() const override { return "peripheral"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::vector<std::string> names;
    if (platform_.ListDirectory(kDisplays, names).ok()) {
      for (const std::string& name : names) AddDisplay(name, facts);
    }
    if (platform_.ListDirectory(kUsb, names).ok()) AddPrinters(names, facts);
    return absl::OkStatus();
  }

 private:
  // `name`: "card1-DP-2". The number of the card changes from start to start, and a display with its socket: one that has a
  // serial number is known by that.
  void AddDisplay(const std::string& name, std::vector<Fact>& facts) {
    std::string edid;
    const std::size_t dash = name.find('-');
    if (dash == std::string::npos || !platform_.ReadFile(StrCat(kDisplays, "/", name, "/edid"), edid).ok()) return;
    const std::optional<Display> display = ParseEdid(edid);
    if (!display.has_value()) return;
    const std::string key =
        StrCat("display/", display->serial.empty() ? name.substr(dash + 1) : StrCat(display->maker, "-", display->serial));
    AddFact(facts, key + "/maker", display->maker);
    AddFact(facts, key + "/model", display->model);
    AddFact(facts, key + "/serial", display->serial);
    if (display->year > 0) AddFact(facts, key + "/made", StrCat(display->year));
    if (display->width_cm > 0 && display->height_cm > 0) {
      AddFact(facts, key + "/size_cm", StrCat(display->width_cm, "x", display->height_cm));
    }
  }

  // `names`: devices, "1-2", and their interfaces, "1-2:1.0".
  void AddPrinters(const std::vector<std::string>& names, std::vector<Fact>& facts) {
    std::set<std::string> printers;
    for (const std::string& name : names) {
      const std::size_t colon = name.find(':');
      if (colon == std::string::npos || Text(name, "bInterfaceClass") != kPrinterClass) continue;
      printers.insert(name.substr(0, colon));
    }
    for (const std::string& printer : printers) {
      const std::string serial = Text(printer, "serial");
      const std::string key = StrCat("printer/", serial.empty() ? printer : serial);
      AddFact(facts, key + "/maker", Text(printer, "manufacturer"));
      AddFact(facts, key + "/model", Text(printer, "product"));
      AddFact(facts, key + "/serial", serial);
    }
  }

  std::string Text(std::string_view device, std::string_view file) {
    return std::string(attributes_.Text(StrCat(kUsb, "/", device), file).value_or(""));
  }

  Platform& platform_;
  AttributeReader attributes_;
};

}  // namespace

std::optional<Display> ParseEdid(std::string_view edid) {
  if (!IsEdid(edid)) return std::nullopt;
  Display display;
  display.maker = Maker(edid);
  display.year = Byte(edid, kYear) == 0 ? 0 : kFirstYear + Byte(edid, kYear);
  display.width_cm = Byte(edid, kWidth);
  display.height_cm = Byte(edid, kWidth + 1);
  for (const std::size_t descriptor : kDescriptors) {
    if (edid.substr(descriptor, 3) != std::string_view("\0\0\0", 3)) continue;  // a picture's timing
    const std::uint8_t kind = Byte(edid, descriptor + 3);
    if (kind == kSerialDescriptor) display.serial = DescriptorText(edid, descriptor);
    if (kind == kNameDescriptor) display.model = DescriptorText(edid, descriptor);
  }
  const unsigned product = Byte(edid, kProduct + 1) << 8U | Byte(edid, kProduct);
  if (display.model.empty()) display.model = StrCat(absl::Hex(product, absl::kZeroPad4));
  const unsigned serial = Byte(edid, kSerial + 3) << 24U | Byte(edid, kSerial + 2) << 16U | Byte(edid, kSerial + 1) << 8U |
                          Byte(edid, kSerial);
  // Built-in displays of one kind all have 0 or 1.01010101.
  if (display.serial.empty() && serial > 1 && serial != 0x01010101) display.serial = StrCat(serial);
  return display;
}

std::unique_ptr<InventorySource> MakePeripheralInventory(Platform& platform) {
  return std::make_unique<PeripheralInventory>(platform);
}

}  // namespace steward::agent
