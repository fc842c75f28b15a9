#include "agent/probes/endpoints.h"

#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "agent/net/connection.h"
#include "agent/net/dns_query.h"
#include "agent/net/ping.h"
#include "agent/net/resolve.h"
#include "agent/probes/endpoint_list.h"
#include "agent/probes/job_runner.h"
#include "agent/probes/network_settings.h"
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
constexpr Metric kLoss = {.name = "steward_endpoint_loss_ratio", .help = "Share of the last echo requests that were not answered.", .denominator = 100};
constexpr Metric kHttpStatus = {.name = "steward_endpoint_http_status", .help = "The status of the service's answer."};

constexpr absl::Duration kIntervalMin = absl::Seconds(5);
constexpr int kHttpError = 400;

struct Seen {
  absl::Status status;
  std::vector<std::pair<std::string_view, absl::Duration>> phases;  // that went well
  std::optional<absl::Time> certificate_end;
  int http_status = 0;  // 0: none
  std::optional<double> loss;  // share of echo requests

  // Notes how long the step took; false if it failed.
  template <typename Step>
  bool Go(std::string_view phase, const Step& step) {
    const auto begin = std::chrono::steady_clock::now();
    status = step();
    if (status.ok()) phases.emplace_back(phase, absl::FromChrono(std::chrono::steady_clock::now() - begin));
    return status.ok();
  }
};

absl::Status JudgeAnswer(const HttpAnswer& answer, const std::string& contains) {
  if (answer.status >= kHttpError) return absl::UnavailableError(StrCat("answers with HTTP status ", answer.status));
  if (answer.body.find(contains) == std::string::npos) return absl::UnavailableError(StrCat("\"", contains, "\" is not in its answer"));
  return absl::OkStatus();
}

void LookByConnection(const EndpointUrl& url, const std::string& contains, Seen& seen) {
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
    const absl::StatusOr<HttpAnswer> answer = connection.Get(url.Authority(), url.path, contains.empty() ? 0 : kEndpointBytesMax);
    if (!answer.ok()) return answer.status();
    seen.http_status = answer->status;
    return JudgeAnswer(*answer, contains);
  });
}

void LookByPing(const std::string& host, Seen& seen) {
  const PingResult result = Ping(host, kEndpointPings, kEndpointDeadline);
  seen.status = result.status;
  if (result.answered > 0) seen.phases.emplace_back("icmp", result.typical);
  if (result.sent > 0) seen.loss = 1 - static_cast<double>(result.answered) / result.sent;
}

// One question to answer: an endpoint, or one server of it.
struct Target {
  Endpoint endpoint;
  std::string server;  // that is asked; empty: the one of the URL, or of a name the system's way
};

Seen Look(const Target& target) {
  Seen seen;
  const absl::StatusOr<EndpointUrl> url = ParseEndpointUrl(target.endpoint.url);
  if (!url.ok()) {
    seen.status = url.status();
  } else if (url->scheme == "icmp") {
    LookByPing(target.server.empty() ? url->host : target.server, seen);
  } else if (url->scheme == "dns" && target.server.empty()) {
    seen.Go("dns", [&] { return ResolveHost(url->path, "0").status(); });
  } else if (url->scheme == "dns") {
    seen.Go("dns", [&] { return AskNameServer(target.server, url->port, url->path, kEndpointDeadline); });
  } else {
    LookByConnection(*url, target.endpoint.contains, seen);
  }
  return seen;
}

// The servers that an endpoint is asked of: for most one, without a name. None: the machine is set to none.
std::vector<std::string> ServersOf(const Endpoint& endpoint, Platform& platform) {
  const absl::StatusOr<EndpointUrl> url = ParseEndpointUrl(endpoint.url);
  if (url.ok() && url->host == kAnyServer) {
    if (url->scheme == "dns") return NameServers(platform);
    std::string gateway = DefaultGateway(platform);
    return gateway.empty() ? std::vector<std::string>() : std::vector<std::string>{std::move(gateway)};
  }
  if (url.ok() && url->scheme == "dns" && !url->host.empty()) return {url->host};
  return {""};
}

void Report(const Target& target, const Seen& seen, SampleSink& sink) {
  absl::InlinedVector<LabelView, 4> labels = {{"endpoint", target.endpoint.name}};
  if (!target.endpoint.purpose.empty()) labels.push_back({"purpose", target.endpoint.purpose});
  if (!target.server.empty()) labels.push_back({"server", target.server});
  sink.Add(kUp, labels, seen.status.ok() ? 1 : 0);
  if (seen.loss) sink.Add(kLoss, labels, std::llround(*seen.loss * 100));
  if (seen.certificate_end) sink.Add(kCertificateEnd, labels, absl::ToUnixSeconds(*seen.certificate_end));
  if (seen.http_status != 0) sink.Add(kHttpStatus, labels, seen.http_status);
  labels.insert(labels.begin() + 1, {"phase", ""});
  for (const auto& [phase, duration] : seen.phases) {
    labels[1].second = phase;
    sink.Add(kDuration, labels, absl::ToInt64Microseconds(duration));
  }
}

class EndpointsProbe final : public Probe {
 public:
  EndpointsProbe(Platform& platform, const ProbeSettings& settings)
      : platform_(platform), list_(settings.endpoints), once_(settings.once) {}
  std::string_view name() const override { return "endpoints"; }
  absl::Duration interval_min() const override { return kIntervalMin; }

  absl::Status Collect(SampleSink& sink) override {
    std::map<std::string, std::string> troubles;
    const std::map<std::string, Target> targets = Targets(troubles);
    std::map<std::string, Runner::Job> jobs;
    for (const auto& [name, target] : targets) jobs[name] = {kEndpointInterval, [target = target] { return Look(target); }};
    runner_.Run(std::move(jobs));
    if (once_) runner_.WaitForAll();
    for (const auto& [name, answer] : runner_.Answers()) {
      if (!answer.result) continue;
      Report(targets.at(name), *answer.result, sink);
      if (!answer.result->status.ok()) troubles[name] = std::string(answer.result->status.message());
    }
    told_.Tell(std::move(troubles));
    return targets.empty() ? absl::NotFoundError("the collector names no endpoint to this machine") : absl::OkStatus();
  }

 private:
  using Runner = JobRunner<Seen>;

  // By the name that people know it by.
  std::map<std::string, Target> Targets(std::map<std::string, std::string>& troubles) {
    std::map<std::string, Target> targets;
    for (const Endpoint& endpoint : list_ ? list_->Get() : std::vector<Endpoint>()) {
      const std::vector<std::string> servers = ServersOf(endpoint, platform_);
      if (servers.empty()) troubles[endpoint.name] = "this machine is set to none";
      for (const std::string& server : servers) {
        if (targets.size() == kEndpointsMax) {
          troubles[endpoint.name] = StrCat("left out, as all behind it: more than ", kEndpointsMax, " endpoints");
          return targets;
        }
        targets[server.empty() ? endpoint.name : StrCat(endpoint.name, " of ", server)] = {endpoint, server};
      }
    }
    return targets;
  }

  Platform& platform_;
  const std::shared_ptr<EndpointList> list_;
  const bool once_;
  Runner runner_{kEndpointsAtOnce};
  ToldOnce told_{"endpoints"};
};

}  // namespace

std::unique_ptr<Probe> MakeEndpointsProbe(Platform& platform, const ProbeSettings& settings) {
  return std::make_unique<EndpointsProbe>(platform, settings);
}

}  // namespace steward::agent
