#include "tests/bench/month/open_metrics.h"

#include <stdexcept>

#include "absl/strings/str_format.h"
#include "base/text.h"

namespace steward::bench {

void OpenMetricsWriter::Write(const OfficeMachine& machine, const collector::Observation& observation) {
  for (const auto& group : observation.groups) {
    for (const auto& value : group.values) {
      const OfficeMachine::Series& series = machine.series()[value.series - 1];
      if (!series.metric.starts_with("node_")) continue;
      std::string& text = families_[series.metric];
      absl::StrAppendFormat(&text, "%s{job=\"node\",instance=\"%s\"", series.metric, machine.record().instance);
      for (const auto& [name, label] : series.labels) absl::StrAppendFormat(&text, ",%s=\"%s\"", name, label);
      absl::StrAppendFormat(&text, "} %.10g %d\n", value.value, absl::ToUnixSeconds(observation.time));
    }
  }
}

void OpenMetricsWriter::WriteUp(const OfficeMachine& machine, bool up, absl::Time now) {
  absl::StrAppendFormat(&families_["up"], "up{job=\"node\",instance=\"%s\"} %d %d\n", machine.record().instance, up ? 1 : 0,
                        absl::ToUnixSeconds(now));
}

void OpenMetricsWriter::EndOfStep(absl::Time now) {
  if ((now + kOfficeInterval - kMonthStart) % absl::Hours(2) != absl::ZeroDuration()) return;
  const std::string path = StrCat(folder_, absl::StrFormat("/%04d.om", files_++));
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error(StrCat(path, " cannot be written"));
  bool written = true;
  for (const auto& [metric, text] : families_) written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && written;
  written = std::fputs("# EOF\n", file) >= 0 && written;
  if (std::fclose(file) != 0 || !written) throw std::runtime_error(StrCat(path, " cannot be written: is the disk full?"));
  families_.clear();
}

}  // namespace steward::bench
