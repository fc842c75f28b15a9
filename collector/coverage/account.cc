#include "collector/coverage/account.h"

#include <algorithm>
#include <array>

namespace steward::collector {
namespace {

constexpr std::int64_t kReachMsMin = 10'000;

void Append(const Period& period, std::vector<Period>& account) {
  if (period.length_ms() <= 0) return;
  if (!account.empty()) {
    Period& last = account.back();
    if (last.observed == period.observed && last.late == period.late && last.cause == period.cause) {
      last.to_ms = period.to_ms;
      return;
    }
  }
  account.push_back(period);
}

// An observed span, cut where it was delivered late.
void AppendObserved(std::int64_t from_ms, std::int64_t to_ms, const std::vector<Span>& late,
                    std::vector<Period>& account) {
  auto next = std::partition_point(late.begin(), late.end(), [&](const Span& span) { return span.to_ms <= from_ms; });
  for (; next != late.end() && next->from_ms < to_ms; ++next) {
    const std::int64_t begin = std::max(next->from_ms, from_ms), end = std::min(next->to_ms, to_ms);
    Append({from_ms, begin, true, false}, account);
    Append({begin, end, true, true}, account);
    from_ms = end;
  }
  Append({from_ms, to_ms, true, false}, account);
}

}  // namespace

std::int64_t ReachMs(std::int64_t interval_ms) { return std::max(interval_ms * 5 / 2, kReachMsMin); }

std::vector<Period> MakeAccount(const AccountInput& input) {
  std::vector<Period> account;
  const GapEvidence evidence{input.events, input.given_up, input.interval_ms, input.restored};
  Gap gap;
  gap.from_ms = input.from_ms;
  gap.cause = input.cause_before;
  const auto end_gap = [&](std::int64_t to_ms) {
    gap.to_ms = std::clamp(to_ms, input.from_ms, input.to_ms);
    if (gap.to_ms <= gap.from_ms) return;
    // Never joined to the gap before: the batch between them, though of no length, was there.
    const std::vector<Period> periods = ExplainGap(gap, evidence);
    account.insert(account.end(), periods.begin(), periods.end());
  };
  for (const Span& span : input.observed) {
    if (span.from_ms > input.to_ms) break;
    if (span.to_ms >= input.from_ms) {
      gap.after = span.first;
      end_gap(span.from_ms);
      const std::int64_t from_ms = std::max(span.from_ms, input.from_ms), to_ms = std::min(span.to_ms, input.to_ms);
      AppendObserved(from_ms, to_ms, input.late, account);
    }
    gap = {};
    gap.from_ms = std::clamp(span.to_ms, input.from_ms, input.to_ms);
    gap.before = span.last;
  }
  gap.after.reset();
  const auto beyond = std::find_if(input.observed.begin(), input.observed.end(),
                                   [&](const Span& span) { return span.from_ms > input.to_ms; });
  if (beyond != input.observed.end()) gap.after = beyond->first;
  end_gap(input.to_ms);
  return account;
}

std::vector<CoverageDay> ByDay(const std::vector<Period>& account) {
  std::vector<CoverageDay> days;
  for (const Period& whole : account) {
    for (Period part = whole; part.from_ms < whole.to_ms; part.from_ms = part.to_ms) {
      const std::int64_t day = DayOf(part.from_ms);
      part.to_ms = std::min(whole.to_ms, (day + 1) * kDayMs);
      if (days.empty() || days.back().day != day) {
        days.emplace_back();
        days.back().day = day;
        days.back().from_ms = part.from_ms;
      }
      CoverageDay& to = days.back();
      to.to_ms = part.to_ms;
      (part.observed ? to.observed_ms : to.gap_ms[part.cause]) += part.length_ms();
      if (part.late) to.late_ms += part.length_ms();
      to.periods.push_back(part);
    }
  }
  return days;
}

std::optional<double> ObservedRatio(const std::vector<Period>& account, std::int64_t from_ms) {
  std::int64_t observed_ms = 0, wanted_ms = 0;
  for (const Period& period : account) {
    const std::int64_t length_ms = period.to_ms - std::max(period.from_ms, from_ms);
    if (length_ms <= 0) continue;
    if (period.observed) observed_ms += length_ms;
    const bool away =
        !period.observed && (period.cause == v1::COVERAGE_CAUSE_OFF || period.cause == v1::COVERAGE_CAUSE_ASLEEP);
    if (!away) wanted_ms += length_ms;
  }
  if (wanted_ms == 0) return std::nullopt;
  return static_cast<double>(observed_ms) / static_cast<double>(wanted_ms);
}

v1::DaySummary Summarize(const CoverageDay& day) {
  v1::DaySummary summary;
  summary.set_observed_ms(static_cast<std::uint32_t>(day.observed_ms));
  summary.set_late_ms(static_cast<std::uint32_t>(day.late_ms));
  for (const auto& [cause, ms] : day.gap_ms) {
    v1::CauseTotal& total = *summary.add_gaps();
    total.set_cause(cause);
    total.set_duration_ms(static_cast<std::uint32_t>(ms));
  }
  if (!day.periods.empty() && !day.periods.back().observed) summary.set_end_cause(day.periods.back().cause);
  return summary;
}

CoverageDay FromSummary(std::int64_t day, const v1::DaySummary& summary) {
  CoverageDay result;
  result.day = day;
  result.summary = true;
  result.observed_ms = summary.observed_ms();
  result.late_ms = summary.late_ms();
  std::int64_t total_ms = result.observed_ms;
  for (const v1::CauseTotal& gap : summary.gaps()) {
    result.gap_ms[gap.cause()] += gap.duration_ms();
    total_ms += gap.duration_ms();
  }
  result.to_ms = (day + 1) * kDayMs;
  result.from_ms = result.to_ms - total_ms;
  return result;
}

void AddObserved(std::int64_t observed_ms, v1::DaySummary& summary) {
  constexpr std::array kLikely = {v1::COVERAGE_CAUSE_LINK_DOWN, v1::COVERAGE_CAUSE_UNKNOWN,
                                  v1::COVERAGE_CAUSE_AGENT_STOPPED, v1::COVERAGE_CAUSE_OFF, v1::COVERAGE_CAUSE_ASLEEP};
  for (const CoverageCause cause : kLikely) {
    for (v1::CauseTotal& gap : *summary.mutable_gaps()) {
      if (gap.cause() != cause) continue;
      const auto taken = static_cast<std::uint32_t>(std::min<std::int64_t>(observed_ms, gap.duration_ms()));
      gap.set_duration_ms(gap.duration_ms() - taken);
      summary.set_observed_ms(summary.observed_ms() + taken);
      summary.set_late_ms(summary.late_ms() + taken);
      observed_ms -= taken;
    }
  }
}

}  // namespace steward::collector
