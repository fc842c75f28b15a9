#include "collector/rules/series_tracker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::string_view kEventsOf = "events of ";

// Decode reads its head.
std::string HistoryKey(const v1::SeriesDescriptor& descriptor, const Selector& selector) {
  std::string key =
      StrCat(absl::ToInt64Seconds(selector.window), " ", selector.from_zero ? kEventsOf : "", descriptor.metric());
  for (const v1::Label& label : descriptor.labels()) StrAppend(&key, ",", label.name(), "=", label.value());
  return key;
}

void AddTo(std::vector<std::uint32_t>& sorted, std::uint32_t id) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), id);
  if (at == sorted.end() || *at != id) sorted.insert(at, id);
}

}  // namespace

void SeriesTracker::Update(const Observation& observation, absl::Span<const RuleInputs> inputs) {
  Learn(observation, inputs);
  now_ = observation.time;
  for (auto& [id, group] : groups_) group.was_sampled = false;
  for (const ObservedGroup& observed : observation.groups) Take(observed, observation.time);
}

void SeriesTracker::Learn(const Observation& observation, absl::Span<const RuleInputs> inputs) {
  if (observation.epoch != epoch_ || rules_.size() != inputs.size()) {
    epoch_ = observation.epoch;
    learnt_count_ = 0;
    series_.clear();
    groups_.clear();
    rules_.assign(inputs.size(), {});
    for (std::size_t i = 0; i < inputs.size(); ++i) rules_[i].shared.resize(inputs[i].selectors.size());
  }
  // A new stream of the same epoch has a table of its own, in which the same ids mean the same.
  if (!observation.descriptors) return;
  if (table_ == observation.descriptors && table_->series_count() == learnt_count_) return;
  table_ = observation.descriptors;
  learnt_count_ = table_->series_count();
  for (std::uint32_t id = 1; id <= table_->max_series_id(); ++id) {
    const v1::SeriesDescriptor* descriptor = table_->Series(id);
    if (descriptor != nullptr && !series_.contains(id)) LearnSeries(*descriptor, inputs);
  }
}

void SeriesTracker::LearnSeries(const v1::SeriesDescriptor& descriptor, absl::Span<const RuleInputs> inputs) {
  for (std::size_t rule = 0; rule < inputs.size(); ++rule) {
    for (std::size_t selector = 0; selector < inputs[rule].selectors.size(); ++selector) {
      if (inputs[rule].selectors[selector].Matches(descriptor)) Add(rule, selector, inputs[rule], descriptor);
    }
  }
}

void SeriesTracker::Add(std::size_t rule, std::size_t selector, const RuleInputs& inputs, const v1::SeriesDescriptor& descriptor) {
  std::vector<std::string> labels;
  std::size_t found = 0;
  for (const std::string& name : inputs.subject_labels) {
    labels.emplace_back(LabelOf(descriptor, name));
    if (!labels.back().empty()) ++found;
  }
  RuleSeries& series_of_rule = rules_[rule];
  std::vector<std::uint32_t>* ids = nullptr;
  if (found == 0 && !labels.empty()) {
    ids = &series_of_rule.shared[selector];
  } else {
    auto& subjects = series_of_rule.subjects;
    auto subject = std::find_if(subjects.begin(), subjects.end(), [&](const Subject& one) { return one.labels == labels; });
    if (subject == subjects.end()) {
      if (subjects.size() == kSubjectsMax) {
        ++series_of_rule.left_out;
        return;
      }
      subject = subjects.insert(subjects.end(), {std::move(labels), {}});
      subject->series.resize(inputs.selectors.size());
    }
    ids = &subject->series[selector];
  }
  AddTo(*ids, descriptor.id());
  AddTo(series_of_rule.groups, descriptor.group());
  Group* const declared = GroupOf(descriptor.group());
  Group& group = declared != nullptr ? *declared : groups_[descriptor.group()];
  AddTo(group.series, descriptor.id());
  Series& series = series_[descriptor.id()];
  series.id = descriptor.id();
  series.group = descriptor.group();
  Watch(inputs.selectors[selector], descriptor, series);
}

SeriesTracker::Group* SeriesTracker::GroupOf(std::uint32_t id) {
  if (const auto known = groups_.find(id); known != groups_.end()) return &known->second;
  const v1::ProbeGroup* told = table_ ? table_->Group(id) : nullptr;
  if (told == nullptr) return nullptr;
  Group& group = groups_[id];
  group.interval = absl::Milliseconds(told->interval_ms());
  group.probe = told->name();
  return &group;
}

