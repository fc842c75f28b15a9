#include "tests/fleet/outage.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/text.h"

namespace steward::fleet {

bool Outage::IsCut(absl::Duration since_start) const {
  if (since_start < at) return false;
  absl::Duration within = since_start - at;
  if (every != absl::InfiniteDuration()) within %= every;
  return within < length;
}

absl::Duration Outage::UntilChange(absl::Duration since_start) const {
  if (since_start < at) return at - since_start;
  absl::Duration within = since_start - at;
  if (every != absl::InfiniteDuration()) within %= every;
  return within < length ? length - within : every - within;
}

absl::StatusOr<Outage> ParseOutage(std::string_view text) {
  const auto wrong = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("--outage ", ToAbsl(text), ": ", why,
                                                   "; write at=30s,for=20s or at=30s,for=20s,every=2m"));
  };
  Outage outage;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text), ',')) {
    const std::pair<absl::string_view, absl::string_view> option = absl::StrSplit(part, absl::MaxSplits('=', 1));
    absl::Duration value;
    if (!absl::ParseDuration(option.second, &value) || value < absl::ZeroDuration()) {
      return wrong(absl::StrCat(part, " is no duration"));
    }
    if (option.first == "at") {
      outage.at = value;
    } else if (option.first == "for") {
      outage.length = value;
    } else if (option.first == "every") {
      outage.every = value;
    } else {
      return wrong(absl::StrCat("unknown: ", option.first));
    }
  }
  if (outage.length <= absl::ZeroDuration()) return wrong("for= is missing");
  if (outage.every <= outage.length) return wrong("every= must be longer than for=");
  return outage;
}

}  // namespace steward::fleet
