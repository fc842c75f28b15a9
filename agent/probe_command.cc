#include "agent/probe_command.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/inventory/inventory.h"
#include "agent/inventory/notes.h"
#include "agent/platform/platform.h"
#include "agent/platform/recording_platform.h"
#include "agent/probe.h"
#include "agent/probe_report.h"
#include "agent/probes/package_updates.h"

namespace steward::agent {
namespace {

constexpr std::string_view kInventoryName = "inventory";

constexpr int kReported = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

bool IsAsked(const ProbeOptions& options, std::string_view name) {
  return options.names.empty() || std::find(options.names.begin(), options.names.end(), name) != options.names.end();
}

// False, with the list of names on `err`, if one is unknown.
bool AreKnown(const ProbeOptions& options, const std::vector<std::unique_ptr<Probe>>& probes, std::ostream& err) {
  std::vector<std::string_view> known;
  for (const auto& probe : probes) known.push_back(probe->name());
  known.push_back(kInventoryName);
  for (const std::string& name : options.names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    err << "steward-agent probe: there is no probe named \"" << name << "\". There are:";
    for (const std::string_view other : known) err << ' ' << other;
    err << '\n';
    return false;
  }
  return true;
}

}  // namespace

int RunProbeCommand(const ProbeOptions& options, std::ostream& out, std::ostream& err) {
  std::unique_ptr<Platform> source;
  if (options.root.empty()) {
    source = NewHostPlatform();
  } else {
    absl::StatusOr<std::unique_ptr<Platform>> recorded = NewRecordedPlatform(options.root);
    if (!recorded.ok()) {
      err << "steward-agent probe: --root: " << recorded.status().message() << '\n';
      return kFailed;
    }
    source = *std::move(recorded);
  }
  RecordingPlatform recorder(*source);
  Platform& platform = options.record.empty() ? *source : recorder;

  ProbeSettings settings = options.settings;
  settings.once = true;
  if (!options.root.empty()) settings.scrapes.clear();  // they would be asked on this machine
  settings.notes = std::make_shared<NoteBoard>();
  settings.updates = std::make_shared<PackageUpdates>(platform);
  std::vector<std::unique_ptr<Probe>> probes = MakeProbes(platform, settings);
  if (!AreKnown(options, probes, err)) return kWrongUsage;
  std::erase_if(probes, [&](const auto& probe) { return !IsAsked(options, probe->name()); });
  std::vector<std::unique_ptr<InventorySource>> inventory;
  if (IsAsked(options, kInventoryName)) inventory = MakeInventorySources(platform, settings.updates);

  ProbeReport report = MakeProbeReport(probes, inventory);
  AddNotes(*settings.notes, {}, report.inventory);
  if (!options.record.empty()) {
    if (options.names.empty()) ReadMachineIdentity(platform);
    const absl::Status status = recorder.WriteTo(options.record);
    if (!status.ok()) {
      err << "steward-agent probe: --record: " << status.message() << '\n';
      return kFailed;
    }
    err << "recorded to " << options.record << "; show it with: steward-agent probe --root " << options.record << '\n';
  }
  out << (options.json ? ReportJson(report) : ReportText(report));
  return kReported;
}

}  // namespace steward::agent
