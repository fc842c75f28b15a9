#include "agent/probes/firmware_upgrades.h"

#include <set>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/json_fields.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr Metric kPending = {.name = "steward_firmware_upgrades_pending",
                             .help = "Devices with newer firmware, by kind: security (urgent, or known holes are closed) or other."};
constexpr Metric kUpgrade = {.name = "steward_firmware_upgrade",
                             .help = "1: the device has newer firmware. `version` is what it has, `newest` what there is."};

bool IsForSecurity(const json::value& release) {
  const std::string urgency = JsonText(Find(release, {"Urgency"}));
  if (urgency == "high" || urgency == "critical") return true;
  for (const json::value& issue : JsonArray(Find(release, {"Issues"}))) {
    if (JsonText(&issue).starts_with("CVE-")) return true;
  }
  return false;
}

class FirmwareUpgradesProbe final : public Probe {
 public:
  explicit FirmwareUpgradesProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "firmware_upgrades"; }
  absl::Duration slow_interval() const override { return kFirmwareInterval; }

  // While fwupd does not run, its last word stands.
  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kFirmwareUpgrades, kFirmwareDeadline);
    if (!text.ok()) return text.status();
    if (!text->empty()) last_ = *text;
    return last_.empty() ? absl::OkStatus() : ParseFirmwareUpgrades(last_, sink);
  }

 private:
  Platform& platform_;
  std::string last_;
};

}  // namespace

absl::Status ParseFirmwareUpgrades(std::string_view text, SampleSink& sink) {
  const json::value document = ParsedJson(text);
  if (Find(document, {"Devices"}) == nullptr) return Malformed("fwupdmgr get-upgrades", text);
  int security = 0, other = 0;
  std::set<std::string> seen;  // two of a kind, two docks say, are one line
  for (const json::value& device : JsonArray(Find(document, {"Devices"}))) {
    const auto releases = JsonArray(Find(device, {"Releases"}));
    if (releases.empty()) continue;
    bool is_for_security = false;
    for (const json::value& release : releases) is_for_security = is_for_security || IsForSecurity(release);
    ++(is_for_security ? security : other);
    const std::string name = JsonText(Find(device, {"Name"})), version = JsonText(Find(device, {"Version"}));
    const std::string newest = JsonText(Find(releases.front(), {"Version"}));
    if (name.empty() || seen.size() >= kFirmwareDevicesMax || !seen.insert(StrCat(name, "\n", version, "\n", newest)).second) continue;
    const LabelView labels[] = {
        {"device", name}, {"kind", is_for_security ? "security" : "other"}, {"newest", newest}, {"version", version}};
    sink.Add(kUpgrade, labels, 1);
  }
  const LabelView of_security[] = {{"kind", "security"}};
  const LabelView of_other[] = {{"kind", "other"}};
  sink.Add(kPending, of_security, security);
  sink.Add(kPending, of_other, other);
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeFirmwareUpgradesProbe(Platform& platform) { return std::make_unique<FirmwareUpgradesProbe>(platform); }

}  // namespace steward::agent
