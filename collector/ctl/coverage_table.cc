// The coverage record in `stewardctl machine show`.
#include <cmath>
#include <map>

#include "base/text.h"
#include "collector/ctl/output.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

// "40 s", "5 min", "7 h 5 min".
std::string Length(absl::Duration length) {
  const std::int64_t seconds = absl::ToInt64Seconds(length + absl::Milliseconds(500));
  if (seconds < 60) return StrCat(seconds, " s");
  const std::int64_t minutes = (seconds + 30) / 60;
  if (minutes < 60) return StrCat(minutes, " min");
  return StrCat(minutes / 60, " h", minutes % 60 == 0 ? "" : StrCat(" ", minutes % 60, " min"));
}

// Cut down, so that 100 % means all of it.
std::string Percent(double share) {
  const double tenths = std::floor(share * 1000 + 1e-6);
  return tenths == 0 && share > 0 ? "< 0.1 %" : StrCat(tenths / 10, " %");
}

absl::Duration LengthOf(const v1::CoveragePeriod& period) { return TimeOf(period.to()) - TimeOf(period.from()); }

std::string Clock(const google::protobuf::Timestamp& time, const v1::CoverageDay& day) {
  const std::string clock = absl::FormatTime("%H:%M", TimeOf(time), absl::UTCTimeZone());
  return clock == "00:00" && TimeOf(time) > TimeOf(day.from()) ? "24:00" : clock;
}

// "off 7 h 5 min (00:00-07:05)": the times where there is one such period only.
std::string WhatIsMissing(const v1::CoverageDay& day) {
  struct Cause {
    absl::Duration length;
    int periods = 0;
    const v1::CoveragePeriod* one = nullptr;
  };
  std::map<std::string, Cause> causes;
  for (const v1::CoverageShare& gap : day.gaps()) {
    causes[gap.cause()].length =
        absl::Milliseconds(google::protobuf::util::TimeUtil::DurationToMilliseconds(gap.duration()));
  }
  for (const v1::CoveragePeriod& period : day.periods()) {
    Cause& cause = causes[period.delivered_later() ? period.cause() + ", delivered later" : period.cause()];
    if (period.delivered_later()) cause.length += LengthOf(period);
    ++cause.periods;
    cause.one = &period;
  }
  std::string words;
  for (const auto& [name, cause] : causes) {
    if (cause.length < absl::Seconds(1)) continue;  // as between enrolment and the first batch: nobody misses it
    StrAppend(&words, words.empty() ? "" : ", ", name, " ", Length(cause.length));
    if (cause.periods == 1)
      StrAppend(&words, " (", Clock(cause.one->from(), day), "-", Clock(cause.one->to(), day), ")");
  }
  return words;
}

}  // namespace

void PrintCoverage(const CtlContext& context, const v1::GetMachineResponse& response) {
  if (response.coverage().empty()) return;
  PrintHeading(context, "Coverage (days and times are UTC)");
  Table table({"DAY", "OBSERVED", "LATER", "NOT OBSERVED, OR DELIVERED LATER"});
  for (const v1::CoverageDay& day : response.coverage()) {
    const Cell later =
        day.delivered_later_share() > 0 ? Cell(Percent(day.delivered_later_share())) : Cell("-", Colour::kSoft);
    table.AddRow({day.date(), Percent(day.observed_share()), later, WhatIsMissing(day)});
  }
  table.Print(context.out, context.colours);
}

}  // namespace steward::collector
