#include "collector/storage/issue_words.h"

#include "google/protobuf/timestamp.pb.h"

namespace steward::collector {
namespace {

std::int64_t Millis(const google::protobuf::Timestamp& time) { return time.seconds() * 1000 + time.nanos() / 1'000'000; }

}  // namespace

bool IssueHasEnded(const v1::Issue& issue) { return issue.state() == "resolved" || issue.state() == "closed"; }

std::int64_t IssueOpenedMs(const v1::Issue& issue) {
  if (issue.has_opened_time()) return Millis(issue.opened_time());
  return issue.has_raised_time() ? Millis(issue.raised_time()) : 0;
}

std::int64_t IssueEndedMs(const v1::Issue& issue) {
  return issue.has_resolved_time() ? Millis(issue.resolved_time()) : IssueOpenedMs(issue);
}

}  // namespace steward::collector
