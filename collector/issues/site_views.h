// What several machines of a site say of one thing that all of them look at: a service, a name server, a line. None of them is
// believed alone, if there are more.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "collector/rules/rule.h"

namespace steward::collector {

class SiteViews {
 public:
  // A machine whose last view is older than so many of its intervals has none now; after kForgotten it is no viewpoint any more.
  static constexpr int kFreshIntervals = 3;
  static constexpr absl::Duration kForgotten = absl::Hours(24);

  // What a rule that judges from several viewpoints says of one machine. `rule` outlives this or is forgotten by Clear.
  void Put(const MachineRecord& machine, const Rule& rule, Finding finding, absl::Time now);
  void Forget(std::string_view machine_id);
  void Clear() { views_.clear(); }

  // The finding of the site's machines together, by site and rule, of all things with a view newer than the last call. At each
  // level of the worst view: raised, if as many machines as the rule wants (or all that look, if they are fewer) see it so; clear,
  // if somebody sees it clear and too few do not; else between. Its details say who sees it.
  struct Joint {
    std::string site;
    const Rule* rule = nullptr;
    Finding finding;
  };
  std::vector<Joint> Judge(absl::Time now);

 private:
  struct View {
    std::string name;  // of the machine
    Finding finding;
    absl::Time put;
  };
  struct Thing {
    const Rule* rule = nullptr;
    bool is_new = false;                               // since the last call
    std::map<std::string, View, std::less<>> by_machine;  // by id
  };
  struct Key {
    std::string site, type, subject;
    auto operator<=>(const Key&) const = default;
  };

  // None: every view is too old, as after a jump of the clock.
  static std::optional<Finding> Join(const Key& key, const Thing& thing, absl::Time now);

  std::map<Key, Thing> views_;
};

}  // namespace steward::collector
