// The words that single messages and bundles have in common.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/rules/severity.h"
#include "google/protobuf/timestamp.pb.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

struct TextSettings;

// The detail of an issue's evidence that says who is on duty, or that nobody is.
inline constexpr char kOnDutyDetail[] = "on duty";

// "SRV-FILE (Head office)"; the site alone if it is the site's.
std::string PlaceOf(const v1::Issue& issue);
// "Mon 2026-03-02 09:12 EET".
std::string MessageTime(const google::protobuf::Timestamp& time, absl::TimeZone zone);
// "Partner, by Mon 2026-03-02 10:12 EET".
std::string MoveText(const v1::Issue& issue, absl::TimeZone zone);
// The page of an issue, for a message of that time (issue_link.h); empty without a public address.
std::string IssueLink(const TextSettings& settings, const std::string& issue_id, absl::Time told);
// "#b00020".
std::string_view SeverityColour(Severity severity, bool over);

}  // namespace steward::collector
