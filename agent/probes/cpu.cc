#include "agent/probes/cpu.h"

#include <map>
#include <string>
#include <utility>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/stat";
// USER_HZ of every Linux but alpha's; another value is converted to it.
constexpr std::int64_t kTicksPerSecond = 100;
// Idle and iowait may step back a little between two readings; more than this is another counter (CPU hot-plugged).
constexpr std::uint64_t kStepBackTicksMax = 3 * kTicksPerSecond;

constexpr Metric kCpuSeconds = {.name = "node_cpu_seconds_total",
                                .help = "Seconds the CPUs spent in each mode.",
                                .type = MetricType::kCounter,
                                .denominator = kTicksPerSecond};
constexpr Metric kGuestSeconds = {.name = "node_cpu_guest_seconds_total",
                                  .help = "Seconds the CPUs spent in guests (VMs) for each mode.",
                                  .type = MetricType::kCounter,
                                  .denominator = kTicksPerSecond};
constexpr Metric kInterrupts = {
    .name = "node_intr_total", .help = "Total number of interrupts serviced.", .type = MetricType::kCounter};
constexpr Metric kContextSwitches = {
    .name = "node_context_switches_total", .help = "Total number of context switches.", .type = MetricType::kCounter};
constexpr Metric kForks = {.name = "node_forks_total", .help = "Total number of forks.", .type = MetricType::kCounter};
constexpr Metric kBootTime = {.name = "node_boot_time_seconds", .help = "Node boot time, in unixtime."};
constexpr Metric kRunning = {.name = "node_procs_running", .help = "Number of processes in runnable state."};
constexpr Metric kBlocked = {.name = "node_procs_blocked",
                             .help = "Number of processes blocked waiting for I/O to complete."};
constexpr Metric kSoftIrqs = {
    .name = "node_softirqs_total", .help = "Number of softirq calls.", .type = MetricType::kCounter};

constexpr std::array<std::string_view, 8> kModeNames = {"user",   "nice", "system",  "idle",
                                                        "iowait", "irq",  "softirq", "steal"};
constexpr std::array<std::string_view, kSoftIrqVectors> kVectorNames = {
    "hi", "timer", "net_tx", "net_rx", "block", "block_iopoll", "tasklet", "sched", "hrtimer", "rcu"};

bool ParseCpu(std::string_view rest, CpuTimes& times) {
  // Kernels before 2.6.33 have fewer columns; the first four are always there.
  for (std::size_t mode = 0; mode < kCpuModes; ++mode) {
    std::string_view field;
    if (!NextField(rest, field)) return mode >= kIoWait;
    const std::optional<std::uint64_t> ticks = ParseUnsigned(field);
    if (!ticks.has_value()) return false;
    times.ticks[mode] = *ticks;
  }
  return true;
}

bool ParseSoftIrqs(std::string_view rest, KernelStat& stat) {
  if (!NextUnsigned(rest).has_value()) return false;  // their sum
  std::array<std::uint64_t, kSoftIrqVectors> counts = {};
  for (std::uint64_t& count : counts) {
    const std::optional<std::uint64_t> value = NextUnsigned(rest);
    if (!value.has_value()) return false;
    count = *value;
  }
  stat.softirqs = counts;
  return true;
}

