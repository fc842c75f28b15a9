#include "agent/probes/restarts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/platform/platform.h"
#include "agent/probes/cpu.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kLogs = "/var/log";
constexpr std::string_view kLog = "wtmp";
// utmp(5): RUN_LVL, which a shutdown is recorded as, by a user of that name; BOOT_TIME.
constexpr int kRunLevel = 1;
constexpr int kBootTime = 2;
constexpr std::string_view kShutdown = "shutdown";
// By how much the clock may have been wrong when the boot was recorded.
constexpr absl::Duration kClockTolerance = absl::Hours(1);

constexpr Metric kLast = {.name = "steward_boot_recorded_timestamp_seconds",
                          .help = "When the machine last started, by wtmp; its clock may have been wrong then."};
constexpr Metric kClean = {.name = "steward_boot_after_shutdown",
                           .help = "1: a shutdown is recorded before the last start; 0: it crashed or lost power."};
constexpr Metric kRestarts = {.name = "steward_boot_restarts",
                              .help = "Starts of the last 30 days, with a shutdown recorded before them or without."};

class RestartsProbe final : public Probe {
 public:
  explicit RestartsProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "restarts"; }
  absl::Duration slow_interval() const override { return absl::Minutes(5); }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<SystemName> name = platform_.Name();
    if (!name.ok()) return name.status();
    const absl::StatusOr<absl::Time> now = platform_.WallTime();
    if (!now.ok()) return now.status();
    std::string bytes;
    if (absl::Status status = ReadLogs(UtmpLayoutOf(name->machine), bytes); !status.ok()) return status;
    const std::vector<UtmpRecord> records = ParseUtmp(bytes, UtmpLayoutOf(name->machine));
    const std::vector<RecordedBoot> boots = FindBoots(records);
    const bool is_current = std::any_of(records.begin(), records.end(), [start = Started()](const UtmpRecord& record) {
      return record.time >= start - kClockTolerance;
    });
    if (boots.empty() || !is_current) return absl::NotFoundError("/var/log/wtmp does not tell of the present boot");
    Report(boots, *now, sink);
    return absl::OkStatus();
  }

 private:
  // Whole records of both files, oldest first.
  absl::Status ReadLogs(const UtmpLayout& layout, std::string& bytes) {
    std::string newest;
    if (absl::Status status = platform_.ReadFile(StrCat(kLogs, "/", kLog), newest); !status.ok()) return status;
    const std::string rotated = Rotated();
    if (rotated.empty() || !platform_.ReadFile(rotated, bytes).ok()) bytes.clear();
    bytes.resize(bytes.size() - bytes.size() % layout.record_bytes);
    bytes += newest;
    return absl::OkStatus();
  }

  // "wtmp.1", or by date "wtmp-20261101".
  std::string Rotated() {
    std::vector<std::string> names;
    if (!platform_.ListDirectory(kLogs, names).ok()) return {};
    std::string last_dated;
    for (const std::string& name : names) {
      if (name == "wtmp.1") return StrCat(kLogs, "/", name);
      const std::string_view date = std::string_view(name).substr(std::min(name.size(), kLog.size() + 1));
      if (name.starts_with("wtmp-") && ParseUnsigned(date).has_value()) last_dated = StrCat(kLogs, "/", name);
    }
    return last_dated;
  }

  // When the kernel started, by the clock of now.
  absl::Time Started() {
    std::string text;
    if (!platform_.ReadFile("/proc/stat", text).ok()) return absl::InfinitePast();
    const absl::StatusOr<KernelStat> stat = ParseKernelStat(text);
    if (stat.ok() && stat->boot_time.has_value()) return absl::FromUnixSeconds(static_cast<std::int64_t>(*stat->boot_time));
    return absl::InfinitePast();
  }

  static void Report(const std::vector<RecordedBoot>& boots, absl::Time now, SampleSink& sink) {
    std::int64_t clean = 0;
    std::int64_t unexpected = 0;
    for (const RecordedBoot& boot : boots) {
      if (boot.is_first || boot.time < now - kRestartsWindow) continue;
      ++(boot.is_clean ? clean : unexpected);
    }
    const LabelView clean_labels[] = {{"shutdown", "recorded"}};
    const LabelView unexpected_labels[] = {{"shutdown", "missing"}};
    sink.Add(kRestarts, clean_labels, clean);
    sink.Add(kRestarts, unexpected_labels, unexpected);
    sink.Add(kLast, {}, absl::ToUnixSeconds(boots.back().time));
    if (!boots.back().is_first) sink.Add(kClean, {}, boots.back().is_clean ? 1 : 0);
  }

  Platform& platform_;
};

}  // namespace

std::vector<RecordedBoot> FindBoots(absl::Span<const UtmpRecord> records) {
  std::vector<RecordedBoot> boots;
  bool is_first = true;
  bool has_shutdown = false;
  for (const UtmpRecord& record : records) {
    if (record.type == kBootTime) {
      boots.push_back({record.time, is_first, std::exchange(has_shutdown, false)});
    } else if (record.type == kRunLevel && record.user == kShutdown) {
      has_shutdown = true;
    }
    is_first = false;
  }
  return boots;
}

std::unique_ptr<Probe> MakeRestartsProbe(Platform& platform) { return std::make_unique<RestartsProbe>(platform); }

}  // namespace steward::agent
