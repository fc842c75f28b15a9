#include "agent/probes/scrape.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "agent/net/connection.h"
#include "agent/probes/exposition.h"
#include "agent/probes/job_runner.h"
#include "agent/probes/metric_families.h"
#include "agent/probes/told_once.h"
#include "base/endpoint_url.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kUp = {.name = "steward_scrape_up", .help = "1 if the exporter of [[scrape]] answered as it should."};
constexpr Metric kTaken = {.name = "steward_scrape_samples", .help = "Series taken from the exporter."};
constexpr Metric kExposed = {.name = "steward_scrape_samples_exposed", .help = "Series that the exporter has, wanted or not."};
constexpr Metric kDuration = {.name = "steward_scrape_duration_seconds", .help = "How long the exporter took.", .denominator = 1000};

constexpr absl::Duration kIntervalMin = absl::Seconds(5);
constexpr int kHttpOk = 200;

struct Taken {
  std::string metric;
  std::string help;
  MetricType type = MetricType::kUntyped;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

struct Scraped {
  absl::Status status;
  std::vector<Taken> samples;
  std::size_t exposed = 0;
  absl::Duration duration;
};

absl::StatusOr<std::string> Fetch(const ScrapeSettings& scrape) {
  const absl::StatusOr<EndpointUrl> url = ParseEndpointUrl(scrape.url);
  if (!url.ok()) return url.status();
  Connection connection(scrape.deadline);
  if (absl::Status status = connection.Resolve(url->host, url->port); !status.ok()) return status;
  if (absl::Status status = connection.Connect(); !status.ok()) return status;
  absl::StatusOr<HttpAnswer> answer = connection.Get(url->Authority(), url->path, kScrapeBytesMax);
  if (!answer.ok()) return answer.status();
  if (answer->status != kHttpOk) return absl::UnavailableError(StrCat("answers with HTTP status ", answer->status));
  return std::move(answer->body);
}

void AddSample(const ScrapeSettings& scrape, const ExposedSample& sample, std::vector<Taken>& samples) {
  Taken& taken = samples.emplace_back(
      Taken{std::string(sample.metric), std::string(sample.help), sample.type, sample.labels, sample.value});
  for (auto& [name, value] : taken.labels) {
    if (name == "scrape") name = "exported_scrape";
  }
  taken.labels.emplace_back("scrape", scrape.name);
  RenameReservedLabels(taken.labels);
}

Scraped ScrapeOnce(const ScrapeSettings& scrape) {
  const auto begin = std::chrono::steady_clock::now();
  Scraped scraped;
  const absl::StatusOr<std::string> text = Fetch(scrape);
  scraped.duration = absl::FromChrono(std::chrono::steady_clock::now() - begin);
  scraped.status = text.status();
  if (!text.ok()) return scraped;
  const auto take = [&](const ExposedSample& sample) {
    ++scraped.exposed;
    if (IsWanted(sample.metric, scrape.metrics) && scraped.samples.size() <= scrape.series_max) AddSample(scrape, sample, scraped.samples);
  };
  scraped.status = ParseExposition(scrape.url, *text, take, ExposedTimes::kIgnored);
  if (scraped.status.ok() && scraped.samples.size() > scrape.series_max) {
    scraped.status = absl::ResourceExhaustedError(
        StrCat("left out: more than ", scrape.series_max, " series; name fewer in metrics, or raise series_max"));
  }
  if (!scraped.status.ok()) scraped.samples.clear();
  return scraped;
}

class ScrapeProbe final : public Probe {
 public:
  explicit ScrapeProbe(const ProbeSettings& settings) : settings_(settings) {}
  std::string_view name() const override { return "scrape"; }
  absl::Duration interval_min() const override { return kIntervalMin; }

  absl::Status Collect(SampleSink& sink) override {
    if (settings_.scrapes.empty()) return absl::NotFoundError("no [[scrape]] in agent.toml");
    Ask();
    std::map<std::string, std::string> troubles;
    for (const auto& [name, answer] : runner_.Answers()) {
      if (!answer.result) continue;
      const Scraped& scraped = *answer.result;
      const bool fits = Report(scraped, sink);
      if (!scraped.status.ok()) troubles[name] = std::string(scraped.status.message());
      if (!fits) troubles[name] = "some metrics are left out: too many names";
      const LabelView labels[] = {{"scrape", name}};
      sink.Add(kUp, labels, scraped.status.ok() ? 1 : 0);
      sink.AddUnsigned(kTaken, labels, scraped.samples.size());
      sink.AddUnsigned(kExposed, labels, scraped.exposed);
      sink.Add(kDuration, labels, absl::ToInt64Milliseconds(scraped.duration));
    }
    told_.Tell(std::move(troubles));
    return absl::OkStatus();
  }

 private:
  using Runner = JobRunner<Scraped>;

  void Ask() {
    std::map<std::string, Runner::Job> jobs;
    for (const ScrapeSettings& scrape : settings_.scrapes) {
      jobs[scrape.name] = {scrape.interval, [scrape] { return ScrapeOnce(scrape); }};
    }
    runner_.Run(std::move(jobs));
    if (settings_.once) runner_.WaitForAll();
  }

  bool Report(const Scraped& scraped, SampleSink& sink) {
    bool fits = true;
    for (const Taken& taken : scraped.samples) {
      const Metric* const metric = families_.Get(taken.metric, [&](std::string_view name) {
        return MetricFamilies::Definition{.name = std::string(name), .help = taken.help, .type = taken.type, .kind = ValueKind::kDouble};
      });
      fits = fits && metric != nullptr;
      if (metric == nullptr) continue;
      const std::vector<LabelView> labels(taken.labels.begin(), taken.labels.end());
      sink.AddDouble(*metric, labels, taken.value);
    }
    return fits;
  }

  const ProbeSettings settings_;
  Runner runner_{kScrapesAtOnce};
  MetricFamilies families_;
  ToldOnce told_{"scrape"};
};

}  // namespace

bool IsWanted(std::string_view metric, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](std::string_view one) {
    return one.ends_with('*') ? metric.starts_with(one.substr(0, one.size() - 1)) : metric == one;
  });
}

std::unique_ptr<Probe> MakeScrapeProbe(Platform& /*platform*/, const ProbeSettings& settings) {
  return std::make_unique<ScrapeProbe>(settings);
}

}  // namespace steward::agent
