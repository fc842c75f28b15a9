#include "tests/bench/month/office.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace steward::bench {
namespace {

using collector::Observation;

constexpr double kGB = 1e9;
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kFast = 1, kHourly = 2, kSixHourly = 3;
constexpr std::uint64_t kEpoch = 7;

double SecondsOf(absl::Time time) { return static_cast<double>(absl::ToUnixSeconds(time)); }
double HourOfDay(absl::Time now) { return std::fmod(absl::ToDoubleHours(now - kMonthStart), 24); }
int DayOf(absl::Time now) { return static_cast<int>(absl::ToDoubleHours(now - kMonthStart) / 24); }

}  // namespace

// SplitMix64 (Steele, Lea, Flood 2014).
double Chance::Next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

OfficeMachine::OfficeMachine(int number, std::uint64_t seed, std::vector<Fault> faults)
    : number_(number), chance_(seed * 1'000'003 + static_cast<std::uint64_t>(number)), faults_(std::move(faults)) {
  const std::string digits = std::to_string(1000 + number);
  record_.id = StrCat("6f1c2f9e-0000-4000-8000-00000000", digits);
  record_.machine_class = ClassOf(number);
  record_.host_name = record_.instance = StrCat(record_.machine_class, "-", digits.substr(1));
  record_.address = StrCat("192.0.", number / 250, ".", 1 + number % 250);
  record_.site = number % 3 == 0 ? "Head office" : number % 3 == 1 ? "North" : "Harbour";
  record_.interval = kOfficeInterval;
  arrives_ = chance_.Between(7.5, 9.5);
  leaves_ = chance_.Between(16, 18.5);
  grows_ = chance_.Between(0, 0.0006);
  if (!IsServer() && chance_.Next() < 0.15) holiday_ = 7 * chance_.Below(4);
  stays_on_ = record_.machine_class == "desktop" && chance_.Next() < 0.15;
  groups_ = {{kFast, kOfficeInterval}, {kHourly, absl::Hours(1)}, {kSixHourly, absl::Hours(6)}};
  Furnish();
  v1::DescriptorSet set;
  set.set_epoch(kEpoch);
  for (const auto& [id, interval] : groups_) {
    v1::ProbeGroup& group = *set.add_groups();
    group.set_id(id);
    group.set_name(StrCat("group", id));
    group.set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(interval)));
  }
  for (const Series& one : series_) {
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(one.id);
    series.set_group(one.group);
    series.set_metric(one.metric);
    series.set_type(v1::METRIC_TYPE_GAUGE);
    series.set_kind(v1::VALUE_KIND_DOUBLE);
    for (const auto& [name, value] : one.labels) {
      v1::Label& label = *series.add_labels();
      label.set_name(name);
      label.set_value(value);
    }
  }
  descriptors_ = std::make_shared<wire::DescriptorTable>();
  if (const absl::Status status = descriptors_->Add(set); !status.ok()) throw std::runtime_error(std::string(status.message()));
}

void OfficeMachine::Add(std::uint32_t group, std::string metric, std::vector<std::pair<std::string, std::string>> labels,
                        std::function<double(MachineState&)> value) {
  std::sort(labels.begin(), labels.end());
  series_.push_back({static_cast<std::uint32_t>(series_.size() + 1), group, std::move(metric), std::move(labels), std::move(value)});
}

namespace {

// The value that the state has under this name.
std::function<double(MachineState&)> Of(std::string name) {
  return [name = std::move(name)](MachineState& state) { return state[name]; };
}

}  // namespace

