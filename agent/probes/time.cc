#include "agent/probes/time.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kClockSources = "/sys/devices/system/clocksource";
constexpr std::string_view kClockSourcePrefix = "clocksource";
constexpr std::int64_t kMilli = 1000;
constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kNano = 1'000'000'000;
constexpr std::int64_t kPpm = kMicro << 16;  // adjtimex has millionths with 16 bits behind the point

constexpr Metric Gauge(std::string_view name, std::string_view help, std::int64_t denominator = 1) {
  return {.name = name, .help = help, .type = MetricType::kGauge, .numerator = 1, .denominator = denominator};
}
constexpr Metric Counter(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}

constexpr Metric kTime = Gauge("node_time_seconds", "System time in seconds since epoch (1970).", kMilli);
constexpr Metric kZoneOffset = Gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.");
constexpr Metric kSourceAvailable = Gauge("node_time_clocksource_available_info",
                                          "Available clocksources read from '/sys/devices/system/clocksource'.");
constexpr Metric kSourceCurrent =
    Gauge("node_time_clocksource_current_info", "Current clocksource read from '/sys/devices/system/clocksource'.");

constexpr Metric kSync =
    Gauge("node_timex_sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).");
constexpr Metric kOffset =
    Gauge("node_timex_offset_seconds", "Time offset in between local system and reference clock.", kNano);
constexpr Metric kFrequency = Gauge("node_timex_frequency_adjustment_ratio", "Local clock frequency adjustment.", kPpm);
constexpr Metric kJitter = Gauge("node_timex_pps_jitter_seconds", "Pulse per second jitter.", kNano);

// What is passed on as it is.
struct Field {
  std::int64_t ClockDiscipline::*member;
  Metric metric;
};
constexpr std::array<Field, 13> kFields = {{
    {&ClockDiscipline::max_error_us, Gauge("node_timex_maxerror_seconds", "Maximum error in seconds.", kMicro)},
    {&ClockDiscipline::estimated_error_us,
     Gauge("node_timex_estimated_error_seconds", "Estimated error in seconds.", kMicro)},
    {&ClockDiscipline::status, Gauge("node_timex_status", "Value of the status array bits.")},
    {&ClockDiscipline::time_constant, Gauge("node_timex_loop_time_constant", "Phase-locked loop time constant.")},
    {&ClockDiscipline::tick_us, Gauge("node_timex_tick_seconds", "Seconds between clock ticks.", kMicro)},
    {&ClockDiscipline::pps_frequency, Gauge("node_timex_pps_frequency_hertz", "Pulse per second frequency.", kPpm)},
    {&ClockDiscipline::pps_shift, Gauge("node_timex_pps_shift_seconds", "Pulse per second interval duration.")},
    {&ClockDiscipline::pps_stability,
     Gauge("node_timex_pps_stability_hertz", "Pulse per second stability, average of recent frequency changes.", kPpm)},
    {&ClockDiscipline::pps_jitter_count,
     Counter("node_timex_pps_jitter_total", "Pulse per second count of jitter limit exceeded events.")},
    {&ClockDiscipline::pps_calibration_count,
     Counter("node_timex_pps_calibration_total", "Pulse per second count of calibration intervals.")},
    {&ClockDiscipline::pps_error_count,
     Counter("node_timex_pps_error_total", "Pulse per second count of calibration errors.")},
    {&ClockDiscipline::pps_stability_count,
     Counter("node_timex_pps_stability_exceeded_total", "Pulse per second count of stability limit exceeded events.")},
    {&ClockDiscipline::tai_offset, Gauge("node_timex_tai_offset_seconds", "International Atomic Time (TAI) offset.")},
}};

class TimeProbe final : public Probe {
 public:
  explicit TimeProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "time"; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<absl::Time> now = platform_.WallTime();
    if (!now.ok()) return now.status();
    sink.Add(kTime, {}, absl::ToUnixMillis(*now));
    if (const absl::StatusOr<TimeZone> zone = platform_.LocalTimeZone(); zone.ok()) {
      const LabelView labels[] = {{"time_zone", zone->name}};
      sink.Add(kZoneOffset, labels, zone->offset_seconds);
    }
    if (const absl::StatusOr<ClockDiscipline> clock = platform_.Discipline(); clock.ok()) {
      ReportDiscipline(*clock, sink);
    }
    ReportClockSources(sink);
    return absl::OkStatus();
  }

 private:
  static void ReportDiscipline(const ClockDiscipline& clock, SampleSink& sink) {
    const std::int64_t to_nano = (clock.status & kClockStatusNanoseconds) != 0 ? 1 : kNano / kMicro;
    sink.Add(kSync, {}, clock.state == kClockStateError ? 0 : 1);
    sink.Add(kOffset, {}, clock.offset * to_nano);
    sink.Add(kJitter, {}, clock.pps_jitter * to_nano);
    sink.Add(kFrequency, {}, kPpm + clock.frequency);
    for (const Field& field : kFields) sink.Add(field.metric, {}, clock.*field.member);
  }

  void ReportClockSources(SampleSink& sink) {
    if (!platform_.ListDirectory(kClockSources, names_).ok()) return;
    for (const std::string& name : names_) {
      if (!name.starts_with(kClockSourcePrefix)) continue;
      const std::string_view device = std::string_view(name).substr(kClockSourcePrefix.size());
      const std::string directory = std::string(kClockSources) + "/" + name;
      std::string_view available = attributes_.Text(directory, "available_clocksource").value_or("");
      std::string_view source;
      while (NextField(available, source)) {
        const LabelView labels[] = {{"clocksource", source}, {"device", device}};
        sink.Add(kSourceAvailable, labels, 1);
      }
      const std::optional<std::string_view> current = attributes_.Text(directory, "current_clocksource");
      if (!current.has_value()) continue;
      const LabelView labels[] = {{"clocksource", *current}, {"device", device}};
      sink.Add(kSourceCurrent, labels, 1);
    }
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Probe> MakeTimeProbe(Platform& platform) { return std::make_unique<TimeProbe>(platform); }

}  // namespace steward::agent
