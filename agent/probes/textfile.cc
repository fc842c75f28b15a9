#include "agent/probes/textfile.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/exposition.h"
#include "agent/probes/metric_families.h"
#include "agent/probes/told_once.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kScrapeError = {.name = "node_textfile_scrape_error",
                                 .help = "1 if there was an error opening or reading a file, 0 otherwise"};

// Views of the text, and labels of its own.
struct Kept {
  const Metric* metric = nullptr;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

class TextfileProbe final : public Probe {
 public:
  explicit TextfileProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "textfile"; }

  absl::Status Collect(SampleSink& sink) override {
    std::vector<std::string> files;
    if (!ListFiles(files)) return absl::NotFoundError(StrCat(kTextfileDirectories.back(), ": no *.prom files"));
    std::map<std::string, std::string> troubles;
    if (files.size() > kTextfilesMax) {
      troubles[files[kTextfilesMax]] = StrCat("left out, as all behind it: more than ", kTextfilesMax, " files");
      files.resize(kTextfilesMax);
    }
    std::size_t series = 0;
    for (const std::string& file : files) {
      if (const absl::Status status = ReportFile(file, series, sink); !status.ok()) {
        troubles[file] = std::string(status.message());
      }
    }
    sink.Add(kScrapeError, {}, troubles.empty() ? 0 : 1);
    told_.Tell(std::move(troubles));
    return absl::OkStatus();
  }

 private:
  // False: no directory is there.
  bool ListFiles(std::vector<std::string>& files) {
    bool found = false;
    std::vector<std::string> names;
    for (const std::string_view directory : kTextfileDirectories) {
      if (!platform_.ListDirectory(directory, names).ok()) continue;
      found = true;
      for (const std::string& name : names) {
        if (name.ends_with(".prom") && !name.starts_with('.')) files.push_back(StrCat(directory, "/", name));
      }
    }
    return found;
  }

  absl::Status ReportFile(const std::string& file, std::size_t& series, SampleSink& sink) {
    if (absl::Status status = platform_.ReadFile(file, text_); !status.ok()) return status;
    if (text_.size() > kTextfileBytesMax) return absl::InvalidArgumentError(StrCat("larger than ", kTextfileBytesMax >> 20, " MiB"));
    std::vector<Kept> kept;
    bool too_many = false;
    const absl::Status parsed = ParseExposition(file, text_, [&](const ExposedSample& sample) {
      const Metric* metric = FamilyOf(sample);
      too_many = too_many || metric == nullptr || series + kept.size() >= kTextfileSeriesMax;
      if (too_many) return;
      kept.push_back({metric, sample.labels, sample.value});
      RenameReservedLabels(kept.back().labels);
    });
    if (!parsed.ok()) return parsed;
    if (too_many) return absl::ResourceExhaustedError(StrCat("left out: more than ", kTextfileSeriesMax, " series in all files"));
    series += kept.size();
    for (const Kept& one : kept) {
      const std::vector<LabelView> labels(one.labels.begin(), one.labels.end());
      sink.AddDouble(*one.metric, labels, one.value);
    }
    return absl::OkStatus();
  }

  const Metric* FamilyOf(const ExposedSample& sample) {
    return families_.Get(sample.metric, [&](std::string_view name) {
      return MetricFamilies::Definition{
          .name = std::string(name), .help = std::string(sample.help), .type = sample.type, .kind = ValueKind::kDouble};
    });
  }

  Platform& platform_;
  MetricFamilies families_;
  ToldOnce told_{"textfile"};
  std::string text_;
};

}  // namespace

std::unique_ptr<Probe> MakeTextfileProbe(Platform& platform) { return std::make_unique<TextfileProbe>(platform); }

}  // namespace steward::agent
