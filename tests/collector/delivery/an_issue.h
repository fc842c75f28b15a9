// An issue as tests of channels send it, and the hour it is about.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "collector/delivery/channel.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {

inline const absl::Time kNine = absl::FromCivil(absl::CivilMinute(2026, 3, 2, 9, 0), absl::UTCTimeZone());  // a Monday

inline v1::Issue AnIssue(const std::string& id = "1a2b3c4d5e6f7081", const std::string& host = "SRV-FILE",
                         const std::string& severity = "high") {
  v1::Issue issue;
  issue.set_id(id);
  issue.set_type("disk-space-low");
  issue.set_machine_id("id-of-" + host);
  issue.set_host_name(host);
  issue.set_site("Head office");
  issue.set_class_("server");
  issue.set_subject("/data");
  issue.set_title("Volume nearly full");
  issue.set_summary("/data on " + host + " is 93.4 % full: 68 GB of 1 TB left.");
  issue.set_meaning("Programs that write there will fail when it is full.");
  issue.set_next_step("Find what grew, clean up or extend the volume.");
  issue.set_severity(severity);
  issue.set_state("open");
  issue.set_party("partner");
  SetTime(kNine, *issue.mutable_raised_time());
  SetTime(kNine + absl::Minutes(30), *issue.mutable_opened_time());
  SetTime(kNine + absl::Minutes(90), *issue.mutable_deadline());
  v1::Evidence& evidence = *issue.mutable_evidence();
  evidence.set_metric("node_filesystem_avail_bytes");
  evidence.set_unit("% used");
  evidence.set_threshold(91.2);
  SetTime(kNine, *evidence.mutable_first()->mutable_time());
  evidence.mutable_first()->set_value(91.5);
  SetTime(kNine + absl::Minutes(30), *evidence.mutable_latest()->mutable_time());
  evidence.mutable_latest()->set_value(93.4);
  *evidence.mutable_worst() = evidence.latest();
  (*evidence.mutable_details())["free"] = "68 GB";
  return issue;
}

inline Notification ANotification(const std::string& event = "opened", const v1::Issue& issue = AnIssue()) {
  Notification notification;
  notification.event = event;
  notification.idempotency_key = "0123456789abcdef0123456789abcdef";
  notification.time = kNine + absl::Minutes(30);
  if (event != "test") notification.issue = issue;
  if (event == "resolved") {
    notification.issue.set_state("resolved");
    SetTime(kNine + absl::Minutes(195), *notification.issue.mutable_resolved_time());
  }
  return notification;
}

}  // namespace steward::collector
