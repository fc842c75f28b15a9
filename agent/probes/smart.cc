#include "agent/probes/smart.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "agent/platform/linux/tools/smart.h"
#include "agent/platform/platform.h"
#include "agent/probes/disk_redundancy.h"
#include "agent/probes/json_fields.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kDeviceBytesMax = 32;
constexpr std::int64_t kNotOpened = 2;  // bit of smartctl's exit code
constexpr std::int64_t kSecondsPerHour = 3600;

constexpr Metric Gauge(std::string_view name, std::string_view help) { return {.name = name, .help = help}; }
constexpr Metric Counter(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}

constexpr Metric kState = Gauge("steward_smart_disk_state",
                                "What came of asking the disk: health (it told), asleep (it was not woken), none (it or what "
                                "lies before it knows no SMART), no_answer (it hangs or could not be opened).");
constexpr Metric kRedundant = Gauge("steward_smart_disk_redundant",
                                    "1 if all data of the disk is also on other disks (RAID), 0 if some is on it alone; absent: not known.");
constexpr Metric kDevice = Gauge("smartctl_device", "Device info");
constexpr Metric kExitStatus = Gauge("smartctl_device_smartctl_exit_status", "Exit status of smartctl on device");
constexpr Metric kPassed = Gauge("smartctl_device_smart_status", "General smart status");
constexpr Metric kTemperature = Gauge("smartctl_device_temperature", "Device temperature celsius");
constexpr Metric kPowerOn = {.name = "smartctl_device_power_on_seconds",
                             .help = "Device power on seconds",
                             .type = MetricType::kCounter,
                             .numerator = kSecondsPerHour};
constexpr Metric kRotation = Gauge("smartctl_device_rotation_rate", "Device rotation rate");
constexpr Metric kPercentageUsed = Gauge("smartctl_device_percentage_used", "Device write percentage used");
constexpr Metric kAttribute = Gauge("smartctl_device_attribute", "Device attributes");
constexpr Metric kSelfTestPassed = Gauge("steward_smart_self_test_passed", "1 if the last self-test that came to a result passed.");
constexpr Metric kSelfTestErrors = Gauge("smartctl_device_self_test_log_error_count", "Device SMART self test log error count");
constexpr Metric kErrorLog = Gauge("smartctl_device_error_log_count", "Device SMART error log count");

// Plain numbers, by their place in smartctl's document.
struct Number {
  Metric metric;
  std::array<std::string_view, 3> path;  // empty: ends before
};
constexpr std::string_view kNvme = "nvme_smart_health_information_log";
constexpr std::array<Number, 11> kNumbers = {{
    {kPowerOn, {"power_on_time", "hours"}},
    {Counter("smartctl_device_power_cycle_count", "Device power cycle count"), {"power_cycle_count"}},
    {Gauge("smartctl_device_available_spare", "Normalized percentage (0 to 100%) of the remaining spare capacity available"),
     {kNvme, "available_spare"}},
    {Gauge("smartctl_device_available_spare_threshold", "Percentage of spare capacity below which the device warns"),
     {kNvme, "available_spare_threshold"}},
    {Gauge("smartctl_device_critical_warning", "Bit mask of the controller's critical warnings"), {kNvme, "critical_warning"}},
    {Counter("smartctl_device_media_errors", "Data that the controller could not restore"), {kNvme, "media_errors"}},
    {Counter("smartctl_device_num_err_log_entries", "Entries of the error log over the life of the controller"),
     {kNvme, "num_err_log_entries"}},
    {Counter("steward_smart_unsafe_shutdowns_total", "Losses of power without a shutdown before."), {kNvme, "unsafe_shutdowns"}},
    {Counter("smartctl_scsi_grown_defect_list", "Device SCSI grown defect list counter"), {"scsi_grown_defect_list"}},
    {Counter("smartctl_read_total_uncorrected_errors", "Read Total Uncorrected Errors"),
     {"scsi_error_counter_log", "read", "total_uncorrected_errors"}},
    {Counter("smartctl_write_total_uncorrected_errors", "Write Total Uncorrected Errors"),
     {"scsi_error_counter_log", "write", "total_uncorrected_errors"}},
}};

// Raw values that tell of failure: reallocated 5 and 196, retried spin-up 10, end-to-end 184, uncorrectable 187 and 198,
// timeouts 188, pending 197, CRC errors of the cable 199.
constexpr std::array<std::int64_t, 9> kTelling = {5, 10, 184, 187, 188, 196, 197, 198, 199};
// Parts of the names of attributes whose normalised value falls from 100 to 0 as a solid-state disk wears.
constexpr std::array<std::string_view, 6> kWear = {"Wear_Leveling_Count", "Media_Wearout", "SSD_Life_Left",
                                                   "Percent_Lifetime", "Lifetime_Remaining", "Remaining_Life"};
