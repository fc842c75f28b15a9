// What helps somebody to act on an issue: the runbook of its type, and a link onto its machine, out of the policy.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "collector/config/policy_config.h"
#include "collector/storage/records.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// What a link may name of a machine.
struct MachinePlaces {
  std::string host, fqdn, serial, address;
};

// "rdp://{fqdn}" with what is in braces put in, percent-encoded where a link needs it. Empty: something that it names is not
// known of the machine, so there is no link rather than a wrong one.
std::string FillLink(const std::string& link, const MachinePlaces& places);

// Used on one thread.
class HelpToAct {
 public:
  // Asked at most once a machine until the policy changes or kAskedAgain issues of it were filled.
  using PlacesOf = std::function<MachinePlaces(const MachineId& machine_id)>;
  explicit HelpToAct(PlacesOf places_of) : places_of_(std::move(places_of)) {}

  void UsePolicy(const PolicyConfig& policy);
  // Sets runbook and remote_link.
  void Fill(v1::Issue& issue);

 private:
  static constexpr int kAskedAgain = 100;
  struct Known {
    MachinePlaces places;
    int used = 0;
  };

  PlacesOf places_of_;
  std::map<std::string, std::string> runbooks_, remote_links_;
  std::map<MachineId, Known> known_;
};

}  // namespace steward::collector
