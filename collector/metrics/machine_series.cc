#include "collector/metrics/machine_series.h"

#include <utility>

#include "collector/latest/text_format.h"

namespace steward::collector {
namespace {

std::string_view TypeName(v1::MetricType type) {
  switch (type) {
    case v1::METRIC_TYPE_GAUGE:
      return "gauge";
    case v1::METRIC_TYPE_COUNTER:
      return "counter";
    default:
      return "untyped";
  }
}

class MachineSeriesText final : public TextSource {
 public:
  MachineSeriesText(const Latest& latest, std::vector<MachineStatus> machines)
      : families_(latest.families()),
        machines_(std::move(machines)),
        hints_(machines_.size(), 0),
        boot_now_(latest.clock().BootNow()),
        families_end_(families_.size()) {}

  bool Next(std::string& out) override {
    const std::size_t before = out.size();
    while (out.size() < before + kPieceBytes) {
      if (machine_ == machines_.size()) {
        if (next_family_ == families_end_) break;
        StartFamily();
        if (machines_.empty()) continue;
      }
      machines_[machine_].values->AppendFamily(lines_, boot_now_, hints_[machine_], out);
      ++machine_;
    }
    return out.size() > before;
  }

 private:
  void StartFamily() {
    const Family family = families_.Get(next_family_);
    lines_.family = next_family_++;
    lines_.name = family.name;
    lines_.header.clear();
    AppendFamilyHeader(family.name, family.help, TypeName(family.type), lines_.header);
    machine_ = 0;
  }

  const FamilyTable& families_;
  const std::vector<MachineStatus> machines_;
  std::vector<std::uint32_t> hints_;
  const absl::Duration boot_now_;
  const std::uint32_t families_end_;
  std::uint32_t next_family_ = 0;
  std::size_t machine_ = machines_.size();  // as after the last machine of a family
  FamilyLines lines_;
};

}  // namespace

std::unique_ptr<TextSource> MachineSeries(const Latest& latest, std::vector<MachineStatus> machines) {
  return std::make_unique<MachineSeriesText>(latest, std::move(machines));
}

}  // namespace steward::collector
