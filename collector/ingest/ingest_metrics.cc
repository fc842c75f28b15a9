#include "collector/ingest/ingest_metrics.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"

namespace steward::collector {
namespace {

prometheus::Family<prometheus::Counter>& Counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& Gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

IngestMetrics::IngestMetrics(prometheus::Registry& registry)
    : samples_(Counters(registry, "steward_ingest_samples_total", "Samples committed.").Add({})),
      batches_(Counters(registry, "steward_ingest_batches_total", "Batches committed.").Add({})),
      duplicates_(Counters(registry, "steward_ingest_duplicate_batches_total",
                           "Batches that were committed already and came again.")
                      .Add({})),
      storage_errors_(Counters(registry, "steward_ingest_storage_errors_total",
                               "Writes that the store could not take and that are tried again.")
                          .Add({})),
      sessions_(Gauge(registry, "steward_ingest_sessions", "Agents connected.")),
      queue_bytes_(Gauge(registry, "steward_ingest_queue_bytes", "Memory held by writes that wait for the store.")),
      set_back_(Counters(registry, "steward_ingest_machines_set_back_total",
                         "Streams of machines that were set back to an earlier state, or copied.")
                    .Add({})),
      identity_conflicts_(Counters(registry, "steward_ingest_identity_conflicts_total",
                                   "Found that two machines share one identity.")
                              .Add({})),
      clock_offset_(prometheus::BuildGauge()
                        .Name("steward_machine_clock_offset_seconds")
                        .Help("The machine's wall clock less the collector's, when last measured.")
                        .Register(registry)),
      refused_(Counters(registry, "steward_ingest_refused_batches_total", "Batches refused for good, by cause.")),
      gaps_(Counters(registry, "steward_ingest_gap_batches_total", "Batches that agents declared lost, by cause.")),
      streams_refused_(Counters(registry, "steward_ingest_streams_refused_total",
                                "Streams that the collector ended, by status code.")) {
  for (const auto cause : {v1::Refusal::NOT_DECODABLE, v1::Refusal::OVER_LIMIT, v1::Refusal::CONFLICT}) {
    refused_.Add({{"cause", absl::AsciiStrToLower(v1::Refusal::Cause_Name(cause))}});
  }
}

void IngestMetrics::Committed(std::uint64_t samples, absl::Time now) {
  samples_.Increment(static_cast<double>(samples));
  batches_.Increment();
  samples_total_ += samples;
  last_commit_ms_ = absl::ToUnixMillis(now);
  const std::int64_t second = absl::ToUnixSeconds(now);
  const MutexLock lock(&mutex_);
  Second& slot = last_minute_[static_cast<std::size_t>(second) % last_minute_.size()];
  if (slot.second != second) slot = {second, 0};
  slot.samples += samples;
}

double IngestMetrics::SamplesPerSecond(absl::Time now) const {
  const std::int64_t second = absl::ToUnixSeconds(now);
  std::uint64_t samples = 0;
  const MutexLock lock(&mutex_);
  const auto seconds = static_cast<std::int64_t>(last_minute_.size());
  for (const Second& slot : last_minute_) {
    if (slot.second <= second && slot.second > second - seconds) samples += slot.samples;
  }
  return static_cast<double>(samples) / static_cast<double>(seconds);
}

void IngestMetrics::SetClockOffset(const MachineRecord& machine, absl::Duration offset) {
  const prometheus::Labels labels = {
      {"instance", machine.instance}, {"machine", machine.id}, {"site", machine.site}, {"class", machine.machine_class}};
  const MutexLock lock(&mutex_);
  NamedGauge& named = clock_offsets_[machine.id];
  if (named.gauge != nullptr && named.labels != labels) clock_offset_.Remove(std::exchange(named.gauge, nullptr));
  if (named.gauge == nullptr) named = {labels, &clock_offset_.Add(labels)};
  named.gauge->Set(absl::ToDoubleSeconds(offset));
}

void IngestMetrics::ForgetMachine(const MachineId& machine) {
  const MutexLock lock(&mutex_);
  const auto found = clock_offsets_.find(machine);
  if (found == clock_offsets_.end()) return;
  clock_offset_.Remove(found->second.gauge);
  clock_offsets_.erase(found);
}

void IngestMetrics::Refused(v1::Refusal::Cause cause) {
  refused_.Add({{"cause", absl::AsciiStrToLower(v1::Refusal::Cause_Name(cause))}}).Increment();
}

void IngestMetrics::Gap(v1::GapDeclaration::Cause cause, std::uint64_t batches) {
  gaps_.Add({{"cause", absl::AsciiStrToLower(v1::GapDeclaration::Cause_Name(cause))}}).Increment(static_cast<double>(batches));
}

void IngestMetrics::StreamRefused(std::string_view reason) {
  streams_refused_.Add({{"code", std::string(reason)}}).Increment();
}

}  // namespace steward::collector
