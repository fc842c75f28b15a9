// What a probe is: reads one source on this machine and reports what it found as samples.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace steward::agent {

class Platform;
struct ProbeSettings;

enum class MetricType : std::uint8_t { kGauge, kCounter, kUntyped };
enum class ValueKind : std::uint8_t { kInteger, kDouble };

// A metric family: one static object each, beside the probe that fills it; where the kernel makes up the names, an
// object that lives as long as its probe. Value = integer * numerator / denominator.
struct Metric {
  std::string_view name;
  std::string_view help;
  MetricType type = MetricType::kGauge;
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  ValueKind kind = ValueKind::kInteger;
};

using LabelView = std::pair<std::string_view, std::string_view>;  // name, value; bytes as the system gave them

// Takes what a probe reports. Views need to live for the call only.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  // `metric` stays at its address and unchanged as long as the probe lives; `labels` sorted by name, unique, not
  // instance, machine, site or class.
  virtual void Add(const Metric& metric, absl::Span<const LabelView> labels, std::int64_t value) = 0;
  virtual void AddDouble(const Metric& metric, absl::Span<const LabelView> labels, double value) = 0;
  // Values beyond int64 saturate and are counted.
  virtual void AddUnsigned(const Metric& metric, absl::Span<const LabelView> labels, std::uint64_t value) = 0;
};

// Called from one thread at a time, so a probe needs no locks of its own.
class Probe {
 public:
  virtual ~Probe() = default;
  // Stable; appears in configuration, metrics and reports: lower case, "filesystem".
  virtual std::string_view name() const = 0;
  // How often it is read: the policy's interval (fast), or at most this often if longer.
  virtual absl::Duration interval_min() const { return absl::ZeroDuration(); }
  // Not zero: the source is slow or outside this process (a program, another service). It is then asked about this often, in
  // a thread of its own, and may take its time (slow_probe.h).
  virtual absl::Duration slow_interval() const { return absl::ZeroDuration(); }
  // False: its source has not answered yet, and that nothing is reported says nothing of it.
  virtual bool has_answered() const { return true; }
  // Reports all live series into `sink`. On an error what was added before is dropped.
  // NotFound: this machine has no such source, which is no failure. DeadlineExceeded: given up, will be tried again.
  // Any other error: the source is there but could not be read or understood; the message names it.
  virtual absl::Status Collect(SampleSink& sink) = 0;
};

// Every probe of this platform, in a fixed order. `platform` outlives them. probe_list.cc holds the list: one line
// each.
std::vector<std::unique_ptr<Probe>> MakeProbes(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
