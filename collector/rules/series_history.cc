#include "collector/rules/series_history.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {

void SeriesHistory::Add(absl::Time time, double value) {
  if (buckets_.empty()) {
    before_ = from_zero_ ? 0 : value;
    buckets_.push_back({time, time, value, value, value, value, 1});
    value_ = value;
    return;
  }
  const double risen = buckets_.back().risen + (value < value_ ? value : value - value_);
  value_ = value;
  if (time - buckets_.back().begin >= window_ / kBuckets) {
    buckets_.push_back({time, time, risen, value, value, value, 1});
  } else {
    Bucket& bucket = buckets_.back();
    bucket.end = time;
    bucket.risen = risen;
    bucket.least = std::min(bucket.least, value);
    bucket.greatest = std::max(bucket.greatest, value);
    bucket.sum += value;
    bucket.count += 1;
  }
  while (buckets_.size() > 1 && buckets_.front().end < time - window_) {
    before_ = buckets_.front().risen;
    buckets_.pop_front();
  }
}

double SeriesHistory::Increase() const { return buckets_.back().risen - before_; }

std::optional<double> SeriesHistory::Rate() const {
  const bool within_one = buckets_.size() == 1;
  const Bucket& first = buckets_.front();
  const double risen = buckets_.back().risen - (within_one ? before_ : first.risen);
  const absl::Duration time = buckets_.back().end - (within_one ? first.begin : first.end);
  if (time <= absl::ZeroDuration()) return std::nullopt;
  return risen / absl::ToDoubleSeconds(time);
}

double SeriesHistory::Least() const {
  return std::min_element(buckets_.begin(), buckets_.end(), [](const Bucket& a, const Bucket& b) { return a.least < b.least; })->least;
}

double SeriesHistory::Greatest() const {
  return std::max_element(buckets_.begin(), buckets_.end(), [](const Bucket& a, const Bucket& b) { return a.greatest < b.greatest; })
      ->greatest;
}

double SeriesHistory::Average() const {
  double sum = 0;
  double count = 0;
  for (const Bucket& bucket : buckets_) {
    sum += bucket.sum;
    count += bucket.count;
  }
  return sum / count;
}

double SeriesHistory::Median() const {
  std::vector<std::pair<double, double>> averages;  // average, samples
  double count = 0;
  for (const Bucket& bucket : buckets_) {
    averages.emplace_back(bucket.sum / bucket.count, bucket.count);
    count += bucket.count;
  }
  std::sort(averages.begin(), averages.end());
  auto middle = averages.begin();
  for (double before = middle->second; before < count / 2; before += middle->second) ++middle;
  return middle->first;
}

// before value; begin end risen least greatest sum count; ... A stretch in which nothing changed is one bucket.
std::string SeriesHistory::Encode() const {
  std::vector<Bucket> stretches;
  for (const Bucket& bucket : buckets_) {
    const bool same = !stretches.empty() && bucket.least == bucket.greatest && stretches.back().least == bucket.least &&
                      stretches.back().greatest == bucket.least && stretches.back().risen == bucket.risen;
    if (!same) {
      stretches.push_back(bucket);
      continue;
    }
    stretches.back().end = bucket.end;
    stretches.back().sum += bucket.sum;
    stretches.back().count += bucket.count;
  }
  std::string text = absl::StrFormat("%.17g %.17g", before_, value_);
  for (const Bucket& bucket : stretches) {
    absl::StrAppendFormat(&text, ";%d %d %.17g %.17g %.17g %.17g %.17g", absl::ToUnixMillis(bucket.begin),
                          absl::ToUnixMillis(bucket.end), bucket.risen, bucket.least, bucket.greatest, bucket.sum, bucket.count);
  }
  return text;
}

void SeriesHistory::Decode(std::string_view text) {
  const auto numbers = [](absl::string_view part, std::size_t count) {
    std::vector<double> result;
    for (const absl::string_view word : absl::StrSplit(part, ' ')) {
      double number = 0;
      if (!absl::SimpleAtod(word, &number) || !std::isfinite(number)) return std::vector<double>();
      result.push_back(number);
    }
    return result.size() == count ? result : std::vector<double>();
  };
  std::deque<Bucket> buckets;
  std::vector<double> head;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text), ';')) {
    if (head.empty()) {
      head = numbers(part, 2);
      if (head.empty()) return;
      continue;
    }
    const std::vector<double> n = numbers(part, 7);
    if (n.empty() || n[6] < 1 || buckets.size() > 2 * kBuckets) return;
    const auto time = [](double ms) { return absl::UnixEpoch() + absl::Milliseconds(ms); };
    buckets.push_back({time(n[0]), time(n[1]), n[2], n[3], n[4], n[5], n[6]});
  }
  if (head.empty() || buckets.empty()) return;
  before_ = head[0];
  value_ = head[1];
  buckets_ = std::move(buckets);
}

}  // namespace steward::collector
