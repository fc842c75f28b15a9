#include "collector/policy/timeline/timeline_register.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {

absl::Status EnterRegister(const std::vector<std::string>& words, const std::string& machine, const std::string& site,
                           std::vector<RegisterEntry>& entries) {
  const absl::Status usage = absl::InvalidArgumentError("write register warranty ends=2027-03-01, with name=... after it, or register warranty gone");
  const RegisterKind* kind = words.size() < 3 ? nullptr : FindRegisterKind(words[1]);
  if (kind == nullptr) return usage;
  RegisterEntry entry;
  entry.kind = words[1];
  (kind->scope == RegisterScope::kSite ? entry.site : entry.machine) = kind->scope == RegisterScope::kSite ? site : machine;
  bool has_date = false;
  const bool is_gone = words[2] == "gone";
  for (std::size_t i = is_gone ? 3 : 2; i < words.size(); ++i) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(words[i], absl::MaxSplits('=', 1));
    if (parts.first == "name") {
      entry.name = parts.second;
    } else if (parts.first == kind->date_key && absl::ParseCivilTime(parts.second, &entry.date)) {
      has_date = true;
    } else {
      return usage;
    }
  }
  if (!is_gone && !has_date) return usage;
  std::erase_if(entries, [&](const RegisterEntry& other) { return other.kind == entry.kind && other.name == entry.name; });
  if (!is_gone) entries.push_back(std::move(entry));
  return absl::OkStatus();
}

}  // namespace steward::collector
