// Which conditions are initial findings: already true when the machine was first seen, and found in the first weeks of its
// site or in its own first days (catalogue, "First weeks"). Pure: no clock, no storage; used on one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "collector/config/policy_config.h"
#include "collector/rules/rule.h"

namespace steward::collector {

class FirstWeeks {
 public:
  // What is judged for the first time later than this after the machine enrolled is new on it, not only to us.
  static constexpr absl::Duration kFirstLook = absl::Hours(1);

  using Terms = std::function<FirstWeeksConfig()>;
  // Without terms nothing is an initial finding.
  void UseTerms(Terms terms) { terms_ = std::move(terms); }
  // Every machine there is or was, retired ones too: a site's first weeks begin with its first one.
  void Meet(const MachineRecord& machine);

  // Takes note of every finding, clear ones too. True: it belongs to the first look at its type on this machine. What a restart
  // of the collector makes it forget counts as not looked at.
  bool Note(const MachineRecord& machine, std::string_view type, const Finding& finding);
  // Whether what was true at first look, and becomes an issue now, is held back. Never if it is critical, or of those types that
  // the catalogue has told at once.
  bool Holds(const MachineRecord& machine, std::string_view type, Severity severity, absl::Time now) const;

 private:
  Terms terms_;
  std::map<std::string, absl::Time, std::less<>> site_since_;
  // When each type was judged first, by machine; of those that enrolled just now.
  absl::flat_hash_map<MachineId, std::map<std::string, absl::Time, std::less<>>> first_;
};

}  // namespace steward::collector