void SeriesTracker::Watch(const Selector& selector, const v1::SeriesDescriptor& descriptor, Series& series) {
  if (selector.window == absl::ZeroDuration()) return;
  const std::string key = HistoryKey(descriptor, selector);
  auto found = histories_.find(key);
  if (found == histories_.end()) {
    if (histories_.size() >= kHistoriesMax) {
      std::erase_if(histories_, [&](const auto& entry) {
        const SeriesHistory& history = entry.second;
        const bool used = std::any_of(series_.begin(), series_.end(), [&](const auto& one) {
          const auto& list = one.second.histories;
          return std::find(list.begin(), list.end(), &history) != list.end();
        });
        return !used && history.last() < now_ - history.window();
      });
      if (histories_.size() >= kHistoriesMax) return;
    }
    found = histories_.try_emplace(key, selector.window, selector.from_zero).first;
  }
  if (std::find(series.histories.begin(), series.histories.end(), &found->second) == series.histories.end()) {
    series.histories.push_back(&found->second);
  }
}

void SeriesTracker::Take(const ObservedGroup& observed, absl::Time time) {
  Group* const known = GroupOf(observed.group);
  if (known == nullptr) return;
  Group& group = *known;
  group.was_sampled = true;
  group.sampled = time;
  auto value = observed.values.begin();
  for (const std::uint32_t id : group.series) {
    while (value != observed.values.end() && value->series < id) ++value;
    Series& series = series_.find(id)->second;
    if (value != observed.values.end() && value->series == id) TakeValue(series, value->value, time);
    else series.ended = true;
  }
}

void SeriesTracker::TakeValue(Series& series, double value, absl::Time time) {
  series.has_rate = series.time != absl::InfinitePast() && time > series.time && !series.ended;
  if (series.has_rate) {
    const double risen = value < series.value ? value : value - series.value;
    series.rate = risen / absl::ToDoubleSeconds(time - series.time);
  }
  series.value = value;
  series.time = time;
  series.ended = false;
  for (SeriesHistory* history : series.histories) {
    if (time > history->last()) history->Add(time, value);
  }
}

bool SeriesTracker::IsFresh(const Series& series) const {
  if (series.ended || series.time == absl::InfinitePast()) return false;
  const absl::Duration interval = std::max(groups_.find(series.group)->second.interval, absl::Seconds(30));
  return now_ - series.time <= kFreshIntervals * interval;
}

std::vector<SubjectSeries> SeriesTracker::Subjects(std::size_t rule) const {
  if (rule >= rules_.size()) return {};
  const std::vector<std::uint32_t>& groups = rules_[rule].groups;
  const bool sampled = std::any_of(groups.begin(), groups.end(),
                                   [&](std::uint32_t group) { return groups_.find(group)->second.was_sampled; });
  return sampled ? AllSubjects(rule) : std::vector<SubjectSeries>();
}

std::vector<SubjectSeries> SeriesTracker::AllSubjects(std::size_t rule) const {
  std::vector<SubjectSeries> result;
  if (rule >= rules_.size()) return result;
  const RuleSeries& of_rule = rules_[rule];
  for (std::size_t i = 0; i < of_rule.subjects.size(); ++i) {
    SubjectSeries& subject = result.emplace_back();
    subject.labels = of_rule.subjects[i].labels;
    subject.rule = rule;
    subject.subject = i;
    subject.interval = absl::InfiniteDuration();
    subject.ended = true;
    for (const auto& ids : of_rule.subjects[i].series) {
      for (const std::uint32_t id : ids) {
        const Series& series = series_.find(id)->second;
        subject.interval = std::min(subject.interval, groups_.find(series.group)->second.interval);
        subject.ended = subject.ended && series.ended;
      }
    }
  }
  return result;
}

std::size_t SeriesTracker::CountSubjects(std::size_t rule) const {
  if (rule >= rules_.size()) return 0;
  const std::vector<Subject>& subjects = rules_[rule].subjects;
  const auto has_data = [&](const Subject& subject) {
    return std::any_of(subject.series.begin(), subject.series.end(), [&](const std::vector<std::uint32_t>& ids) {
      return std::any_of(ids.begin(), ids.end(), [&](std::uint32_t id) { return IsFresh(series_.find(id)->second); });
    });
  };
  return static_cast<std::size_t>(std::count_if(subjects.begin(), subjects.end(), has_data));
}

