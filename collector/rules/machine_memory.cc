#include "collector/rules/machine_memory.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr absl::string_view kDisk = "%disk", kCores = "%cores", kLoad = "%load";

std::int64_t Seconds(absl::Time time) { return absl::ToUnixSeconds(time); }

bool ReadTime(absl::string_view word, absl::Time& time) {
  std::int64_t seconds = 0;
  if (!absl::SimpleAtoi(word, &seconds)) return false;
  time = absl::FromUnixSeconds(seconds);
  return true;
}

void ReadDisk(const std::vector<absl::string_view>& words, KnownHardware& hardware) {
  std::string serial;
  KnownPart part;
  const bool good = words.size() == 4 && absl::WebSafeBase64Unescape(words[1], &serial) && absl::WebSafeBase64Unescape(words[2], &part.name) &&
                    ReadTime(words[3], part.seen);
  if (good && hardware.disks.size() < KnownHardware::kDisksMax) hardware.disks.insert_or_assign(serial, std::move(part));
}

}  // namespace

std::string MachineMemory::Encode() const {
  std::string text;
  for (const auto& [serial, part] : hardware.disks) {
    StrAppend(&text, ToStd(kDisk), " ", absl::WebSafeBase64Escape(serial), " ", absl::WebSafeBase64Escape(part.name), " ", Seconds(part.seen), "\n");
  }
  if (hardware.cores > 0) StrAppend(&text, ToStd(kCores), " ", hardware.cores, " ", Seconds(hardware.cores_seen), "\n");
  if (const std::string days = load.Encode(); !days.empty()) StrAppend(&text, ToStd(kLoad), " ", days, "\n");
  return text;
}

void MachineMemory::Decode(std::string_view text) {
  *this = {};
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n', absl::SkipEmpty())) {
    if (line.front() != '%') continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words[0] == kDisk) ReadDisk(words, hardware);
    int cores = 0;
    absl::Time seen;
    if (words[0] == kCores && words.size() == 3 && absl::SimpleAtoi(words[1], &cores) && ReadTime(words[2], seen)) {
      hardware.cores = cores;
      hardware.cores_seen = seen;
    }
    if (words[0] == kLoad && words.size() > 1) load.Decode(ToStd(line.substr(kLoad.size() + 1)));
  }
}

}  // namespace steward::collector
