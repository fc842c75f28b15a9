#include "collector/rules/daily_maxima.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
constexpr double kDayMax = 1e7;      // some 27,000 years
constexpr double kSameSize = 0.001;  // file systems differ by so much in what they say of themselves

// What comes after it moves as far back as it went.
void LevelLargestStep(std::vector<TrendPoint>& points) {
  std::size_t largest = 1;
  const auto step = [&](std::size_t i) { return points[i].value - points[i - 1].value; };
  for (std::size_t i = 2; i < points.size(); ++i) {
    if (std::abs(step(i)) > std::abs(step(largest))) largest = i;
  }
  const double by = step(largest);
  for (std::size_t i = largest; i < points.size(); ++i) points[i].value -= by;
}

}  // namespace

void DailyMaxima::Add(absl::Time time, double value, double whole) {
  const std::int64_t day = absl::ToUnixSeconds(time) / kDaySeconds;
  if (has_today_ && day < today_.day) return;
  if (has_today_ && std::abs(whole - whole_) > kSameSize * whole_) {
    days_.clear();
    trends_.reset();
    has_today_ = false;
    restarted_ = true;
  }
  whole_ = whole;
  if (has_today_ && day > today_.day) Close();
  today_ = has_today_ ? Day{day, std::max(today_.value, value)} : Day{day, value};
  has_today_ = true;
}

void DailyMaxima::Close() {
  if (!days_.empty() && days_.back().value - today_.value > kRestartDrop * whole_) {
    days_.clear();
    restarted_ = true;
  }
  days_.push_back(today_);
  trends_.reset();
  has_today_ = false;
  std::erase_if(days_, [&](const Day& day) { return day.day <= today_.day - 2 * kDays; });
  if (days_.size() > kDays) days_.erase(days_.begin());
}

std::vector<TrendPoint> DailyMaxima::Points(int days_seen) const {
  std::vector<TrendPoint> points;
  const std::size_t count = std::min(days_.size(), static_cast<std::size_t>(std::max(days_seen, kDaysLeast)));
  for (auto day = days_.end() - static_cast<std::ptrdiff_t>(count); day != days_.end(); ++day) {
    points.push_back({static_cast<double>(day->day), day->value});
  }
  return points;
}

const DailyMaxima::Trends& DailyMaxima::TrendsOver(int days_seen) const {
  if (trends_ && trends_->days_seen == days_seen) return *trends_;
  trends_ = Trends{days_seen, std::nullopt, std::nullopt};
  if (days_.size() < kDaysLeast) return *trends_;
  std::vector<TrendPoint> points = Points(days_seen);
  trends_->all = FitTheilSen(points);
  LevelLargestStep(points);
  trends_->without_largest_step = FitTheilSen(points);
  return *trends_;
}

std::string DailyMaxima::Encode() const {
  std::string text = absl::StrFormat("%.12g %d", whole_, restarted_ ? 1 : 0);
  for (const Day& day : days_) absl::StrAppendFormat(&text, " %d %.12g", day.day, day.value);
  if (has_today_) absl::StrAppendFormat(&text, " %d %.12g", today_.day, today_.value);
  return text;
}

void DailyMaxima::Decode(std::string_view text) {
  std::vector<double> numbers;
  for (const absl::string_view word : absl::StrSplit(ToAbsl(text), ' ', absl::SkipEmpty())) {
    double number = 0;
    if (!absl::SimpleAtod(word, &number) || !std::isfinite(number)) return;
    numbers.push_back(number);
  }
  if (numbers.size() < 4 || numbers.size() % 2 != 0 || numbers.size() > 2 * kDays + 4) return;
  DailyMaxima read;
  read.whole_ = numbers[0];
  read.restarted_ = numbers[1] != 0;
  for (std::size_t i = 2; i < numbers.size(); i += 2) {
    if (std::abs(numbers[i]) > kDayMax) return;
    const Day day{static_cast<std::int64_t>(numbers[i]), numbers[i + 1]};
    if (!read.days_.empty() && day.day <= read.days_.back().day) return;
    read.days_.push_back(day);
  }
  read.today_ = read.days_.back();  // it may go on
  read.days_.pop_back();
  read.has_today_ = true;
  *this = std::move(read);
}

std::optional<TimeTo> DaysTo(double target, double value, const Trend& trend) {
  const double way = target - value;
  if (way == 0) return TimeTo{};
  const bool up = way > 0;
  const double slow = up ? trend.low : trend.high;   // the pace at which it takes longest
  const double fast = up ? trend.high : trend.low;
  if (up ? slow <= 0 : slow >= 0) return std::nullopt;
  return TimeTo{way / trend.slope, way / fast, way / slow};
}

}  // namespace steward::collector
