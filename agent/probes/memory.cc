#include "agent/probes/memory.h"

#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/meminfo";
constexpr std::int64_t kBytesPerKilobyte = 1024;

// "Active(anon)" becomes Active_anon.
std::string FieldName(std::string_view key) {
  std::string name;
  for (const char c : key) {
    if (c == '(') {
      name += '_';
    } else if (c != ')') {
      name += c;
    }
  }
  return name;
}

MetricFamilies::Definition Define(std::string_view key, bool is_kilobytes) {
  const std::string field = FieldName(key) + (is_kilobytes ? "_bytes" : "");
  return {StrCat("node_memory_", field), StrCat("Memory information field ", field, "."), MetricType::kGauge,
          is_kilobytes ? kBytesPerKilobyte : 1};
}

class MemoryProbe final : public Probe {
 public:
  explicit MemoryProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "memory"; }
  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ReadFile(kPath, text_);
    return status.ok() ? ParseMeminfo(text_, families_, sink) : status;
  }

 private:
  Platform& platform_;
  MetricFamilies families_;
  std::string text_;
};

}  // namespace

absl::Status ParseMeminfo(std::string_view text, MetricFamilies& families, SampleSink& sink) {
  if (Trimmed(text).empty()) return Malformed(kPath, text);
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view key;
    if (!NextField(rest, key)) continue;
    const std::optional<std::uint64_t> value = NextUnsigned(rest);
    if (key.size() < 2 || !key.ends_with(':') || !value.has_value()) return Malformed(kPath, line);
    key.remove_suffix(1);
    std::string_view unit;
    const bool is_kilobytes = NextField(rest, unit);
    if (is_kilobytes && unit != "kB") return Malformed(kPath, line);
    const Metric* metric = families.Get(key, [&](std::string_view name) { return Define(name, is_kilobytes); });
    if (metric != nullptr) sink.AddUnsigned(*metric, {}, *value);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeMemoryProbe(Platform& platform) { return std::make_unique<MemoryProbe>(platform); }

}  // namespace steward::agent
