#include "agent/inventory/smbios.h"

#include <algorithm>

namespace steward::agent {
namespace {

constexpr std::uint8_t kTypeMemoryArray = 16;
constexpr std::uint8_t kTypeMemoryModule = 17;
constexpr std::uint8_t kTypeEnd = 127;
constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kModulesMax = 1024;
constexpr std::uint64_t kKilobyte = 1024;
constexpr std::uint64_t kMegabyte = 1024 * kKilobyte;

// One structure: its formatted bytes and the strings after them.
class Structure {
 public:
  Structure(std::string_view formatted, std::string_view strings) : formatted_(formatted), strings_(strings) {}

  std::uint64_t Number(std::size_t offset, std::size_t bytes) const {
    if (offset + bytes > formatted_.size()) return 0;
    std::uint64_t number = 0;
    for (std::size_t index = 0; index < bytes; ++index) {
      number |= static_cast<std::uint64_t>(static_cast<unsigned char>(formatted_[offset + index])) << (8 * index);
    }
    return number;
  }

  std::string Text(std::size_t offset) const {
    std::uint64_t wanted = Number(offset, 1);
    std::string_view rest = strings_;
    while (wanted > 1 && !rest.empty()) {
      const std::size_t end = rest.find('\0');
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      --wanted;
    }
    if (wanted == 0) return "";
    std::string_view text = rest.substr(0, rest.find('\0'));
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return std::string(text);
  }

 private:
  std::string_view formatted_;
  std::string_view strings_;
};

void AddModule(const Structure& structure, MemoryModules& result) {
  constexpr std::uint64_t kUnknownSize = 0xFFFF;
  constexpr std::uint64_t kExtendedSize = 0x7FFF;
  constexpr std::uint64_t kInKilobytes = 0x8000;
  const std::uint64_t size = structure.Number(0x0C, 2);
  if (size == 0) {
    ++result.empty_slots;
    return;
  }
  if (result.modules.size() >= kModulesMax) return;
  MemoryModule module;
  if (size == kExtendedSize) {
    module.size_bytes = (structure.Number(0x1C, 4) & 0x7FFF'FFFF) * kMegabyte;
  } else if (size != kUnknownSize) {
    module.size_bytes = (size & kInKilobytes) != 0 ? (size & ~kInKilobytes) * kKilobyte : size * kMegabyte;
  }
  module.slot = structure.Text(0x10);
  module.speed_mtps = structure.Number(0x15, 2);
  module.manufacturer = structure.Text(0x17);
  module.serial = structure.Text(0x18);
  module.part = structure.Text(0x1A);
  result.modules.push_back(std::move(module));
}

}  // namespace

MemoryModules ParseMemoryModules(std::string_view tables) {
  MemoryModules result;
  while (tables.size() >= kHeaderBytes) {
    const auto type = static_cast<unsigned char>(tables[0]);
    const auto length = static_cast<unsigned char>(tables[1]);
    if (length < kHeaderBytes || length > tables.size() || type == kTypeEnd) break;
    const std::string_view after = tables.substr(length);
    const std::size_t end = after.find(std::string_view("\0\0", 2));
    if (end == std::string_view::npos) break;
    const Structure structure(tables.substr(0, length), after.substr(0, end));
    if (type == kTypeMemoryModule) AddModule(structure, result);
    // 5 and 6 are single- and multi-bit error correction.
    if (type == kTypeMemoryArray) {
      const std::uint64_t correction = structure.Number(0x06, 1);
      result.has_error_correction = result.has_error_correction || correction == 5 || correction == 6;
    }
    tables = after.substr(end + 2);
  }
  return result;
}

}  // namespace steward::agent
