#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "collector/api/machine_lookup.h"
#include "collector/api/messages.h"
#include "collector/api/services.h"
#include "collector/storage/sample_functions.h"

namespace steward::collector {
namespace {

absl::Status AddMatchers(const v1::QuerySamplesRequest& request, SampleQuery& query) {
  constexpr std::pair<std::string_view, LabelOperator> kOperators[] = {{"=", LabelOperator::kEqual},
                                                                       {"!=", LabelOperator::kNotEqual},
                                                                       {"=~", LabelOperator::kMatches},
                                                                       {"!~", LabelOperator::kMatchesNot}};
  for (const v1::LabelMatcher& matcher : request.matchers()) {
    const auto* known = std::find_if(std::begin(kOperators), std::end(kOperators),
                                     [&](const auto& one) { return one.first == matcher.op(); });
    if (known == std::end(kOperators)) {
      return absl::InvalidArgumentError(StrCat("\"", matcher.op(), "\" matches no labels; there are =, !=, =~ and !~"));
    }
    query.labels.push_back({matcher.name(), matcher.value(), known->second});
  }
  return absl::OkStatus();
}

absl::Status SetFunction(const v1::QuerySamplesRequest& request, SampleQuery& query) {
  if (request.has_step()) {
    query.step = absl::Seconds(request.step().seconds()) + absl::Nanoseconds(request.step().nanos());
    if (query.step < absl::Milliseconds(1)) return absl::InvalidArgumentError("step must be a millisecond at least");
    query.function = SampleFunction::kLast;
  }
  if (request.fn().empty()) return absl::OkStatus();
  const auto function = ParseSampleFunction(request.fn());
  if (!function.ok()) return function.status();
  query.function = *function;
  return absl::OkStatus();
}

absl::StatusOr<SampleQuery> QueryOf(const v1::QuerySamplesRequest& request, absl::Time now) {
  SampleQuery query;
  query.metric = request.metric();
  query.points_max = kSamplePointsMax;
  for (const auto& [name, value] : request.labels()) query.labels.push_back({name, value});
  if (auto status = AddMatchers(request, query); !status.ok()) return status;
  if (auto status = SetFunction(request, query); !status.ok()) return status;
  query.to = now;
  if (request.has_to()) {
    const auto to = FromTimestamp(request.to(), "to");
    if (!to.ok()) return to.status();
    query.to = *to;
  }
  query.from = query.to - absl::Hours(1);
  if (request.has_from()) {
    const auto from = FromTimestamp(request.from(), "from");
    if (!from.ok()) return from.status();
    query.from = *from;
  }
  if (query.metric.empty()) return absl::InvalidArgumentError("name a metric, e.g. node_load1");
  if (query.from >= query.to) return absl::InvalidArgumentError("from must be before to");
  return query;
}

absl::StatusOr<v1::QuerySamplesResponse> QuerySamples(const Clock& clock, Storage& storage,
                                                      const v1::QuerySamplesRequest& request) {
  auto query = QueryOf(request, clock.WallNow());
  if (!query.ok()) return query.status();
  v1::QuerySamplesResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto machine = FindMachine(reader, request.machine());
    if (!machine.ok()) return machine.status();
    query->machine_id = machine->id;
    const auto found = reader.QuerySamples(*query);
    if (!found.ok()) return found.status();
    for (const SampleSeries& series : *found) {
      v1::SampleSeries* shown = response.add_series();
      shown->set_metric(series.metric);
      shown->mutable_labels()->insert(series.labels.begin(), series.labels.end());
      shown->mutable_points()->Reserve(static_cast<int>(series.points.size()));
      for (const SamplePoint& point : series.points) {
        v1::SamplePoint* added = shown->add_points();
        *added->mutable_time() = ToTimestamp(absl::FromUnixMillis(point.time_ms));
        added->set_value(point.value);
      }
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

}  // namespace

void AddSampleService(const Clock& clock, Storage& storage, RpcTable& rpc) {
  rpc.AddImmediate<v1::QuerySamplesRequest, v1::QuerySamplesResponse>(
      "steward.v1.SampleService.QuerySamples",
      [&](const Caller&, const auto& request) { return QuerySamples(clock, storage, request); });
}

}  // namespace steward::collector