class CpuProbe final : public Probe {
 public:
  explicit CpuProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "cpu"; }

  absl::Status Collect(SampleSink& sink) override {
    absl::Status status = platform_.ReadFile(kPath, text_);
    if (!status.ok()) return status;
    const absl::StatusOr<std::int64_t> ticks_per_second = platform_.ClockTicksPerSecond();
    if (!ticks_per_second.ok()) return ticks_per_second.status();
    absl::StatusOr<KernelStat> stat = ParseKernelStat(text_);
    if (!stat.ok()) return stat.status();
    for (CpuTimes& times : stat->cpus) ReportCpu(times, *ticks_per_second, sink);
    ReportKernel(*stat, sink);
    return absl::OkStatus();
  }

 private:
  void ReportCpu(CpuTimes& times, std::int64_t ticks_per_second, SampleSink& sink) {
    if (ticks_per_second != kTicksPerSecond && ticks_per_second > 0) {
      for (std::uint64_t& ticks : times.ticks) {
        ticks = ticks / static_cast<std::uint64_t>(ticks_per_second) * kTicksPerSecond;
      }
    }
    NeverBackwards(times);
    for (std::size_t mode = 0; mode < kModeNames.size(); ++mode) {
      const LabelView labels[] = {{"cpu", times.cpu}, {"mode", kModeNames[mode]}};
      sink.AddUnsigned(kCpuSeconds, labels, times.ticks[mode]);
    }
    const LabelView user[] = {{"cpu", times.cpu}, {"mode", "user"}};
    const LabelView nice[] = {{"cpu", times.cpu}, {"mode", "nice"}};
    sink.AddUnsigned(kGuestSeconds, user, times.ticks[kGuest]);
    sink.AddUnsigned(kGuestSeconds, nice, times.ticks[kGuestNice]);
  }

  // A counter that steps back by a tick would read as a restart and a huge rate.
  void NeverBackwards(CpuTimes& times) {
    auto found = last_.find(times.cpu);
    if (found == last_.end()) found = last_.emplace(std::string(times.cpu), times.ticks).first;
    auto& last = found->second;
    const bool is_other = last[kIdle] > times.ticks[kIdle] + kStepBackTicksMax;
    for (std::size_t mode = 0; mode < kCpuModes; ++mode) {
      if (!is_other && times.ticks[mode] < last[mode]) times.ticks[mode] = last[mode];
      last[mode] = times.ticks[mode];
    }
  }

  static void ReportKernel(const KernelStat& stat, SampleSink& sink) {
    const auto add = [&](const Metric& metric, const std::optional<std::uint64_t>& value) {
      if (value.has_value()) sink.AddUnsigned(metric, {}, *value);
    };
    add(kInterrupts, stat.interrupts);
    add(kContextSwitches, stat.context_switches);
    add(kBootTime, stat.boot_time);
    add(kForks, stat.forks);
    add(kRunning, stat.running);
    add(kBlocked, stat.blocked);
    if (!stat.softirqs.has_value()) return;
    for (std::size_t vector = 0; vector < kSoftIrqVectors; ++vector) {
      const LabelView labels[] = {{"vector", kVectorNames[vector]}};
      sink.AddUnsigned(kSoftIrqs, labels, (*stat.softirqs)[vector]);
    }
  }

  Platform& platform_;
  std::map<std::string, std::array<std::uint64_t, kCpuModes>, std::less<>> last_;  // by cpu
  std::string text_;
};

}  // namespace

absl::StatusOr<KernelStat> ParseKernelStat(std::string_view text) {
  const std::array<std::pair<std::string_view, std::optional<std::uint64_t> KernelStat::*>, 6> kCounters = {{
      {"intr", &KernelStat::interrupts},
      {"ctxt", &KernelStat::context_switches},
      {"btime", &KernelStat::boot_time},
      {"processes", &KernelStat::forks},
      {"procs_running", &KernelStat::running},
      {"procs_blocked", &KernelStat::blocked},
  }};
  KernelStat stat;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view key;
    if (!NextField(rest, key)) continue;
    if (key.starts_with("cpu")) {
      if (key.size() == 3) continue;  // the sum over all
      CpuTimes times;
      times.cpu = key.substr(3);
      if (!ParseUnsigned(times.cpu).has_value() || !ParseCpu(rest, times)) return Malformed(kPath, line);
      stat.cpus.push_back(times);
    } else if (key == "softirq") {
      if (!ParseSoftIrqs(rest, stat)) return Malformed(kPath, line);
    } else {
      for (const auto& [name, member] : kCounters) {
        if (key != name) continue;
        stat.*member = NextUnsigned(rest);
        if (!(stat.*member).has_value()) return Malformed(kPath, line);
      }
    }
  }
  if (stat.cpus.empty()) return Malformed(kPath, "no line of a cpu");
  return stat;
}

std::unique_ptr<Probe> MakeCpuProbe(Platform& platform) { return std::make_unique<CpuProbe>(platform); }

}  // namespace steward::agent
