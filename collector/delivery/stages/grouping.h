// Finds the same happening on several machines of a site. Catalogue, "Dedupe key": equal types on three machines within
// 30 minutes go out as one message; what is told again, for the same reason, likewise.
#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "collector/issues/escalation.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

class Grouping {
 public:
  static constexpr std::size_t kMachines = 3;
  static constexpr absl::Duration kWithin = absl::Minutes(30);
  // How long the third and later ones wait for more of their kind.
  static constexpr absl::Duration kCollect = absl::Minutes(1);

  // What is grouped has the same key; empty: never grouped.
  static std::string KeyOf(const std::string& event, const v1::Issue& issue) {
    const auto again = issue.evidence().details().find(kEscalatedDetail);
    const bool is_again = event == "updated" && again != issue.evidence().details().end();
    if (issue.machine_id().empty() || (event != "opened" && event != "resolved" && !is_again)) return "";
    return event + '\n' + issue.type() + '\n' + issue.site() + '\n' + (is_again ? again->second : "");
  }

  // Notes that it happened. True: it did on kMachines machines within kWithin.
  bool Note(const std::string& key, const std::string& machine_id, absl::Time now) {
    std::map<std::string, absl::Time>& machines = seen_[key];
    machines[machine_id] = now;
    std::erase_if(machines, [&](const auto& entry) { return entry.second < now - kWithin; });
    return machines.size() >= kMachines;
  }

 private:
  std::map<std::string, std::map<std::string, absl::Time>> seen_;  // by key and machine: when last
};

}  // namespace steward::collector
