#include "collector/metrics/exposition.h"

#include <utility>

#include "base/text.h"
#include "collector/latest/text_format.h"
#include "collector/metrics/fleet_series.h"
#include "collector/metrics/machine_series.h"
#include "prometheus/text_serializer.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

void AppendGauge(std::string_view name, std::string_view help, double value, std::string& out) {
  AppendFamilyHeader(name, help, "gauge", out);
  out.append(name);
  out += ' ';
  AppendNumber(value, out);
  out += '\n';
}

}  // namespace

std::string Exposition::CollectorText(const std::vector<MachineStatus>& machines) const {
  std::string text = prometheus::TextSerializer().Serialize(registry_.Collect());
  AppendMachineStates(machines, text);
  if (coverage_) AppendCoverage(machines, coverage_, text);
  const absl::Status read = storage_.Read([&](StorageReader& reader) {
    const auto bytes = reader.StorageBytes();
    if (!bytes.ok()) return bytes.status();
    const auto issues = reader.ListIssues(/*include_ended=*/false);
    if (!issues.ok()) return issues.status();
    AppendGauge("steward_storage_bytes", "Size of the collector's store on disk, journal included.",
                static_cast<double>(*bytes), text);
    AppendIssues(*issues, machines, text);
    return absl::OkStatus();
  });
  if (!read.ok()) spdlog::warn("metrics: storage cannot be read: {}", read.ToString());
  AppendGauge("steward_storage_up", "1 if the collector's store could be read for this page.", read.ok() ? 1 : 0, text);
  return text;
}

std::unique_ptr<TextSource> Exposition::Everything() const {
  std::vector<MachineStatus> machines = latest_.Machines();
  std::vector<std::unique_ptr<TextSource>> parts;
  parts.push_back(TextOf(CollectorText(machines)));
  parts.push_back(MachineSeries(latest_, std::move(machines)));
  return Joined(std::move(parts));
}

std::unique_ptr<TextSource> Exposition::Collector() const { return TextOf(CollectorText(latest_.Machines())); }

absl::StatusOr<std::unique_ptr<TextSource>> Exposition::Machine(std::string_view machine_id) const {
  std::optional<MachineStatus> machine = latest_.Find(machine_id);
  if (!machine.has_value()) {
    return absl::NotFoundError(StrCat("no machine with the id \"", machine_id.substr(0, 64), "\" is active"));
  }
  std::vector<MachineStatus> one;
  one.push_back(*std::move(machine));
  return MachineSeries(latest_, std::move(one));
}

}  // namespace steward::collector
