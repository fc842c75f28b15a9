#include "agent/probes/kernel_log.h"

#include <array>
#include <limits>
#include <optional>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kKindsMax = 40;
constexpr std::size_t kKindBytesMax = 40;
constexpr std::size_t kSubjectBytesMax = 100;
constexpr std::string_view kKilled = "oom_kill";

constexpr Metric kEvents = {.name = "steward_kernel_events_total",
                            .help = "Faults in the kernel's log since the start, as far back as it reaches.",
                            .type = MetricType::kCounter};

class KernelLogProbe final : public Probe {
 public:
  KernelLogProbe(Platform& platform, const ProbeSettings& settings) : platform_(platform), notes_(settings.notes) {}
  std::string_view name() const override { return "kernel_log"; }
  absl::Duration slow_interval() const override { return kKernelLogInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<std::string> lines = platform_.RunTool(Tool::kKernelLog, kKernelLogDeadline);
    if (!lines.ok()) return lines.status();
    events_.Count(*lines);
    events_.Report(sink);
    if (notes_) notes_->Set(kKilledGroup, events_.Notes());
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  const std::shared_ptr<NoteBoard> notes_;
  KernelEvents events_;
};

}  // namespace

void KernelEvents::Count(std::string_view lines) {
  std::string_view line;
  while (NextLine(lines, line)) {
    std::array<std::string_view, 4> fields;  // sequence, microseconds, kind, subject
    bool whole = true;
    for (std::string_view& field : fields) whole = whole && NextPart(line, '\t', field);
    const std::optional<std::uint64_t> sequence = ParseUnsigned(fields[0]);
    if (!whole || !sequence.has_value() || *sequence < next_sequence_) continue;
    if (*sequence == std::numeric_limits<std::uint64_t>::max()) continue;  // no number of the kernel's
    next_sequence_ = *sequence + 1;
    CountOne(fields[2], fields[3]);
  }
}

void KernelEvents::CountOne(std::string_view kind, std::string_view subject) {
  if (kind.empty()) return;
  std::pair key(std::string(kind.substr(0, kKindBytesMax)), std::string(subject.substr(0, kSubjectBytesMax)));
  if (counts_.size() >= kKernelSubjectsMax && !counts_.contains(key)) key.second = "other";
  if (counts_.size() >= kKernelSubjectsMax + kKindsMax && !counts_.contains(key)) return;
  ++counts_[std::move(key)];
}

void KernelEvents::Report(SampleSink& sink) const {
  for (const auto& [key, count] : counts_) {
    const LabelView labels[] = {{"event", key.first}, {"subject", key.second}};
    sink.Add(kEvents, labels, count);
  }
}

std::vector<Note> KernelEvents::Notes() const {
  std::int64_t total = 0;
  std::string words;
  for (const auto& [key, count] : counts_) {
    if (key.first != kKilled) continue;
    total += count;
    StrAppend(&words, words.empty() ? "" : ", ", key.second, count == 1 ? " once" : StrCat(" ", count, " times"));
  }
  if (total == 0) return {};
  return {{std::string(kKilled), std::to_string(total), StrCat("killed for memory since the machine started: ", words)}};
}

std::unique_ptr<Probe> MakeKernelLogProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<KernelLogProbe>(platform, settings);
}

}  // namespace steward::agent
