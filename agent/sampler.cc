#include "agent/sampler.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "proto/wire/segment_codec.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

// A failure is told once it is no accident: a source that is being replaced may be missing for a moment.
constexpr std::uint32_t kFailuresToLog = 3;

}  // namespace

class Sampler::Sink final : public SampleSink {
 public:
  Sink(SeriesTable& table, std::uint32_t group, v1::DescriptorSet& fresh, SamplerCounters& counters)
      : table_(table), group_(group), fresh_(fresh), counters_(counters) {
    table_.BeginGroup(group);
  }

  void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) override {
    Put(metric, labels, metric.kind == ValueKind::kDouble ? wire::RawFromDouble(static_cast<double>(value)) : value);
  }
  void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double value) override {
    Put(metric, labels, wire::RawFromDouble(value));
  }
  void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) override {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (value <= static_cast<std::uint64_t>(kMax)) return Add(metric, labels, static_cast<std::int64_t>(value));
    ++counters_.saturated;
    Add(metric, labels, kMax);
  }

  std::vector<wire::SeriesValue> TakeValues() {
    const auto by_series = [](const wire::SeriesValue& a, const wire::SeriesValue& b) { return a.series < b.series; };
    if (!std::is_sorted(values_.begin(), values_.end(), by_series)) {
      std::stable_sort(values_.begin(), values_.end(), by_series);
    }
    const auto end = std::unique(values_.begin(), values_.end(), [](const auto& a, const auto& b) { return a.series == b.series; });
    counters_.duplicate += static_cast<std::uint64_t>(values_.end() - end);
    values_.erase(end, values_.end());
    return std::move(values_);
  }

 private:
  void Put(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t raw) {
    const SeriesTable::Found found = table_.Find(group_, metric, labels, fresh_);
    if (found.id == 0) {
      ++counters_.invalid;
      if (!found.reason.empty()) spdlog::warn("sampler: {}", found.reason);
      return;
    }
    values_.push_back({found.id, raw});
  }

  SeriesTable& table_;
  const std::uint32_t group_;
  v1::DescriptorSet& fresh_;
  SamplerCounters& counters_;
  std::vector<wire::SeriesValue> values_;
};

Sampler::Sampler(Clock& clock, std::vector<std::unique_ptr<Probe>> probes, std::size_t live_series_max)
    : clock_(clock), live_series_max_(live_series_max) {
  sources_.reserve(probes.size());
  for (std::unique_ptr<Probe>& probe : probes) {
    Source& source = sources_.emplace_back();
    source.health.name = std::string(probe->name());
    source.probe = std::move(probe);
  }
  SetPolicy(interval_, {});
}

void Sampler::SetPolicy(absl::Duration interval, const std::vector<std::string>& disabled_probes) {
  interval_ = interval;
  for (Source& source : sources_) {
    // Rounded up to whole cycles.
    absl::Duration remainder;
    const std::int64_t cycles = absl::IDivDuration(source.probe->interval_min(), interval, &remainder);
    source.interval = interval * std::max<std::int64_t>(1, cycles + (remainder > absl::ZeroDuration() ? 1 : 0));
    source.health.enabled =
        std::find(disabled_probes.begin(), disabled_probes.end(), source.health.name) == disabled_probes.end();
  }
}

bool Sampler::Due(const Source& source, absl::Duration now) const {
  return source.health.enabled && now - source.read_boot >= source.interval - interval_ / 2;
}

Sampled Sampler::Sample() {
  const absl::Duration now = clock_.BootNow();
  Sampled out;
  out.batch.boot_ms = absl::ToInt64Milliseconds(now);
  for (std::size_t i = 0; i < sources_.size() && i < wire::kGroupsPerBatchMax; ++i) {
    if (Due(sources_[i], now)) Ask(i, now, out);
  }
  return out;
}

void Sampler::Ask(std::size_t index, absl::Duration now, Sampled& out) {
  Source& source = sources_[index];
  const auto group = static_cast<std::uint32_t>(index + 1);
  source.read_boot = now;
  Sink sink(series_, group, out.descriptors, counters_);
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = source.probe->Collect(sink);
  source.health.duration = absl::FromChrono(std::chrono::steady_clock::now() - begin);
  NoteResult(source, status);
  if (!status.ok() && !absl::IsNotFound(status)) return;  // not sampled: its values are missing this time
  std::vector<wire::SeriesValue> values = status.ok() ? sink.TakeValues() : std::vector<wire::SeriesValue>();
  // That there is nothing is said once.
  if (values.empty() && source.live == 0 && (source.declared || !source.probe->has_answered())) return;
  const std::size_t others = live_series() - source.live;
  const std::size_t room = live_series_max_ - std::min(live_series_max_, others);
  if (values.size() > room) {
    counters_.over_limit += values.size() - room;
    values.resize(room);
  }
  source.live = values.size();
  if (!source.declared) {
    v1::ProbeGroup& declared = *out.descriptors.add_groups();
    declared.set_id(group);
    declared.set_name(source.health.name);
    declared.set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(source.interval)));
    source.declared = true;
  }
  out.batch.groups.push_back({group, std::move(values)});
}

void Sampler::NoteResult(Source& source, const absl::Status& status) {
  ProbeHealth& health = source.health;
  health.absent = absl::IsNotFound(status);
  if (status.ok() || health.absent) {
    if (status.ok()) health.success_time = clock_.WallNow();
    health.error.clear();
    health.failures_in_row = 0;
    if (std::exchange(source.failure_logged, false)) spdlog::info("probe {}: reads again", health.name);
    return;
  }
  health.error = std::string(status.message());
  ++health.failures;
  ++health.failures_in_row;
  if (health.failures_in_row < kFailuresToLog || std::exchange(source.failure_logged, true)) return;
  spdlog::warn("probe {}: {} (told once; `steward-agent status` shows it)", health.name, health.error);
}

void Sampler::StartEpoch() {
  series_.Clear();
  for (Source& source : sources_) {
    source.declared = false;
    source.live = 0;
    source.read_boot = -absl::InfiniteDuration();  // who reads one epoch alone finds every group
  }
}

bool Sampler::WantsNewEpoch() const {
  return series_.size() > wire::kSeriesPerMachineMax / 2 && series_.size() > 2 * live_series();
}

std::size_t Sampler::live_series() const {
  std::size_t live = 0;
  for (const Source& source : sources_) live += source.live;
  return live;
}

std::vector<ProbeHealth> Sampler::health() const {
  std::vector<ProbeHealth> health;
  health.reserve(sources_.size());
  for (const Source& source : sources_) health.push_back(source.health);
  return health;
}

}  // namespace steward::agent
