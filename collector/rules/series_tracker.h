// The newest value of every series of one machine that some rule reads, sorted by rule and subject, with as much of its
// past as the rules' windows ask for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/ingest/observation.h"
#include "collector/rules/expression.h"
#include "collector/rules/series_history.h"

namespace steward::collector {

// What a rule reads. Outlives the tracker.
struct RuleInputs {
  absl::Span<const Selector> selectors;
  absl::Span<const std::string> subject_labels;  // series that agree in them are one subject; none: the machine is
};

// One subject of one rule, as of the observation.
struct SubjectSeries {
  absl::Span<const std::string> labels;  // values of the subject labels; until the next Update
  absl::Duration interval;           // the shortest of its series' groups
  bool ended = false;                // its groups were sampled, and nothing of it was in them
  std::size_t rule = 0;              // among the inputs
  std::size_t subject = 0;
};

class SeriesTracker {
 public:
  static constexpr std::size_t kSubjectsMax = 500;     // of one rule; more are not judged
  static constexpr std::size_t kHistoriesMax = 4'000;  // of a machine
  static constexpr absl::Duration kKeptWindow = absl::Hours(1);  // windows from here on survive a restart of the collector
  static constexpr int kFreshIntervals = 3;            // older values count as missing

  // A live observation, newer than those before.
  void Update(const Observation& observation, absl::Span<const RuleInputs> inputs);

  // The subjects of the rule of whose groups one was sampled in the last observation.
  std::vector<SubjectSeries> Subjects(std::size_t rule) const;
  // All that were ever seen in this epoch.
  std::vector<SubjectSeries> AllSubjects(std::size_t rule) const;
  // Subjects of the rule with at least one value that is not too old.
  std::size_t CountSubjects(std::size_t rule) const;
  // Series of the rule that are not judged, because it has more than kSubjectsMax subjects on this machine.
  std::size_t CountLeftOut(std::size_t rule) const { return rule < rules_.size() ? rules_[rule].left_out : 0; }
  // The subject's values at a selector of its rule, with that number.
  Values Read(const SubjectSeries& subject, std::size_t number, const Selector& selector, Reading reading) const;
  // The value of a label of the subject's series; empty if none of them has it.
  std::string_view Label(const SubjectSeries& subject, std::string_view name) const;

  // The agent's probe that the subject's newest value comes from; empty: it has none.
  std::string_view ProbeOf(const SubjectSeries& subject) const;
  // When the probe was sampled last, in this epoch, whatever was in it; InfinitePast: it was not.
  absl::Time LastSampled(std::string_view probe) const;
  absl::Time now() const { return now_; }  // of the last observation

  // The long windows, for the next start.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  struct Series {
    std::uint32_t id = 0, group = 0;
    double value = 0, rate = 0;
    absl::Time time = absl::InfinitePast();  // of the value
    bool has_rate = false;
    bool ended = false;                      // its group was sampled without it
    std::vector<SeriesHistory*> histories;   // in histories_
  };
  struct Subject {
    std::vector<std::string> labels;
    std::vector<std::vector<std::uint32_t>> series;  // ids, by selector
  };
  struct RuleSeries {
    std::vector<Subject> subjects;
    std::vector<std::vector<std::uint32_t>> shared;  // ids by selector, of series without the subject labels
    std::vector<std::uint32_t> groups;               // that it reads, ascending
    std::size_t left_out = 0;
  };
  struct Group {
    absl::Time sampled = absl::InfinitePast();
    absl::Duration interval;
    std::string probe;
    std::vector<std::uint32_t> series;  // tracked ones, ascending
    bool was_sampled = false;           // in the last observation
  };

  void Learn(const Observation& observation, absl::Span<const RuleInputs> inputs);
  void LearnSeries(const v1::SeriesDescriptor& descriptor, absl::Span<const RuleInputs> inputs);
  void Add(std::size_t rule, std::size_t selector, const RuleInputs& inputs, const v1::SeriesDescriptor& descriptor);
  void Watch(const Selector& selector, const v1::SeriesDescriptor& descriptor, Series& series);
  Group* GroupOf(std::uint32_t id);  // null: it was not declared
  void Take(const ObservedGroup& observed, absl::Time time);
  void TakeValue(Series& series, double value, absl::Time time);
  bool IsFresh(const Series& series) const;
  void AddReading(const Series& series, const Selector& selector, Reading reading, Values& values) const;

  std::uint64_t epoch_ = 0;
  std::size_t learnt_count_ = 0;
  std::shared_ptr<const wire::DescriptorTable> table_;
  absl::Time now_ = absl::InfinitePast();  // of the last observation
  std::vector<RuleSeries> rules_;
  absl::flat_hash_map<std::uint32_t, Series> series_;
  std::map<std::uint32_t, Group> groups_;
  std::map<std::string, SeriesHistory> histories_;  // by metric, labels and window: they outlive an epoch
};

}  // namespace steward::collector
