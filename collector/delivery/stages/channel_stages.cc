#include "collector/delivery/stages/channel_stages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collector/delivery/route.h"
#include "collector/delivery/stages/due_time.h"

namespace steward::collector {
namespace {

constexpr char kDigest[] = "digest";

std::string ReasonOf(const std::string& bundle) { return bundle == kDigest ? kDigest : "group"; }

}  // namespace

void ChannelStages::Add(OutboxRecord record, absl::Time now) {
  v1::Issue issue;
  issue.ParseFromString(record.body);
  const Severity severity = ParseSeverity(issue.severity());
  Held held{std::move(record), now, ""};
  const absl::Time due = DueTime(digest_of_(issue), issue, held.record.created_time, quiet_, hours_);
  const auto same_issue = [&](const Held& other) { return other.record.issue_id == held.record.issue_id; };
  const auto earlier = std::find_if(held_.rbegin(), held_.rend(), same_issue);
  const std::string group = Grouping::KeyOf(held.record.event, issue);
  const bool grouped = !group.empty() && grouping_.Note(group, issue.machine_id(), held.record.created_time);
  if (earlier != held_.rend() && severity != Severity::kCritical) {
    held.due = earlier->due;  // what is held is not overtaken
    held.bundle = earlier->bundle;
  } else if (due > held.record.created_time) {
    held.due = due;  // past it after a long stop: then they leave now, still as one
    held.bundle = kDigest;
  } else if (grouped) {
    held.bundle = group;
    held.due = CollectedUntil(group, now + Grouping::kCollect);
  }
  if (severity == Severity::kCritical) {
    for (Held& other : held_) {  // it takes along what waits before it
      if (!same_issue(other)) continue;
      other.due = held.due;
      other.bundle = held.bundle;
    }
  }
  held_.push_back(std::move(held));
}

absl::Time ChannelStages::CollectedUntil(const std::string& bundle, absl::Time otherwise) const {
  const auto found = std::find_if(held_.begin(), held_.end(), [&](const Held& held) { return held.bundle == bundle; });
  return found == held_.end() ? otherwise : found->due;
}

std::vector<ChannelStages::Leaving> ChannelStages::Due(absl::Time now) {
  std::vector<Leaving> due;
  std::vector<std::string> bundles;  // beside `due`: what each is of
  std::vector<Held> rest;
  for (Held& held : held_) {
    if (held.due > now) {
      rest.push_back(std::move(held));
      continue;
    }
    const auto known = held.bundle.empty() ? bundles.end() : std::find(bundles.begin(), bundles.end(), held.bundle);
    if (known != bundles.end()) {
      due[static_cast<std::size_t>(known - bundles.begin())].records.push_back(std::move(held.record));
      continue;
    }
    bundles.push_back(held.bundle);
    due.push_back({held.bundle.empty() ? "" : ReasonOf(held.bundle), {}});
    due.back().records.push_back(std::move(held.record));
  }
  held_ = std::move(rest);
  return due;
}

std::vector<ChannelStages::Leaving> ChannelStages::Take(absl::Time now) {
  std::vector<Leaving> leaving;
  for (Leaving& one : Due(now)) {
    if (one.reason == "group" && one.records.size() == 1) one.reason.clear();
    if (beyond_.empty() && rate_.Take(now)) {
      leaving.push_back(std::move(one));
    } else {
      beyond_.insert(beyond_.end(), std::make_move_iterator(one.records.begin()), std::make_move_iterator(one.records.end()));
    }
  }
  if (!beyond_.empty() && rate_.Take(now)) leaving.push_back({beyond_.size() == 1 ? "" : "rate", std::exchange(beyond_, {})});
  rate_next_ = beyond_.empty() ? absl::InfiniteFuture() : rate_.Next(now);
  return leaving;
}

bool ChannelStages::IsQuietNow(const v1::Issue& issue, absl::Time now) const { return IsQuiet(issue, now, hours_); }

absl::Time ChannelStages::next() const {
  absl::Time next = rate_next_;
  for (const Held& held : held_) next = std::min(next, held.due);
  return next;
}

std::unique_ptr<ChannelStages> MakeStages(const Config& config, const std::string& channel, const RouteTable& routes) {
  const auto found = std::find_if(config.channels.begin(), config.channels.end(), [&](const ChannelConfig& c) { return c.name == channel; });
  if (found == config.channels.end() || !found->is_read_by_people) return nullptr;
  return std::make_unique<ChannelStages>(*found, DeliveryHours(config.delivery),
                                         [&routes, channel](const v1::Issue& issue) { return routes.Digest(channel, issue); });
}

}  // namespace steward::collector
