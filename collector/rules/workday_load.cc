#include "collector/rules/workday_load.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr double kBucketPercent = 2;
constexpr int kExceededPart = 20;  // the level is exceeded in one part of so many
constexpr int kGapIntervals = 3;

// The lower end of the bucket above which lies a twentieth of what was counted.
template <typename Histogram>
std::uint8_t Level(const Histogram& counts) {
  const std::uint32_t all = std::accumulate(counts.begin(), counts.end(), 0U);
  std::uint32_t above = 0;
  for (std::size_t i = counts.size(); i-- > 0;) {
    above += counts[i];
    if (above * kExceededPart > all) return static_cast<std::uint8_t>(static_cast<double>(i) * kBucketPercent);
  }
  return 0;
}

}  // namespace

void WorkdayLoad::Add(absl::CivilDay day, absl::Time time, absl::Duration interval, const Percents& busy) {
  if (!counts_.empty() && day != today_) EndDay();
  if (counts_.empty()) {
    counts_.resize(kMeasures);
    today_ = day;
    last_ = time;
  }
  seen_ += std::min(time - last_, kGapIntervals * interval);
  last_ = time;
  for (std::size_t i = 0; i < kMeasures; ++i) {
    if (busy[i] < 0) continue;
    std::uint16_t& count = counts_[i][static_cast<std::size_t>(std::min(busy[i], 100.0) / kBucketPercent)];
    if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
  }
}

void WorkdayLoad::EndDay() {
  if (!counts_.empty() && seen_ >= kLeastSeen) {
    Day& day = days_.emplace_back();
    day.day = today_;
    for (std::size_t i = 0; i < kMeasures; ++i) day.percent[i] = Level(counts_[i]);
    if (days_.size() > kDaysKept) days_.erase(days_.begin());
  }
  counts_ = {};
  seen_ = absl::ZeroDuration();
}

std::size_t WorkdayLoad::DaysAbove(const Percents& limits) const {
  return static_cast<std::size_t>(std::count_if(days_.begin(), days_.end(), [&](const Day& day) {
    for (std::size_t i = 0; i < kMeasures; ++i) {
      if (day.percent[i] >= limits[i]) return true;
    }
    return false;
  }));
}

std::size_t WorkdayLoad::DaysAbove(Measure measure, double limit) const {
  return static_cast<std::size_t>(std::count_if(days_.begin(), days_.end(), [&](const Day& day) { return day.percent[measure] >= limit; }));
}

// "day/memory/processors/disk ...", then, if a day is under way, "now/day/time/seen" and its histograms, sparse.
std::string WorkdayLoad::Encode() const {
  std::string text;
  for (const Day& day : days_) {
    StrAppend(&text, text.empty() ? "" : " ", absl::FormatCivilTime(day.day));
    for (const std::uint8_t percent : day.percent) StrAppend(&text, "/", int{percent});
  }
  if (counts_.empty()) return text;
  StrAppend(&text, text.empty() ? "" : " ", "now/", absl::FormatCivilTime(today_), "/", absl::ToUnixSeconds(last_), "/", absl::ToInt64Seconds(seen_));
  for (std::size_t measure = 0; measure < kMeasures; ++measure) {
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      if (counts_[measure][bucket] > 0) StrAppend(&text, " ", measure, ":", bucket, ":", int{counts_[measure][bucket]});
    }
  }
  return text;
}

void WorkdayLoad::Decode(std::string_view line) {
  *this = {};
  for (const absl::string_view word : absl::StrSplit(ToAbsl(line), ' ', absl::SkipEmpty())) {
    const std::vector<absl::string_view> parts = absl::StrSplit(word, '/');
    const std::vector<absl::string_view> count = absl::StrSplit(word, ':');
    std::array<std::int64_t, 3> numbers{};
    const auto read = [&](const std::vector<absl::string_view>& words, std::size_t from) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i + from < words.size() && !absl::SimpleAtoi(words[i + from], &numbers[i])) return false;
      }
      return true;
    };
    absl::CivilDay day;
    if (parts.size() == 4 && parts[0] == "now" && absl::ParseCivilTime(parts[1], &day) && read(parts, 2)) {
      counts_.resize(kMeasures);
      today_ = day;
      last_ = absl::FromUnixSeconds(numbers[0]);
      seen_ = absl::Seconds(numbers[1]);
    } else if (parts.size() == 4 && days_.size() < kDaysKept && absl::ParseCivilTime(parts[0], &day) && read(parts, 1)) {
      days_.push_back({day, {static_cast<std::uint8_t>(numbers[0]), static_cast<std::uint8_t>(numbers[1]), static_cast<std::uint8_t>(numbers[2])}});
    } else if (count.size() == 3 && !counts_.empty() && read(count, 0) && numbers[0] >= 0 && numbers[0] < std::int64_t{kMeasures} && numbers[1] >= 0 &&
               numbers[1] < std::int64_t{kBuckets}) {
      counts_[static_cast<std::size_t>(numbers[0])][static_cast<std::size_t>(numbers[1])] = static_cast<std::uint16_t>(numbers[2]);
    }
  }
}

}  // namespace steward::collector
