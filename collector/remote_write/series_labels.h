// The labels under which a machine's series is known to a receiver: the same as a scrape of /metrics/machines/<id>
// gives.
#pragma once

#include <string>

#include "collector/storage/records.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

// What every series of a machine carries. Empty ones are left out, as Prometheus does.
struct MachineLabels {
  std::string instance;
  std::string machine;
  std::string site;
  std::string machine_class;
  friend bool operator==(const MachineLabels&, const MachineLabels&) = default;
};

// A retired machine has no instance any more: its host name stands in.
MachineLabels LabelsOf(const MachineRecord& machine);

// Label fields of a write request (write_request.h), sorted. The machine's own labels win over those of the series;
// job="node" is added unless the series has a job.
std::string SeriesLabels(const MachineLabels& machine, const v1::SeriesDescriptor& series);

}  // namespace steward::collector
