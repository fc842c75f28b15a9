// The pages that Prometheus scrapes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "collector/latest/latest.h"
#include "collector/metrics/fleet_series.h"
#include "collector/metrics/text_source.h"
#include "collector/storage/storage.h"
#include "prometheus/registry.h"

namespace steward::collector {

// Thread-safe; what it is given outlives it and its pages.
class Exposition {
 public:
  // Without `coverage` nothing is said of it.
  Exposition(const Latest& latest, Storage& storage, const prometheus::Registry& registry, CoverageRatio coverage = {})
      : latest_(latest), storage_(storage), registry_(registry), coverage_(std::move(coverage)) {}

  // /metrics: the collector's page and all machines.
  std::unique_ptr<TextSource> Everything() const;
  // /metrics/collector: the collector's own series, machines and issues. What storage cannot tell is left out,
  // and steward_storage_up is 0 then.
  std::unique_ptr<TextSource> Collector() const;
  // /metrics/machines/<id>: one machine's health; empty while nothing fresh is known. NotFound: unknown or retired.
  absl::StatusOr<std::unique_ptr<TextSource>> Machine(std::string_view machine_id) const;

 private:
  std::string CollectorText(const std::vector<MachineStatus>& machines) const;

  const Latest& latest_;
  Storage& storage_;
  const prometheus::Registry& registry_;
  const CoverageRatio coverage_;
};

}  // namespace steward::collector
