// What company and partner have agreed: how long things may take, by severity, and in which hours that time is counted. The
// defaults are the catalogue's (section 2, service-level clocks). Pure: any thread.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "collector/config/policy_config.h"
#include "collector/issues/calendar.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

struct ServiceLevel {
  WorkSpan respond, resolve;
  WorkSpan decide;  // the IT manager
};

class ServiceLevels {
 public:
  ServiceLevels();  // the catalogue's

  // Lays what is set over these.
  void Lay(Severity severity, const ServiceLevelConfig& config);
  const ServiceLevel& Of(Severity severity) const;

 private:
  std::array<ServiceLevel, 4> levels_;  // low first
};

// Of one site.
struct SiteTerms {
  Calendar calendar = Calendar::OfficeHours(absl::UTCTimeZone());
  ServiceLevels levels = {};
  bool critical_servers_always = false;  // what is critical on a server counts round the clock
};

// As they hold for one issue; refers to those of its site, which must outlive it.
class Terms {
 public:
  Terms(const SiteTerms& site, std::string_view machine_class)
      : site_(site), always_(site.critical_servers_always && machine_class == "server") {}

  const Calendar& CalendarFor(Severity severity) const;
  // The moment at which the span, begun at `from`, is over.
  absl::Time After(WorkSpan ServiceLevel::*span, Severity severity, absl::Time from) const;

 private:
  const SiteTerms& site_;
  const bool always_;
};

// The terms of a site. What it returns is used at once: it holds until the policy changes.
using TermsOf = std::function<const SiteTerms&(std::string_view site)>;

}  // namespace steward::collector
