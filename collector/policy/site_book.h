// The sites of the policy: their time zones, and by which terms issues there are counted. Immutable.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/config/policy_config.h"
#include "collector/issues/service_level.h"
#include "collector/issues/window_book.h"

namespace steward::collector {

class SiteBook {
 public:
  // `policy` was read, so its zones are known here. `zone` is that of sites that name none, or that no [[site]] describes:
  // those work Monday to Friday, 08:00 to 17:00.
  SiteBook(const PolicyConfig& policy, absl::TimeZone zone);

  const SiteTerms& TermsOf(std::string_view site) const { return Find(site).terms; }
  absl::TimeZone ZoneOf(std::string_view site) const { return Find(site).zone; }
  WindowZones Zones() const;

 private:
  struct Site {
    SiteTerms terms;
    absl::TimeZone zone;
  };
  const Site& Find(std::string_view site) const;

  std::map<std::string, Site, std::less<>> sites_;
  Site other_;
};

}  // namespace steward::collector