Values SeriesTracker::Read(const SubjectSeries& subject, std::size_t number, const Selector& selector, Reading reading) const {
  const RuleSeries& rule = rules_[subject.rule];
  const std::vector<std::uint32_t>& own = rule.subjects[subject.subject].series[number];
  Values values;
  for (const std::uint32_t id : own.empty() ? rule.shared[number] : own) {
    const Series& series = series_.find(id)->second;
    if (IsFresh(series)) AddReading(series, selector, reading, values);
  }
  return values;
}

void SeriesTracker::AddReading(const Series& series, const Selector& selector, Reading reading, Values& values) const {
  if (reading == Reading::kLatest) values.push_back(series.value);
  if (reading == Reading::kAge) values.push_back(absl::ToDoubleSeconds(now_ - absl::UnixEpoch()) - series.value);
  if (reading == Reading::kRate && selector.window == absl::ZeroDuration() && series.has_rate) values.push_back(series.rate);
  const auto found = std::find_if(series.histories.begin(), series.histories.end(), [&](const SeriesHistory* history) {
    return history->window() == selector.window && history->from_zero() == selector.from_zero;
  });
  if (found == series.histories.end() || (*found)->empty()) return;
  const SeriesHistory& history = **found;
  switch (reading) {
    case Reading::kRate:
      if (const auto rate = history.Rate()) values.push_back(*rate);
      break;
    case Reading::kIncrease:
    case Reading::kEvents: values.push_back(history.Increase()); break;
    case Reading::kLeast: values.push_back(history.Least()); break;
    case Reading::kGreatest: values.push_back(history.Greatest()); break;
    case Reading::kAverage: values.push_back(history.Average()); break;
    case Reading::kMedian: values.push_back(history.Median()); break;
    case Reading::kLatest:
    case Reading::kAge: break;
  }
}

std::string_view SeriesTracker::Label(const SubjectSeries& subject, std::string_view name) const {
  for (const auto& ids : rules_[subject.rule].subjects[subject.subject].series) {
    for (const std::uint32_t id : ids) {
      const v1::SeriesDescriptor* descriptor = table_->Series(id);
      if (descriptor == nullptr || series_.find(id)->second.ended) continue;
      if (const std::string_view value = LabelOf(*descriptor, name); !value.empty()) return value;
    }
  }
  return {};
}

std::string_view SeriesTracker::ProbeOf(const SubjectSeries& subject) const {
  const Series* newest = nullptr;
  for (const auto& ids : rules_[subject.rule].subjects[subject.subject].series) {
    for (const std::uint32_t id : ids) {
      const Series& series = series_.find(id)->second;
      if (newest == nullptr || series.time > newest->time) newest = &series;
    }
  }
  return newest == nullptr ? std::string_view() : std::string_view(groups_.find(newest->group)->second.probe);
}

absl::Time SeriesTracker::LastSampled(std::string_view probe) const {
  absl::Time last = absl::InfinitePast();
  for (const auto& [id, group] : groups_) {
    if (group.probe == probe) last = std::max(last, group.sampled);
  }
  return last;
}

// A line a history: "#", its key in base64, a space, the history.
std::string SeriesTracker::Encode() const {
  std::string text;
  for (const auto& [key, history] : histories_) {
    if (history.window() < kKeptWindow || history.empty()) continue;
    StrAppend(&text, "#", absl::WebSafeBase64Escape(key), " ", history.Encode(), "\n");
  }
  return text;
}

void SeriesTracker::Decode(std::string_view text) {
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n', absl::SkipEmpty())) {
    if (line.front() != '#') continue;
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line.substr(1), absl::MaxSplits(' ', 1));
    std::string key;
    std::int64_t seconds = 0;
    if (histories_.size() >= kHistoriesMax || !absl::WebSafeBase64Unescape(parts.first, &key)) continue;
    const std::pair<absl::string_view, absl::string_view> head = absl::StrSplit(key, absl::MaxSplits(' ', 1));
    if (!absl::SimpleAtoi(head.first, &seconds) || seconds <= 0) continue;
    const bool from_zero = head.second.substr(0, kEventsOf.size()) == ToAbsl(kEventsOf);
    histories_.try_emplace(key, absl::Seconds(seconds), from_zero).first->second.Decode(ToStd(parts.second));
  }
}

}  // namespace steward::collector
