#include "tests/collector/storage/sample_writer.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

}  // namespace

SampleWriter::SampleWriter(std::string machine_id, std::uint64_t epoch) : machine_id_(std::move(machine_id)) {
  descriptors_.set_epoch(epoch);
}

std::uint32_t SampleWriter::AddSeries(const std::string& metric, const std::map<std::string, std::string>& labels,
                                      std::uint32_t group, std::int64_t denominator) {
  if (table_.Group(group) == nullptr) {
    v1::ProbeGroup* added = descriptors_.add_groups();
    added->set_id(group);
    added->set_name(absl::StrCat("probe", group));
    added->set_interval_ms(15'000);
  }
  v1::SeriesDescriptor* series = descriptors_.add_series();
  series->set_id(static_cast<std::uint32_t>(descriptors_.series_size()));
  series->set_group(group);
  series->set_metric(metric);
  for (const auto& [name, value] : labels) {
    v1::Label* label = series->add_labels();
    label->set_name(name);
    label->set_value(value);
  }
  series->set_type(v1::METRIC_TYPE_GAUGE);
  series->set_kind(v1::VALUE_KIND_INTEGER);
  series->set_scale_denominator(denominator);
  Must(table_.Add(descriptors_));
  return series->id();
}

BatchRecord SampleWriter::Next(absl::Time time, const std::map<std::uint32_t, std::int64_t>& values) {
  ++sequence_;
  if (encoder_ == nullptr) {
    encoder_ = std::make_unique<wire::SegmentEncoder>(table_);
    segment_first_ = sequence_;
  }
  std::map<std::uint32_t, wire::GroupSample> groups;
  for (const auto& [series, value] : values) {
    wire::GroupSample& group = groups[table_.GroupOf(series)];
    group.group = table_.GroupOf(series);
    group.values.push_back({series, value});
  }
  wire::SampleBatch batch;
  batch.boot_ms = absl::ToUnixMillis(time);
  for (auto& [id, group] : groups) batch.groups.push_back(std::move(group));
  BatchRecord record;
  record.machine_id = machine_id_;
  record.epoch = descriptors_.epoch();
  record.sequence = sequence_;
  record.segment_first_sequence = segment_first_;
  record.time = time;
  record.sample_count = values.size();
  Must(encoder_->Encode(batch, record.samples));
  return record;
}

}  // namespace steward::collector
