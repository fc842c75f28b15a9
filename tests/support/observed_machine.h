// A machine whose batches a test writes by hand: what ingest would hand to an ObservationSink.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "collector/ingest/observation.h"

namespace steward::collector {

class ObservedMachine {
 public:
  explicit ObservedMachine(MachineRecord record) : record_(std::make_shared<const MachineRecord>(std::move(record))) {}

  static MachineRecord Record(std::string host_name, std::string id, std::string site = "Head office",
                              std::string machine_class = "server") {
    MachineRecord record;
    record.id = std::move(id);
    record.host_name = host_name;
    record.instance = std::move(host_name);
    record.site = std::move(site);
    record.machine_class = std::move(machine_class);
    return record;
  }

  const MachineRecord& record() const { return *record_; }

  void AddGroup(std::uint32_t id, absl::Duration interval) {
    v1::DescriptorSet set;
    v1::ProbeGroup* group = set.add_groups();
    group->set_id(id);
    group->set_name("group" + std::to_string(id));
    group->set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(interval)));
    Add(set);
  }

  // Returns the series' id.
  std::uint32_t AddSeries(std::uint32_t group, std::string metric, std::map<std::string, std::string> labels = {},
                          v1::MetricType type = v1::METRIC_TYPE_GAUGE, std::string help = "") {
    v1::DescriptorSet set;
    v1::SeriesDescriptor* series = set.add_series();
    series->set_id(++last_series_);
    series->set_group(group);
    series->set_metric(std::move(metric));
    for (auto& [name, value] : labels) {
      v1::Label* label = series->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
    series->set_type(type);
    series->set_kind(v1::VALUE_KIND_DOUBLE);
    series->set_help(std::move(help));
    Add(set);
    return last_series_;
  }

  // A restart of the agent: nothing described yet.
  void NewEpoch() {
    ++epoch_;
    last_series_ = 0;
    descriptors_ = std::make_shared<wire::DescriptorTable>();
  }

  Observation At(absl::Time time, std::vector<ObservedGroup> groups) {
    Observation observation;
    observation.machine = record_;
    observation.epoch = epoch_;
    observation.sequence = ++sequence_;
    observation.time = time;
    observation.arrival_time = time;
    observation.descriptors = descriptors_;
    observation.groups = std::move(groups);
    observation.newest = true;
    return observation;
  }

 private:
  void Add(const v1::DescriptorSet& set) {
    if (const absl::Status added = descriptors_->Add(set); !added.ok()) throw std::invalid_argument(added.ToString());
  }

  std::shared_ptr<const MachineRecord> record_;
  std::uint64_t epoch_ = 1;
  std::uint64_t sequence_ = 0;
  std::uint32_t last_series_ = 0;
  std::shared_ptr<wire::DescriptorTable> descriptors_ = std::make_shared<wire::DescriptorTable>();
};

}  // namespace steward::collector