void OfficeMachine::Furnish() {
  MachineState& s = state_;
  s["boot"] = SecondsOf(kMonthStart - absl::Hours(24 * (1 + chance_.Below(20))));
  s["memory"] = IsServer() ? 64 * kGB : 16 * kGB;
  s["cores"] = 4;
  s["sync"] = s["refresh_works"] = s["updates_install"] = 1;
  Add(kFast, "node_boot_time_seconds", {}, Of("boot"));
  Add(kFast, "node_memory_MemTotal_bytes", {}, Of("memory"));
  Add(kFast, "node_memory_MemAvailable_bytes", {}, [](MachineState& state) { return state["memory"] * state["available"]; });
  Add(kFast, "node_pressure_memory_waiting_seconds_total", {}, Of("memory_waiting"));
  Add(kFast, "node_vmstat_oom_kill", {}, Of("oom"));
  Add(kFast, "node_vmstat_pgmajfault", {}, Of("major_faults"));
  Add(kFast, "node_load1", {}, Of("load"));
  Add(kFast, "node_load5", {}, Of("load"));
  for (int core = 0; core < 4; ++core) {
    const std::string cpu = std::to_string(core);
    Add(kFast, "node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "idle"}}, Of("cpu_idle"));
    Add(kFast, "node_cpu_seconds_total", {{"cpu", cpu}, {"mode", "user"}}, Of("cpu_user"));
  }
  for (const char* what : {"receive_packets_total", "transmit_packets_total", "receive_errs_total", "transmit_errs_total", "carrier_changes_total"}) {
    Add(kFast, StrCat("node_network_", what), {{"device", "eth0"}}, Of(what));
  }
  Add(kFast, "node_hwmon_temp_celsius", {{"chip", "coretemp"}, {"sensor", "temp1"}}, Of("temperature"));
  Add(kFast, "node_hwmon_temp_max_celsius", {{"chip", "coretemp"}, {"sensor", "temp1"}}, [](MachineState&) { return 84.0; });
  Add(kFast, "node_hwmon_temp_crit_celsius", {{"chip", "coretemp"}, {"sensor", "temp1"}}, [](MachineState&) { return 100.0; });
  Add(kFast, "node_timex_offset_seconds", {}, Of("offset"));
  Add(kFast, "node_timex_sync_status", {}, Of("sync"));
  Add(kFast, "node_timex_maxerror_seconds", {}, [](MachineState& state) { return state["sync"] == 1 ? 0.05 : 16.0; });
  Add(kHourly, "steward_updates_pending", {{"kind", "security"}}, Of("security_updates"));
  Add(kHourly, "steward_updates_refresh_timestamp_seconds", {}, Of("refreshed"));
  Add(kHourly, "steward_updates_automatic", {}, [](MachineState&) { return 1.0; });
  Add(kHourly, "steward_reboot_required", {}, Of("reboot"));
  Add(kHourly, "steward_reboot_required_since_timestamp_seconds", {}, [](MachineState& state) { return state["reboot"] == 1 ? state["reboot_since"] : kAbsent; });
  Add(kHourly, "steward_boot_restarts", {{"shutdown", "missing"}}, Of("crashes"));
  Add(kHourly, "steward_boot_after_shutdown", {}, [](MachineState& state) { return state["crashed"] == 1 ? 0.0 : 1.0; });
  Add(kHourly, "steward_boot_recorded_timestamp_seconds", {}, Of("boot"));
  Add(kHourly, "steward_privileged_accounts", {}, [](MachineState& state) { return 2 + state["admins"]; });
  Add(kHourly, "steward_posture_firewall_enabled", {{"family", "inet"}}, [](MachineState& state) { return 1 - state["firewall_off"]; });
  Add(kHourly, "steward_posture_ssh_root_password_login", {}, Of("root_login"));
  Add(kHourly, "steward_failed_logins", {{"source", "inside"}}, Of("failed_logins"));
  Add(kFast, "steward_failed_logins_burst", {{"source", "inside"}}, Of("failed_logins"));
  Add(kHourly, "steward_posture_antivirus_running", {{"part", "scanner"}}, [](MachineState& state) { return 1 - state["scanner_off"]; });
  FurnishStorage();
  if (IsServer()) FurnishServer();
  else FurnishWorkstation();
}

void OfficeMachine::FurnishStorage() {
  MachineState& s = state_;
  std::vector<std::pair<std::string, double>> mounts = {{"/", IsServer() ? 100 * kGB : 500 * kGB}};
  if (IsServer()) mounts.emplace_back("/srv", 2000 * kGB);
  for (const auto& [mountpoint, size] : mounts) {
    const std::string used = StrCat("used", mountpoint);
    s[used] = chance_.Between(0.25, 0.6);
    const std::vector<std::pair<std::string, std::string>> labels = {
        {"device", StrCat("/dev/mapper/vg", mountpoint == "/" ? "-root" : "-srv")}, {"fstype", "ext4"}, {"mountpoint", mountpoint}};
    Add(kFast, "node_filesystem_size_bytes", labels, [size](MachineState&) { return size; });
    for (const char* metric : {"node_filesystem_avail_bytes", "node_filesystem_free_bytes"}) {
      Add(kFast, metric, labels, [size, used](MachineState& state) { return size * (1 - std::min(1.0, state[used] + state["temporary"])); });
    }
    Add(kFast, "node_filesystem_readonly", labels, mountpoint == "/" ? Of("never") : Of("read_only"));
    Add(kFast, "node_filesystem_files", labels, [](MachineState&) { return 1e7; });
    Add(kFast, "node_filesystem_files_free", labels, [](MachineState& state) { return 1e7 * (1 - 0.2 - state["files"]); });
  }
  const std::vector<std::pair<std::string, std::string>> disk = {{"device", "sda"}};
  Add(kSixHourly, "smartctl_device", {{"device", "sda"}, {"model_name", "Disk"}, {"serial_number", StrCat("S", number_)}}, [](MachineState&) { return 1.0; });
  Add(kSixHourly, "smartctl_device_smart_status", disk, [](MachineState& state) { return 1 - state["smart_failed"]; });
  s["wear"] = std::floor(chance_.Between(1, 60));
  Add(kSixHourly, "smartctl_device_percentage_used", disk, Of("wear"));
  Add(kSixHourly, "smartctl_device_rotation_rate", disk, [server = IsServer()](MachineState&) { return server ? 7200.0 : 0.0; });
  for (const char* attribute : {"5", "187", "197", "198"}) {
    Add(kSixHourly, "smartctl_device_attribute", {{"device", "sda"}, {"attribute_id", attribute}},
        attribute == std::string_view("197") ? Of("pending_sectors") : Of("never"));
  }
  Add(kFast, "smartctl_device_temperature", {{"device", "sda"}, {"temperature_type", "current"}}, [](MachineState& state) { return 34 + state["disk_heat"]; });
}

void OfficeMachine::FurnishServer() {
  Add(kFast, "node_md_disks", {{"device", "md0"}, {"state", "active"}}, [](MachineState& state) { return 2 - state["disk_out"]; });
  Add(kFast, "node_md_disks", {{"device", "md0"}, {"state", "failed"}}, Of("disk_out"));
  Add(kFast, "node_md_disks_required", {{"device", "md0"}}, [](MachineState&) { return 2.0; });
  Add(kFast, "node_md_degraded", {{"device", "md0"}}, Of("disk_out"));
  for (const char* unit : {"nginx.service", "postgresql.service", "smbd.service", "cron.service"}) {
    const bool fails = unit == std::string_view("smbd.service");
    Add(kFast, "node_systemd_unit_state", {{"name", unit}, {"state", "failed"}, {"type", "simple"}}, fails ? Of("service_failed") : Of("never"));
    Add(kFast, "node_systemd_unit_state", {{"name", unit}, {"state", "active"}, {"type", "simple"}},
        [fails](MachineState& state) { return fails ? 1 - state["service_failed"] : 1.0; });
  }
  Add(kFast, "node_systemd_unit_state", {{"name", "report.service"}, {"state", "failed"}, {"type", "oneshot"}}, Of("job_failed"));
  Add(kFast, "steward_systemd_job_failed_runs", {{"name", "report.service"}}, [](MachineState& state) { return 2 * state["job_failed"]; });
  Add(kFast, "node_edac_correctable_errors_total", {{"controller", "0"}}, Of("ecc"));
  Add(kHourly, "steward_backup_last_success_timestamp_seconds", {{"job", "nightly"}}, Of("backup_time"));
  Add(kHourly, "steward_backup_last_success", {{"job", "nightly"}}, [](MachineState& state) { return 1 - state["backup_failed"]; });
  Add(kHourly, "steward_backup_last_bytes", {{"job", "nightly"}}, Of("backup_bytes"));
  state_["backup_time"] = SecondsOf(kMonthStart - absl::Hours(22));
  state_["backup_bytes"] = 50 * kGB;
  state_["certificate"] = SecondsOf(kMonthStart + absl::Hours(24) * chance_.Between(90, 300));
  Add(kSixHourly, "steward_certificate_not_after_timestamp_seconds", {{"path", "/etc/ssl/site.pem"}, {"renewal", "manual"}, {"subject", "www"}}, Of("certificate"));
}

void OfficeMachine::FurnishWorkstation() {
  const bool laptop = record_.machine_class == "laptop";
  for (const char* mountpoint : {"/", "/home"}) {
    if (laptop) Add(kHourly, "steward_posture_disk_encrypted", {{"mountpoint", mountpoint}}, [](MachineState& state) { return 1 - state["decrypted"]; });
  }
  Add(kHourly, "steward_posture_screen_lock_enabled", {}, [](MachineState& state) { return 1 - state["lock_off"]; });
  Add(kHourly, "steward_posture_screen_lock_delay_seconds", {}, [](MachineState&) { return 300.0; });
  if (!laptop) return;
  state_["battery"] = chance_.Between(0.76, 0.98);
  Add(kSixHourly, "node_power_supply_energy_full", {{"power_supply", "BAT0"}}, [](MachineState& state) { return 50 * state["battery"]; });
  Add(kSixHourly, "node_power_supply_energy_full_design", {{"power_supply", "BAT0"}}, [](MachineState&) { return 50.0; });
}

OfficeMachine::Power OfficeMachine::PowerAt(absl::Time now) {
  for (const Fault& fault : faults_) {
    const bool lost = fault.type == "machine-offline" || fault.type == "machine-missing";
    if (lost && now >= fault.begin && now < fault.end) return Power::kGone;
  }
  const double hour = HourOfDay(now);
  const int day = DayOf(now);
  // The second and fourth Tuesday's updates restart half of the servers in the night after.
  if (IsServer()) return (day == 9 || day == 23) && number_ % 2 == 0 && hour >= 3 && hour < 3.1 ? Power::kOff : Power::kOn;
  if (holiday_ >= 0 && day >= holiday_ && day < holiday_ + 7) return Power::kOff;
  if (stays_on_) return Power::kOn;
  if (day % 7 >= 5) return Power::kOff;
  const double shift = 0.5 * std::sin(1.7 * day + number_);
  const bool works = hour >= arrives_ + shift && hour < leaves_ + shift;
  const bool lunch = record_.machine_class == "laptop" && hour >= 12 && hour < 12.75;
  return !works ? Power::kOff : lunch ? Power::kAsleep : Power::kOn;
}

void OfficeMachine::Advance(absl::Time now) {
  const Power before = power_;
  farewell_ = v1::MachineEvent::KIND_UNSPECIFIED;
  agent_runs_ = true;
  const double hours = absl::ToDoubleHours(kOfficeInterval);
  for (const Fault& fault : faults_) {
    if (now < fault.begin || now >= fault.end + kOfficeInterval) continue;
    Suffer(fault, now, now < fault.begin + kOfficeInterval, now >= fault.end, hours);
  }
  power_ = PowerAt(now);
  if (before == Power::kOn && power_ == Power::kOff) {
    farewell_ = IsServer() ? v1::MachineEvent::MACHINE_RESTARTING : v1::MachineEvent::MACHINE_SHUTTING_DOWN;
  }
  if (before == Power::kOn && power_ == Power::kAsleep) farewell_ = v1::MachineEvent::SUSPENDING;
  if (power_ != Power::kOn) return;
  if (before == Power::kOff || before == Power::kGone) state_["boot"] = SecondsOf(now);
  Live(now, hours);
}

void OfficeMachine::Live(absl::Time now, double hours) {
  MachineState& s = state_;
  const double hour = HourOfDay(now);
  const bool works = DayOf(now) % 7 < 5 && hour >= 8 && hour < 17;
  const bool nightly = IsServer() && hour >= 1 && hour < 2.5;
  const double busy = s["cpu_fault"] > 0 ? s["cpu_fault"] : std::min(0.9, (nightly ? 0.7 : works ? 0.25 : 0.05) + chance_.Between(0, 0.15));
  const double seconds = 3600 * hours;
  s["cpu_idle"] += seconds * (1 - busy);
  s["cpu_user"] += seconds * busy;
  s["load"] = s["cpu_fault"] > 0 ? 5 * s["cores"] : 4 * busy + chance_.Between(0, 0.5);
  s["available"] = s["memory_fault"] > 0 ? 0.04 : (works ? 0.4 : 0.6) + chance_.Between(-0.1, 0.1);
  s["memory_waiting"] += seconds * (s["memory_fault"] > 0 ? 0.3 : 0.0005);
  s["major_faults"] += seconds * (s["memory_fault"] > 0 ? 900 : 2);
  s["temperature"] = 45 + 25 * busy + chance_.Between(-2, 2) + s["heat"];
  s["offset"] = s["sync"] == 1 ? chance_.Between(-0.002, 0.002) : s["offset"] + 0.1 * hours;
  const double packets = seconds * (works ? 300 : nightly ? 2000 : 20);
  s["receive_packets_total"] += packets;
  s["transmit_packets_total"] += packets;
  s["receive_errs_total"] += s["bad_cable"] * packets;
  s["failed_logins"] = s["guessing"] > 0 ? 40 : chance_.Below(3);
  // Files come while people work; what is temporary goes again.
  s["used/"] += works ? grows_ * hours / 9 : 0;
  s["used/srv"] += works ? grows_ * hours / 9 : 0;
  s["temporary"] = nightly && number_ % 5 == 0 ? 0.15 : works ? chance_.Between(0, 0.01) : 0;
  if (s["refresh_works"] == 1) s["refreshed"] = SecondsOf(now - absl::Hours(std::fmod(hour, 12)));
  // Fixes come on Tuesdays, and are installed within days.
  if (DayOf(now) % 7 == 1 && hour >= 9 && hour < 9.5) s["security_updates"] = 3;
  if (s["updates_install"] == 1 && DayOf(now) % 7 >= 3) s["security_updates"] = 0;
  if (nightly && hour >= 2.4 && s["backup_off"] == 0 && s["backup_failed"] == 0) {
    s["backup_time"] = SecondsOf(now);
    s["backup_bytes"] = (50 + chance_.Between(-2, 2)) * kGB;
  }
}

void OfficeMachine::Suffer(const Fault& fault, absl::Time now, bool begins, bool ends, double hours) {
  MachineState& s = state_;
  const std::string& type = fault.type;
  const double on = ends ? 0 : 1;
  const auto step = [&](const char* name, double by) { if (begins) s[name] += by; };
  if (type == "agent-silent") agent_runs_ = ends;
  else if (type == "clock-wrong") s["sync"] = 1 - on;
  else if (type == "unexpected-restart") { if (begins) { s["crashed"] = 1; s["crashes"] += 1; s["boot"] = SecondsOf(now); } }
  else if (type == "reboot-pending") { s["reboot"] = 1; step("reboot_since", SecondsOf(now)); }
  else if (type == "disk-space-low") { const char* used = IsServer() ? "used/srv" : "used/"; if (begins) { s["before"] = s[used]; s[used] = 0.965; } if (ends) s[used] = s["before"]; }
  else if (type == "disk-fill-forecast" && fault.end - fault.begin < absl::Hours(24)) { if (begins) { s["before"] = s["used/srv"]; s["used/srv"] = 0.52; } s["used/srv"] += 0.035 * hours; if (ends) s["used/srv"] = s["before"]; }
  else if (type == "disk-fill-forecast") { if (begins) s["used/srv"] = 0.62; s["used/srv"] += 0.011 * hours / 24; }
  else if (type == "inodes-low") s["files"] = 0.74 * on;
  else if (type == "filesystem-faulty") s["read_only"] = on;
  else if (type == "disk-smart-failing") s["smart_failed"] = 1;
  else if (type == "disk-errors-growing") step("pending_sectors", 1);
  else if (type == "disk-wear-high") s["wear"] = 81;
  else if (type == "disk-too-hot") s["disk_heat"] = 20 * on;
  else if (type == "raid-degraded") s["disk_out"] = on;
  else if (type == "memory-pressure") s["memory_fault"] = on;
  else if (type == "oom-kill") step("oom", 1);
  else if (type == "cpu-saturated") s["cpu_fault"] = 0.99 * on;
  else if (type == "overheating") s["heat"] = 38 * on;
  else if (type == "memory-ecc-errors") step("ecc", 25);
  else if (type == "hardware-shrunk") { if (begins) s["memory"] /= 2; }
  else if (type == "laptop-battery-worn") s["battery"] = 0.62;
  else if (type == "nic-faulty") s["bad_cable"] = 0.05 * on;
  else if (type == "service-failed") s["service_failed"] = on;
  else if (type == "scheduled-job-failed") s["job_failed"] = on;
  else if (type == "security-updates-overdue") { s["updates_install"] = 0; s["security_updates"] = std::max(1.0, s["security_updates"]); }
  else if (type == "updates-not-working") s["refresh_works"] = 0;
  else if (type == "certificate-expiring") { if (begins) s["certificate"] = SecondsOf(now + absl::Hours(24 * 31)); }
  else if (type == "backup-stale") s["backup_off"] = 1;
  else if (type == "backup-failed") s["backup_failed"] = on;
  else if (type == "firewall-off") s["firewall_off"] = 1;
  else if (type == "disk-encryption-off") s["decrypted"] = 1;
  else if (type == "screen-lock-off") s["lock_off"] = 1;
  else if (type == "risky-exposure") s["root_login"] = 1;
  else if (type == "failed-logins") s["guessing"] = on;
  else if (type == "new-local-admin") s["admins"] = 1;
  else if (type == "antivirus-unhealthy") s["scanner_off"] = 1;
  else if (type != "machine-offline" && type != "machine-missing") throw std::runtime_error(StrCat("nobody plants ", type));
}

Observation OfficeMachine::Sample(absl::Time now) {
  Observation observation;
  observation.machine = std::make_shared<const collector::MachineRecord>(record_);
  observation.epoch = kEpoch;
  observation.sequence = ++sequence_;
  observation.time = observation.arrival_time = now;
  observation.newest = true;
  observation.descriptors = descriptors_;
  if (farewell_ != v1::MachineEvent::KIND_UNSPECIFIED) observation.events.emplace_back().set_kind(farewell_);
  for (const auto& [id, interval] : groups_) {
    const auto last = sampled_.try_emplace(id, absl::InfinitePast()).first;
    if (now - last->second < interval) continue;
    last->second = now;
    observation.groups.emplace_back().group = id;
  }
  for (const Series& one : series_) {
    const auto group = std::find_if(observation.groups.begin(), observation.groups.end(), [&](const auto& due) { return due.group == one.group; });
    if (group == observation.groups.end()) continue;
    const double value = one.value(state_);
    if (!std::isnan(value)) group->values.push_back({one.id, value});
  }
  record_.last_seen_time = now;
  return observation;
}

}  // namespace steward::bench
