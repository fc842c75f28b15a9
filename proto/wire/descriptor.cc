#include "proto/wire/descriptor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "proto/wire/utf8.h"

namespace steward::wire {
namespace {

bool IsName(std::string_view name, bool colon_allowed) {
  if (name.empty() || name.size() > kNameBytesMax || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [colon_allowed](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || (colon_allowed && c == ':');
  });
}

absl::Status Bad(const v1::SeriesDescriptor& series, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("descriptor of series ", series.id(), " (", absl::CHexEscape(series.metric()), "): ", ToAbsl(what)));
}

absl::Status CheckLabels(const v1::SeriesDescriptor& series) {
  if (static_cast<std::size_t>(series.labels_size()) > kLabelsMax) return Bad(series, "too many labels");
  for (int i = 0; i < series.labels_size(); ++i) {
    const v1::Label& label = series.labels(i);
    if (!IsName(label.name(), false)) {
      return Bad(series, absl::StrCat("\"", absl::CHexEscape(label.name()), "\" is not a label name"));
    }
    if (i > 0 && series.labels(i - 1).name() >= label.name()) return Bad(series, "labels are not sorted and unique");
    if (label.value().size() > kLabelValueBytesMax) {
      return Bad(series, absl::StrCat("value of label ", label.name(), " is longer than ", kLabelValueBytesMax, " bytes"));
    }
    if (!IsUtf8(label.value())) return Bad(series, absl::StrCat("value of label ", label.name(), " is not UTF-8"));
  }
  return absl::OkStatus();
}

bool SameMeaning(const v1::SeriesDescriptor& a, const v1::SeriesDescriptor& b) {
  if (a.group() != b.group() || a.metric() != b.metric() || a.type() != b.type() || a.kind() != b.kind() ||
      a.scale_numerator() != b.scale_numerator() || a.scale_denominator() != b.scale_denominator()) {
    return false;
  }
  return std::equal(a.labels().begin(), a.labels().end(), b.labels().begin(), b.labels().end(),
                    [](const v1::Label& x, const v1::Label& y) { return x.name() == y.name() && x.value() == y.value(); });
}

template <typename T>
const T* At(const std::vector<std::unique_ptr<T>>& table, std::uint32_t id) {
  return id >= 1 && id <= table.size() ? table[id - 1].get() : nullptr;
}

template <typename T>
void Put(std::vector<std::unique_ptr<T>>& table, const T& item) {
  if (table.size() < item.id()) table.resize(item.id());
  table[item.id() - 1] = std::make_unique<T>(item);
}

}  // namespace

absl::Status CheckDescriptor(const v1::SeriesDescriptor& series) {
  if (series.id() == 0 || series.id() > kSeriesIdMax) {
    return Bad(series, absl::StrCat("its id is not within 1 to ", kSeriesIdMax));
  }
  if (series.group() == 0 || series.group() > kGroupIdMax) {
    return Bad(series, absl::StrCat("its group is not within 1 to ", kGroupIdMax));
  }
  if (!IsName(series.metric(), true)) return Bad(series, "not a metric name");
  if (series.type() < v1::METRIC_TYPE_GAUGE || series.type() > v1::METRIC_TYPE_UNTYPED) {
    return Bad(series, "unknown metric type");
  }
  if (series.kind() != v1::VALUE_KIND_INTEGER && series.kind() != v1::VALUE_KIND_DOUBLE) {
    return Bad(series, "unknown value kind");
  }
  if (series.scale_denominator() < 0) return Bad(series, "scale_denominator is negative");
  if (series.help().size() > kLabelValueBytesMax || !IsUtf8(series.help())) return Bad(series, "help is not usable");
  return CheckLabels(series);
}

double ScaledValue(const v1::SeriesDescriptor& series, RawValue raw) {
  if (series.kind() == v1::VALUE_KIND_DOUBLE) return DoubleFromRaw(raw);
  double value = static_cast<double>(raw);
  if (series.scale_numerator() > 1 || series.scale_numerator() < 0) {
    value *= static_cast<double>(series.scale_numerator());
  }
  if (series.scale_denominator() > 1) value /= static_cast<double>(series.scale_denominator());
  return value;
}

absl::Status DescriptorTable::Add(const v1::DescriptorSet& set) {
  std::size_t added = 0;
  for (const v1::ProbeGroup& group : set.groups()) {
    if (group.id() == 0 || group.id() > kGroupIdMax || group.name().empty() || group.name().size() > kNameBytesMax ||
        !IsUtf8(group.name())) {
      return absl::InvalidArgumentError(absl::StrCat("descriptor of group ", group.id(), " is not usable"));
    }
  }
  for (const v1::SeriesDescriptor& series : set.series()) {
    if (absl::Status status = CheckDescriptor(series); !status.ok()) return status;
    const v1::SeriesDescriptor* known = Series(series.id());
    if (known == nullptr) {
      ++added;
    } else if (!SameMeaning(*known, series)) {
      return Bad(series, absl::StrCat("the id is already that of ", known->metric()));
    }
  }
  if (series_count_ + added > kSeriesIdMax) {
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kSeriesIdMax, " series in one epoch"));
  }
  for (const v1::ProbeGroup& group : set.groups()) Put(groups_, group);
  for (const v1::SeriesDescriptor& series : set.series()) {
    if (Series(series.id()) != nullptr) continue;
    Put(series_, series);
    ++series_count_;
  }
  return absl::OkStatus();
}

const v1::SeriesDescriptor* DescriptorTable::Series(std::uint32_t id) const { return At(series_, id); }
const v1::ProbeGroup* DescriptorTable::Group(std::uint32_t id) const { return At(groups_, id); }
std::uint32_t DescriptorTable::max_series_id() const { return static_cast<std::uint32_t>(series_.size()); }
bool DescriptorTable::IsKnown(std::uint32_t series) const { return Series(series) != nullptr; }

bool DescriptorTable::IsDouble(std::uint32_t series) const {
  const v1::SeriesDescriptor* descriptor = Series(series);
  return descriptor != nullptr && descriptor->kind() == v1::VALUE_KIND_DOUBLE;
}

std::uint32_t DescriptorTable::GroupOf(std::uint32_t series) const {
  const v1::SeriesDescriptor* descriptor = Series(series);
  return descriptor == nullptr ? 0 : descriptor->group();
}

}  // namespace steward::wire
