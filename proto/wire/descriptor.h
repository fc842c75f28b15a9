// The groups and series of one epoch, built up from DescriptorSets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/wire/segment_codec.h"
#include "proto/wire/utf8.h"
#include "steward/v1/sample.pb.h"

namespace steward::wire {

// Name and length rules of Prometheus' data model; text that is not UTF-8 never enters the spool.
inline constexpr std::size_t kNameBytesMax = 200;
inline constexpr std::size_t kLabelValueBytesMax = 1024;
inline constexpr std::size_t kLabelsMax = 32;
// Ids are handed out in order and never used again in an epoch, so series that come and go use them up; an agent that
// reaches the limit begins a new epoch.
inline constexpr std::uint32_t kSeriesIdMax = 100'000;
inline constexpr std::uint32_t kGroupIdMax = 256;

// A well-formed descriptor: id and group from 1, Prometheus names, labels sorted and unique, UTF-8, known kind and type,
// scale_denominator >= 0. InvalidArgument says which field and what it holds.
absl::Status CheckDescriptor(const v1::SeriesDescriptor& series);

// The value a person sees: integer * numerator / denominator, or the double itself.
double ScaledValue(const v1::SeriesDescriptor& series, RawValue raw);

class DescriptorTable final : public SeriesKinds {
 public:
  // Adds what is new. Sending the same descriptor again is no error; another meaning under a known id is
  // (InvalidArgument), as are more than kSeriesIdMax series (ResourceExhausted). All or nothing.
  absl::Status Add(const v1::DescriptorSet& set);

  // Null for an id that is not known. Pointers stay valid as long as the table.
  const v1::SeriesDescriptor* Series(std::uint32_t id) const;
  const v1::ProbeGroup* Group(std::uint32_t id) const;
  std::size_t series_count() const { return series_count_; }
  std::uint32_t max_series_id() const;

  bool IsKnown(std::uint32_t series) const override;
  bool IsDouble(std::uint32_t series) const override;
  std::uint32_t GroupOf(std::uint32_t series) const override;

 private:
  std::vector<std::unique_ptr<v1::SeriesDescriptor>> series_;  // by id - 1; null where unknown
  std::vector<std::unique_ptr<v1::ProbeGroup>> groups_;        // by id - 1
  std::size_t series_count_ = 0;
};

}  // namespace steward::wire
