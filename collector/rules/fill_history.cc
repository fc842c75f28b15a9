#include "collector/rules/fill_history.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

const std::int64_t kStepSeconds = absl::ToInt64Seconds(FillHistory::kStep);
const std::int64_t kWindowSteps = FillHistory::kWindow / FillHistory::kStep;

}  // namespace

void FillHistory::Add(absl::Time time, double size, double avail) {
  if (time <= last_ || !(size > 0)) return;
  const bool other_size = size_ > 0 && std::abs(size - size_) > 0.001 * size_;
  const auto least = std::min_element(points_.begin(), points_.end(),
                                      [](const Point& a, const Point& b) { return a.free < b.free; });
  const bool emptied = least != points_.end() && avail - least->free > kRestartDrop * size;
  if (other_size || emptied) Restart();
  size_ = size;
  last_ = time;
  daily_.Add(time, size - avail, size);

  const auto hour = static_cast<std::uint32_t>(absl::ToUnixSeconds(time) / 3600);
  const auto used = static_cast<float>(1 - avail / size);
  float& peak = peaks_[hour % kHours];
  peak = peak_hours_[hour % kHours] == hour ? std::max(peak, used) : used;
  peak_hours_[hour % kHours] = hour;

  const std::int64_t step = absl::ToUnixSeconds(time) / kStepSeconds;
  if (!points_.empty() && points_.back().step == step) return;  // one point a step: the first sample in it
  points_.push_back({step, avail});
  const auto old = [&](const Point& point) { return point.step < step - kWindowSteps; };
  points_.erase(points_.begin(), std::find_if_not(points_.begin(), points_.end(), old));
  FitLine();
}

void FillHistory::Restart() {
  points_.clear();
  line_.reset();
}

void FillHistory::FitLine() {
  line_.reset();
  const std::int64_t end = points_.back().step;
  const absl::Duration span = kStep * (end - points_.front().step);
  if (span < kSpanLeast) return;
  double sum_t = 0, sum_f = 0, sum_tt = 0, sum_tf = 0;
  const auto n = static_cast<double>(points_.size());
  for (const Point& point : points_) {
    const auto t = static_cast<double>((point.step - end) * kStepSeconds);
    sum_t += t;
    sum_f += point.free;
    sum_tt += t * t;
    sum_tf += t * point.free;
  }
  const double spread = n * sum_tt - sum_t * sum_t;
  if (!(spread > 0)) return;
  const double slope = (n * sum_tf - sum_t * sum_f) / spread;
  line_ = Line{absl::FromUnixSeconds(end * kStepSeconds), (sum_f - slope * sum_t) / n, slope, span};
}

std::optional<absl::Duration> FillHistory::TimeLeft(absl::Time now) const {
  if (!line_) return std::nullopt;
  // Less than a thousandth of the disk a month is noise of the arithmetic, not growth.
  if (line_->slope > -0.001 * size_ / (30 * 86400.0)) return absl::InfiniteDuration();
  const double free_now = line_->free_at_end + line_->slope * absl::ToDoubleSeconds(now - line_->end);
  return absl::Seconds(std::max(0.0, free_now / -line_->slope));
}

bool FillHistory::IsStillFilling() const {
  if (!line_ || line_->span < kSpanMin) return false;
  const Point& end = points_.back();
  const std::int64_t recent = end.step - kRecent / kStep;
  const auto from = std::find_if(points_.begin(), points_.end(), [&](const Point& point) { return point.step >= recent; });
  const double seconds = static_cast<double>((end.step - from->step) * kStepSeconds);
  return from->free - end.free > kRecentShare * -line_->slope * seconds;
}

std::optional<FillHistory::Growth> FillHistory::GrowthInWindow() const {
  if (points_.size() < 2) return std::nullopt;
  return Growth{points_.front().free - points_.back().free, kStep * (points_.back().step - points_.front().step)};
}

double FillHistory::PeakADayBefore(absl::Time now) const {
  const std::int64_t hour = absl::ToUnixSeconds(now) / 3600;
  double peak = -1;
  for (int i = 0; i < kHours; ++i) {
    const std::int64_t age = hour - static_cast<std::int64_t>(peak_hours_[i]);
    if (peak_hours_[i] != 0 && age >= 20 && age <= 27) peak = std::max(peak, static_cast<double>(peaks_[i]));
  }
  return peak;
}

// "2;size;last;step:free,...;hour:peak,...;days": small, and readable where it is stored. Version 1 had no days.
std::string FillHistory::Encode() const {
  std::string text = absl::StrFormat("2;%.0f;%d;", size_, absl::ToUnixSeconds(last_));
  for (const Point& point : points_) absl::StrAppendFormat(&text, "%d:%.0f,", point.step, point.free);
  text += ';';
  for (int i = 0; i < kHours; ++i) {
    if (peak_hours_[i] != 0) absl::StrAppendFormat(&text, "%d:%.4f,", peak_hours_[i], peaks_[i]);
  }
  StrAppend(&text, ";", daily_.Encode());
  return text;
}

void FillHistory::Decode(std::string_view text) {
  const std::vector<absl::string_view> fields = absl::StrSplit(ToAbsl(text), ';');
  FillHistory read;
  std::int64_t last = 0;
  const bool with_days = fields.size() == 6 && fields[0] == "2";
  if ((!with_days && (fields.size() != 5 || fields[0] != "1")) || !absl::SimpleAtod(fields[1], &read.size_) ||
      !absl::SimpleAtoi(fields[2], &last)) {
    return;
  }
  read.last_ = absl::FromUnixSeconds(last);
  for (const absl::string_view entry : absl::StrSplit(fields[3], ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(entry, absl::MaxSplits(':', 1));
    Point point;
    if (!absl::SimpleAtoi(parts.first, &point.step) || !absl::SimpleAtod(parts.second, &point.free)) return;
    if (read.points_.size() == kPointsMax || (!read.points_.empty() && point.step <= read.points_.back().step)) return;
    read.points_.push_back(point);
  }
  for (const absl::string_view entry : absl::StrSplit(fields[4], ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(entry, absl::MaxSplits(':', 1));
    std::uint32_t hour = 0;
    float peak = 0;
    if (!absl::SimpleAtoi(parts.first, &hour) || !absl::SimpleAtof(parts.second, &peak)) return;
    read.peaks_[hour % kHours] = peak;
    read.peak_hours_[hour % kHours] = hour;
  }
  if (!read.points_.empty()) read.FitLine();
  if (with_days) read.daily_.Decode(ToStd(fields[5]));
  *this = std::move(read);
}

}  // namespace steward::collector
