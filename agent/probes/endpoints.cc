#include "agent/probes/endpoints.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/net/connection.h"
#include "agent/net/dns_query.h"
#include "agent/net/ping.h"
#include "agent/net/resolve.h"
#include "agent/probes/endpoint_list.h"
#include "agent/probes/job_runner.h"
#include "agent/probes/told_once.h"
#include "base/endpoint_url.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr Metric kUp = {.name = "steward_endpoint_up", .help = "1 if the service answered this machine as it should."};
constexpr Metric kDuration = {.name = "steward_endpoint_duration_seconds",
                              .help = "How long a phase of asking the service took: resolve, connect, tls, http, dns, icmp.",
                              .denominator = 1'000'000};
constexpr Metric kCertificateEnd = {.name = "steward_endpoint_certificate_not_after_timestamp_seconds",
                                    .help = "When the service's certificate ends."};
constexpr Metric kHttpStatus = {.name = "steward_endpoint_http_status", .help = "The status of the service's answer."};

constexpr absl::Duration kIntervalMin = absl::Seconds(5);
constexpr int kHttpError = 400;

struct Seen {
  absl::Status status;
  std::vector<std::pair<std::string_view, absl::Duration>> phases;  // that went well
  std::optional<absl::Time> certificate_end;
  int http_status = 0;  // 0: none

  // Notes how long the step took; false if it failed.
  template <typename Step>
  bool Go(std::string_view phase, const Step& step) {
    const auto begin = std::chrono::steady_clock::now();
    status = step();
    if (status.ok()) phases.emplace_back(phase, absl::FromChrono(std::chrono::steady_clock::now() - begin));
    return status.ok();
  }
};

void LookByConnection(const EndpointUrl& url, Seen& seen) {
  Connection connection(kEndpointDeadline);
  if (!seen.Go("resolve", [&] { return connection.Resolve(url.host, url.port); })) return;
  if (!seen.Go("connect", [&] { return connection.Connect(); })) return;
  if (url.scheme == "tls" || url.scheme == "https") {
    const bool trusted = seen.Go("tls", [&] { return connection.Secure(url.host); });
    seen.certificate_end = connection.certificate_not_after();
    if (!trusted) return;
  }
  if (url.scheme != "http" && url.scheme != "https") return;
  seen.Go("http", [&] {
    const absl::StatusOr<HttpAnswer> answer = connection.Get(url.Authority(), url.path, 0);
    if (!answer.ok()) return answer.status();
    seen.http_status = answer->status;
    return answer->status < kHttpError ? absl::OkStatus() : absl::UnavailableError(StrCat("answers with HTTP status ", answer->status));
  });
}

Seen Look(const std::string& text) {
  Seen seen;
  const absl::StatusOr<EndpointUrl> url = ParseEndpointUrl(text);
  if (!url.ok()) {
    seen.status = url.status();
  } else if (url->scheme == "icmp") {
    seen.Go("icmp", [&] { return Ping(url->host, kEndpointDeadline); });
  } else if (url->scheme == "dns" && url->host.empty()) {
    seen.Go("dns", [&] { return ResolveHost(url->path, "0").status(); });
  } else if (url->scheme == "dns") {
    seen.Go("dns", [&] { return AskNameServer(url->host, url->port, url->path, kEndpointDeadline); });
  } else {
    LookByConnection(*url, seen);
  }
  return seen;
}

void Report(const std::string& name, const Seen& seen, SampleSink& sink) {
  const LabelView endpoint[] = {{"endpoint", name}};
  sink.Add(kUp, endpoint, seen.status.ok() ? 1 : 0);
  for (const auto& [phase, duration] : seen.phases) {
    const LabelView labels[] = {{"endpoint", name}, {"phase", phase}};
    sink.Add(kDuration, labels, absl::ToInt64Microseconds(duration));
  }
  if (seen.certificate_end) sink.Add(kCertificateEnd, endpoint, absl::ToUnixSeconds(*seen.certificate_end));
  if (seen.http_status != 0) sink.Add(kHttpStatus, endpoint, seen.http_status);
}

class EndpointsProbe final : public Probe {
 public:
  explicit EndpointsProbe(const ProbeSettings& settings) : list_(settings.endpoints), once_(settings.once) {}
  std::string_view name() const override { return "endpoints"; }
  absl::Duration interval_min() const override { return kIntervalMin; }

  absl::Status Collect(SampleSink& sink) override {
    std::map<std::string, std::string> troubles;
    std::map<std::string, Runner::Job> jobs;
    for (const Endpoint& endpoint : list_ ? list_->Get() : std::vector<Endpoint>()) {
      if (jobs.size() == kEndpointsMax) {
        troubles[endpoint.name] = StrCat("left out, as all behind it: more than ", kEndpointsMax, " endpoints");
        break;
      }
      jobs[endpoint.name] = {kEndpointInterval, [url = endpoint.url] { return Look(url); }};
    }
    const bool none = jobs.empty();
    runner_.Run(std::move(jobs));
    if (once_) runner_.WaitForAll();
    for (const auto& [name, answer] : runner_.Answers()) {
      if (!answer.result) continue;
      Report(name, *answer.result, sink);
      if (!answer.result->status.ok()) troubles[name] = std::string(answer.result->status.message());
    }
    told_.Tell(std::move(troubles));
    return none ? absl::NotFoundError("the collector names no endpoint to this machine") : absl::OkStatus();
  }

 private:
  using Runner = JobRunner<Seen>;

  const std::shared_ptr<EndpointList> list_;
  const bool once_;
  Runner runner_{kEndpointsAtOnce};
  ToldOnce told_{"endpoints"};
};

}  // namespace

std::unique_ptr<Probe> MakeEndpointsProbe(Platform& /*platform*/, const ProbeSettings& settings) {
  return std::make_unique<EndpointsProbe>(settings);
}

}  // namespace steward::agent
