#include "collector/remote_write/series_labels.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "collector/remote_write/write_request.h"

namespace steward::collector {
namespace {

constexpr std::string_view kJob = "job";
constexpr std::string_view kNodeJob = "node";  // as service discovery says

bool IsMachineLabel(std::string_view name) {
  return name == "instance" || name == "machine" || name == "site" || name == "class";
}

}  // namespace

MachineLabels LabelsOf(const MachineRecord& machine) {
  return {machine.instance.empty() ? machine.host_name : machine.instance, machine.id, machine.site,
          machine.machine_class};
}

std::string SeriesLabels(const MachineLabels& machine, const v1::SeriesDescriptor& series) {
  absl::InlinedVector<std::pair<std::string_view, std::string_view>, 16> labels = {{"__name__", series.metric()},
                                                                                   {"class", machine.machine_class},
                                                                                   {"instance", machine.instance},
                                                                                   {"machine", machine.machine},
                                                                                   {"site", machine.site}};
  bool has_job = false;
  for (const v1::Label& label : series.labels()) {
    if (IsMachineLabel(label.name())) continue;
    has_job = has_job || label.name() == kJob;
    labels.emplace_back(label.name(), label.value());
  }
  if (!has_job) labels.emplace_back(kJob, kNodeJob);
  std::sort(labels.begin(), labels.end());

  std::string fields;
  fields.reserve(256);
  for (const auto& [name, value] : labels) {
    if (!value.empty()) AppendLabelField(name, value, fields);
  }
  return fields;
}

}  // namespace steward::collector
