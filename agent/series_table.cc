#include "agent/series_table.h"

#include <algorithm>

#include "base/text.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/utf8.h"

namespace steward::agent {
namespace {

constexpr char kBeforeName = '\xff';   // neither occurs in UTF-8
constexpr char kBeforeValue = '\xfe';

bool TravelsAsItIs(std::string_view text) {
  return text.size() <= wire::kLabelValueBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

v1::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kGauge: return v1::METRIC_TYPE_GAUGE;
    case MetricType::kCounter: return v1::METRIC_TYPE_COUNTER;
    case MetricType::kUntyped: return v1::METRIC_TYPE_UNTYPED;
  }
  return v1::METRIC_TYPE_UNTYPED;
}

}  // namespace

void SeriesTable::MakeKey(const Metric& metric, absl::Span<const LabelView> labels) {
  key_.assign(metric.name);
  for (const auto& [name, value] : labels) {
    key_.push_back(kBeforeName);
    key_.append(name);
    key_.push_back(kBeforeValue);
    if (TravelsAsItIs(value)) {
      key_.append(value);
    } else {
      key_.append(wire::EscapedUtf8(value, wire::kLabelValueBytesMax));
    }
  }
}

void SeriesTable::BeginGroup(std::uint32_t group) {
  if (group_first_.size() <= group) group_first_.resize(group + 1);
  link_ = &group_first_[group];
}

SeriesTable::Found SeriesTable::Find(std::uint32_t group, const Metric& metric, absl::Span<const LabelView> labels,
                                     v1::DescriptorSet& fresh) {
  Found found;
  MakeKey(metric, labels);
  std::uint32_t index = 0;
  if (*link_ != 0 && series_[*link_ - 1].key == key_) {
    index = *link_ - 1;
  } else if (const auto it = index_.find(ToAbsl(key_)); it != index_.end()) {
    index = it->second;
  } else {
    index = AddSeries(group, metric, labels, fresh, found.reason);
  }
  Series& series = series_[index];
  *link_ = index + 1;
  link_ = &series.next;
  found.id = series.group == group ? series.id : 0;
  return found;
}

std::uint32_t SeriesTable::AddSeries(std::uint32_t group, const Metric& metric, absl::Span<const LabelView> labels,
                                     v1::DescriptorSet& fresh, std::string& reason) {
  v1::SeriesDescriptor descriptor;
  descriptor.set_id(last_id_ + 1);
  descriptor.set_group(group);
  descriptor.set_metric(std::string(metric.name));
  for (const auto& [name, value] : labels) {
    v1::Label& label = *descriptor.add_labels();
    label.set_name(std::string(name));
    label.set_value(TravelsAsItIs(value) ? std::string(value) : wire::EscapedUtf8(value, wire::kLabelValueBytesMax));
  }
  descriptor.set_type(TypeOf(metric.type));
  descriptor.set_kind(metric.kind == ValueKind::kDouble ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
  descriptor.set_scale_numerator(metric.numerator);
  descriptor.set_scale_denominator(metric.denominator);
  if (helped_.insert(ToAbsl(metric.name)).second) descriptor.set_help(std::string(metric.help));

  Series& series = series_.emplace_back();
  series.key = key_;
  series.group = group;
  const absl::Status status = wire::CheckDescriptor(descriptor);
  if (status.ok()) {
    series.id = ++last_id_;
    *fresh.add_series() = std::move(descriptor);
  } else {
    reason = std::string(status.message());
  }
  const auto index = static_cast<std::uint32_t>(series_.size() - 1);
  index_.emplace(ToAbsl(series.key), index);
  return index;
}

void SeriesTable::Clear() {
  index_.clear();
  helped_.clear();
  group_first_.clear();
  series_.clear();
  last_id_ = 0;
  link_ = nullptr;
}

}  // namespace steward::agent
