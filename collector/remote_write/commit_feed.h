// Reads committed samples from the storage in the order of commits, and makes of them what one receiver shall get.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/config/config.h"
#include "collector/remote_write/live_series.h"
#include "collector/remote_write/metric_filter.h"
#include "collector/remote_write/outgoing.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// One thread. `boot_now` is the collector's boot clock.
class CommitFeed {
 public:
  // Receivers forget what a metric means: it is repeated so often.
  static constexpr absl::Duration kMetadataEvery = absl::Minutes(5);
  static constexpr absl::Duration kRetiredEvery = absl::Minutes(1);
  // How long samples are not offered to a receiver that has just refused newer ones of the machine.
  static constexpr absl::Duration kRefusalHolds = absl::Minutes(10);

  explicit CommitFeed(const RemoteWriteConfig& target)
      : filter_(target.keep, target.drop), samples_max_(target.samples_per_request) {}

  struct Read {
    Outgoing outgoing;         // sorted
    std::string cursor;        // behind all of it
    std::size_t values = 0;    // read, whether they are sent or not
    std::size_t withheld = 0;  // not offered, see RefusedUpTo
    bool more = false;         // there is probably more
  };
  // Errors: of the storage; InvalidArgument: `after` is no cursor of this storage.
  absl::StatusOr<Read> Next(StorageReader& reader, std::string_view after, absl::Duration boot_now);

  // The receiver refused all samples of this machine's moment: older ones are not worth a request for some time.
  void RefusedUpTo(const MachineId& machine, std::int64_t time_ms, absl::Duration boot_now);

 private:
  struct Refusal {
    std::int64_t time_ms = 0;
    absl::Duration until;  // boot clock
  };
  struct Metadata {
    absl::Duration sent;  // boot clock
    bool has_help = false;
  };
  class Taking;

  bool IsRefused(const MachineId& machine, std::int64_t time_ms, absl::Duration boot_now) const;
  bool WantsMetadata(const v1::SeriesDescriptor& series, absl::Duration boot_now);

  MetricFilter filter_;
  const std::size_t samples_max_;
  LiveSeries live_;
  absl::flat_hash_map<std::string, Metadata> metadata_;  // by metric
  absl::flat_hash_map<MachineId, Refusal> refusals_;
  absl::Duration retired_checked_ = -absl::InfiniteDuration();
};

}  // namespace steward::collector
