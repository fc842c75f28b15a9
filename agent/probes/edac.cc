#include "agent/probes/edac.h"

#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDirectory = "/sys/devices/system/edac/mc";

constexpr Metric Errors(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}
constexpr Metric kCorrectable = Errors("node_edac_correctable_errors_total", "Total correctable memory errors.");
constexpr Metric kUncorrectable = Errors("node_edac_uncorrectable_errors_total", "Total uncorrectable memory errors.");
constexpr Metric kRowCorrectable =
    Errors("node_edac_csrow_correctable_errors_total", "Total correctable memory errors for this csrow.");
constexpr Metric kRowUncorrectable =
    Errors("node_edac_csrow_uncorrectable_errors_total", "Total uncorrectable memory errors for this csrow.");

class EdacProbe final : public Probe {
 public:
  explicit EdacProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "edac"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ListDirectory(kDirectory, controllers_);
    if (!status.ok()) return status;
    bool any = false;
    for (const std::string& controller : controllers_) {
      if (!controller.starts_with("mc") || !ParseUnsigned(std::string_view(controller).substr(2)).has_value()) continue;
      ReportController(std::string_view(controller).substr(2), std::string(kDirectory) + "/" + controller, sink);
      any = true;
    }
    return any ? absl::OkStatus() : absl::NotFoundError("no memory controller that counts errors");
  }

 private:
  void ReportController(std::string_view controller, const std::string& directory, SampleSink& sink) {
    const LabelView labels[] = {{"controller", controller}};
    const LabelView unknown[] = {{"controller", controller}, {"csrow", "unknown"}};
    Add(kCorrectable, labels, directory, "ce_count", sink);
    Add(kRowCorrectable, unknown, directory, "ce_noinfo_count", sink);
    Add(kUncorrectable, labels, directory, "ue_count", sink);
    Add(kRowUncorrectable, unknown, directory, "ue_noinfo_count", sink);
    if (!platform_.ListDirectory(directory, rows_).ok()) return;
    for (const std::string& row : rows_) {
      if (!row.starts_with("csrow")) continue;
      const LabelView row_labels[] = {{"controller", controller}, {"csrow", std::string_view(row).substr(5)}};
      Add(kRowCorrectable, row_labels, directory + "/" + row, "ce_count", sink);
      Add(kRowUncorrectable, row_labels, directory + "/" + row, "ue_count", sink);
    }
  }

  void Add(const Metric& metric, absl::Span<const LabelView> labels, const std::string& directory,
           std::string_view file, SampleSink& sink) {
    const std::optional<std::int64_t> count = attributes_.Integer(directory, file);
    if (count.has_value()) sink.Add(metric, labels, *count);
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::vector<std::string> controllers_;
  std::vector<std::string> rows_;
};

}  // namespace

std::unique_ptr<Probe> MakeEdacProbe(Platform& platform) { return std::make_unique<EdacProbe>(platform); }

}  // namespace steward::agent