constexpr std::array<std::string_view, 4> kTemperatures = {"current", "drive_trip", "limit_max", "op_limit_max"};
constexpr std::array<std::string_view, 4> kStates = {"asleep", "health", "no_answer", "none"};

const json::value* At(const json::value& from, const std::array<std::string_view, 3>& path) {
  if (path[1].empty()) return Find(from, {path[0]});
  if (path[2].empty()) return Find(from, {path[0], path[1]});
  return Find(from, {path[0], path[1], path[2]});
}

// One disk's document.
class Disk {
 public:
  Disk(std::string_view device, const json::value& document, SampleSink& sink)
      : device_(device), document_(document), sink_(sink) {}

  bool TellsHealth() const {
    return Find(document_, {"smart_status", "passed"}) != nullptr || Find(document_, {kNvme}) != nullptr ||
           Find(document_, {"ata_smart_attributes"}) != nullptr;
  }
  void Report() {
    ReportInfo();
    if (!TellsHealth()) return;
    if (const auto passed = JsonBool(Find(document_, {"smart_status", "passed"}))) Add(kPassed, *passed ? 1 : 0);
    for (const Number& number : kNumbers) {
      const auto value = JsonInteger(At(document_, number.path));
      if (value.has_value()) Add(number.metric, *value);
    }
    // A solid-state disk has 0 there, or nothing.
    if (const auto turns = JsonInteger(Find(document_, {"rotation_rate"})); turns.value_or(0) > 0) Add(kRotation, *turns);
    ReportTemperatures();
    ReportAttributes();
    ReportLogs();
  }

 private:
  void ReportInfo() {
    const auto text = [&](std::initializer_list<std::string_view> path) { return JsonText(Find(document_, path)); };
    const auto either = [](std::string first, std::string second) { return first.empty() ? second : first; };
    const std::string firmware = either(text({"firmware_version"}), text({"scsi_revision"}));
    const std::string interface = text({"device", "type"});
    const std::string family = text({"model_family"});
    const std::string model = either(text({"model_name"}), text({"scsi_model_name"}));
    const std::string protocol = text({"device", "protocol"});
    const std::string serial = text({"serial_number"});
    if (model.empty() && serial.empty()) return;
    const LabelView labels[] = {{"device", device_},       {"firmware_version", firmware}, {"interface", interface},
                                {"model_family", family}, {"model_name", model},          {"protocol", protocol},
                                {"serial_number", serial}};
    sink_.Add(kDevice, labels, 1);
  }

  void ReportTemperatures() {
    for (const std::string_view type : kTemperatures) {
      const auto value = JsonInteger(Find(document_, {"temperature", type}));
      if (value.has_value()) AddWith(kTemperature, "temperature_type", type, *value);
    }
  }

  void ReportAttributes() {
    std::set<std::int64_t> seen;
    std::optional<std::int64_t> worn = JsonInteger(Find(document_, {kNvme, "percentage_used"}));
    if (!worn.has_value()) worn = JsonInteger(Find(document_, {"endurance_used", "current_percent"}));
    if (!worn.has_value()) worn = JsonInteger(Find(document_, {"scsi_percentage_used_endurance_indicator"}));
    for (const json::value& attribute : JsonArray(Find(document_, {"ata_smart_attributes", "table"}))) {
      const std::int64_t id = JsonInteger(Find(attribute, {"id"})).value_or(0);
      const std::string name = JsonText(Find(attribute, {"name"}));
      const auto value = JsonInteger(Find(attribute, {"value"}));
      const bool is_wear = std::any_of(kWear.begin(), kWear.end(),
                                       [&](std::string_view part) { return name.find(part) != std::string::npos; });
      if (!worn.has_value() && is_wear && value.has_value() && *value >= 0 && *value <= 100) worn = 100 - *value;
      const auto raw = JsonInteger(Find(attribute, {"raw", "value"}));
      const bool is_telling = std::find(kTelling.begin(), kTelling.end(), id) != kTelling.end();
      if (!is_telling || !raw.has_value() || !seen.insert(id).second) continue;
      const std::string id_text = StrCat(id);
      const LabelView labels[] = {
          {"attribute_id", id_text}, {"attribute_name", name}, {"attribute_value_type", "raw"}, {"device", device_}};
      sink_.Add(kAttribute, labels, *raw);
    }
    if (worn.has_value()) Add(kPercentageUsed, *worn);
  }

  void ReportLogs() {
    if (const auto errors = JsonInteger(Find(document_, {"ata_smart_error_log", "summary", "count"}))) {
      AddWith(kErrorLog, "error_log_type", "summary", *errors);
    }
    if (const auto errors = JsonInteger(Find(document_, {"ata_smart_self_test_log", "standard", "error_count_total"}))) {
      AddWith(kSelfTestErrors, "self_test_log_type", "standard", *errors);
    }
    if (const auto passed = LastSelfTest()) Add(kSelfTestPassed, *passed ? 1 : 0);
  }

  // Newest first; tests that run, or that somebody broke off, came to no result.
  std::optional<bool> LastSelfTest() const {
    for (const json::value& test : JsonArray(Find(document_, {"ata_smart_self_test_log", "standard", "table"}))) {
      const auto status = JsonInteger(Find(test, {"status", "value"}));
      const std::int64_t result = status.value_or(-1) >> 4;
      if (result == 0) return true;
      if (result >= 3 && result <= 8) return false;
    }
    for (const json::value& test : JsonArray(Find(document_, {"nvme_self_test_log", "table"}))) {
      const std::int64_t result = JsonInteger(Find(test, {"self_test_result", "value"})).value_or(-1);
      if (result == 0) return true;
      if (result >= 5 && result <= 7) return false;
    }
    const std::int64_t scsi = JsonInteger(Find(document_, {"scsi_self_test_0", "result", "value"})).value_or(-1);
    if (scsi == 0) return true;
    return scsi >= 3 && scsi <= 7 ? std::optional(false) : std::nullopt;
  }

  void Add(const Metric& metric, std::int64_t value) {
    const LabelView labels[] = {{"device", device_}};
    sink_.Add(metric, labels, value);
  }
  void AddWith(const Metric& metric, std::string_view label, std::string_view text, std::int64_t value) {
    const LabelView labels[] = {{"device", device_}, {label, text}};
    sink_.Add(metric, labels, value);
  }

  const std::string_view device_;
  const json::value& document_;
  SampleSink& sink_;
};

void ReportDisk(const std::string& device, const json::value& answer, DiskRedundancy* redundancy, SampleSink& sink) {
  const auto exit_code = JsonInteger(Find(answer, {"exit_code"}));
  const json::value document = ParsedJson(JsonText(Find(answer, {"output"})));
  Disk disk(device, document, sink);
  std::string_view is = "none";
  if (!exit_code.has_value()) {
    is = "no_answer";
  } else if (*exit_code == kSmartAsleep) {
    is = "asleep";
  } else if (disk.TellsHealth()) {
    is = "health";
  } else if ((*exit_code & kNotOpened) != 0) {
    is = "no_answer";
  }
  for (const std::string_view state : kStates) {
    const LabelView labels[] = {{"device", device}, {"state", state}};
    sink.Add(kState, labels, state == is ? 1 : 0);
  }
  if (is == "asleep" || !exit_code.has_value()) return;
  const LabelView labels[] = {{"device", device}};
  sink.Add(kExitStatus, labels, *exit_code);
  disk.Report();
  if (is != "health" || redundancy == nullptr) return;
  if (const std::optional<bool> redundant = redundancy->Of(device)) sink.Add(kRedundant, labels, *redundant ? 1 : 0);
}

class SmartProbe final : public Probe {
 public:
  explicit SmartProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "smart"; }
  absl::Duration slow_interval() const override { return kSmartInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> answer = platform_.RunTool(Tool::kSmart, kSmartDeadline);
    if (!answer.ok()) return answer.status();
    DiskRedundancy redundancy(platform_);
    return ParseSmart(*answer, &redundancy, sink);
  }

 private:
  Platform& platform_;
};

}  // namespace

absl::Status ParseSmart(std::string_view text, DiskRedundancy* redundancy, SampleSink& sink) {
  const json::value answers = ParsedJson(text);
  if (!answers.is_array()) return Malformed("smart", text);
  std::set<std::string> seen;
  for (const json::value& answer : answers.get_array()) {
    const std::string device = JsonText(Find(answer, {"device"}));
    if (device.empty() || device.size() > kDeviceBytesMax || !seen.insert(device).second) continue;
    ReportDisk(device, answer, redundancy, sink);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeSmartProbe(Platform& platform) { return std::make_unique<SmartProbe>(platform); }

}  // namespace steward::agent
