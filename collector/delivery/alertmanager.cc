#include "collector/delivery/alertmanager.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "collector/delivery/http_outcome.h"
#include "collector/delivery/issue_words.h"
#include "collector/delivery/secret.h"
#include "collector/issues/proto_time.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

using Result = SendOutcome::Result;

constexpr std::size_t kAlertsAPost = 100;

std::string ApiTime(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()); }

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

boost::json::object TestAlert(absl::Time now) {
  constexpr absl::Duration kHolds = absl::Minutes(1);
  Notification test;
  test.event = "test";
  const MessageText text = TextOf(test, {});
  boost::json::object alert = {{"startsAt", ApiTime(now)}, {"endsAt", ApiTime(now + kHolds)}};
  alert["labels"] = boost::json::object{{"alertname", "StewardTest"}, {"severity", "low"}, {"source", "steward"}};
  alert["annotations"] = boost::json::object{{"summary", text.topic}, {"description", text.lead}};
  return alert;
}

// One post at a time: what is repeated can never overtake what says that it is over.
class Alertmanager final : public Channel {
 public:
  Alertmanager(const ChannelConfig& config, std::string secret, const ChannelTools& tools)
      : name_(config.name),
        url_(StrCat(WithoutSlash(config.url), "/api/v2/alerts")),
        ca_file_(config.ca_file),
        secret_(std::move(secret)),
        text_(tools.text),
        http_(tools.http),
        clock_(tools.clock),
        timer_(tools.clock.NewTimer(tools.executor)) {}

  const std::string& name() const override { return name_; }

  bool forgets() const override { return true; }

  void Resume(std::vector<Notification> open) override {
    for (Notification& notification : open) told_[notification.issue.id()] = std::move(notification.issue);
    Repeat();
  }

  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    jobs_.push_back({notification, std::move(done), ""});
    Next();
  }

 private:
  struct Job {
    std::optional<Notification> notification;  // none: repeats what is open
    std::function<void(SendOutcome)> done;
    std::string after;                         // repeats: from the issue behind this one on
  };

  void Repeat() {
    const bool waits = std::any_of(jobs_.begin(), jobs_.end(), [](const Job& job) { return !job.notification; });
    if (!waits && !told_.empty()) {
      jobs_.push_back({std::nullopt, {}, ""});
      Next();
    }
    timer_->Start(kAlertRepeats, [this] { Repeat(); });
  }

  void Next() {
    if (under_way_ || jobs_.empty()) return;
    under_way_ = true;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    HttpCall call;
    call.method = "POST";
    call.url = url_;
    call.ca_file = ca_file_;
    call.headers = {"Content-Type: application/json"};
    if (!secret_.empty()) call.headers.push_back(StrCat("Authorization: Bearer ", secret_));
    call.body = boost::json::serialize(job.notification ? AlertsOf(*job.notification) : OpenAlerts(job.after));
    http_.Start(std::move(call), [this, alive = std::weak_ptr(alive_), job = std::move(job)](const HttpAnswer& answer) {
      if (const auto still = alive.lock()) OnAnswer(job, answer);
    });
  }

  boost::json::array AlertsOf(const Notification& notification) const {
    const absl::Time now = clock_.WallNow();
    if (notification.event == "test") return boost::json::array{TestAlert(now)};
    const v1::Issue& issue = notification.issue;
    const bool over = notification.event == "resolved";
    const absl::Time end = issue.has_resolved_time() ? GetTime(issue.resolved_time()) : now;
    boost::json::array alerts;
    alerts.push_back(AlertOf(issue, over ? std::min(end, now) : now + kAlertHolds, text_));
    const auto told = told_.find(issue.id());
    if (told != told_.end() && AlertLabels(told->second) != AlertLabels(issue)) alerts.push_back(AlertOf(told->second, now, text_));
    return alerts;
  }

  // As many as fit into one post, from behind `after` on; `after` becomes the last of them, or empty if that was all.
  boost::json::array OpenAlerts(std::string& after) const {
    boost::json::array alerts;
    const absl::Time end = clock_.WallNow() + kAlertHolds;
    auto it = told_.upper_bound(after);
    for (; it != told_.end() && alerts.size() < kAlertsAPost; ++it) alerts.push_back(AlertOf(it->second, end, text_));
    after = it == told_.end() ? "" : std::prev(it)->first;
    return alerts;
  }

  void OnAnswer(const Job& job, const HttpAnswer& answer) {
    under_way_ = false;
    const SendOutcome outcome = HttpOutcome(answer);
    const bool delivered = outcome.result == Result::kDelivered;
    if (job.notification) {
      const Notification& notification = *job.notification;
      if (outcome.result != Result::kRetry && notification.event == "resolved") told_.erase(notification.issue.id());
      else if (delivered && notification.event != "test") told_[notification.issue.id()] = notification.issue;
    } else {
      if (!delivered && !failing_) spdlog::warn("channel \"{}\": open alerts cannot be repeated: {}; {}", name_, outcome.answer, outcome.remedy);
      failing_ = !delivered;
      if (delivered && !job.after.empty()) jobs_.push_back({std::nullopt, {}, job.after});
    }
    if (job.done) job.done(outcome);
    Next();
  }

  const std::string name_, url_, ca_file_, secret_;
  const TextSettings text_;
  HttpClient& http_;
  const Clock& clock_;
  std::map<std::string, v1::Issue> told_;  // open as far as Alertmanager was told; by id
  std::deque<Job> jobs_;
  bool under_way_ = false;
  bool failing_ = false;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

boost::json::object AlertLabels(const v1::Issue& issue) {
  boost::json::object labels = {{"alertname", issue.type()}, {"severity", issue.severity()}, {"source", "steward"}, {"issue", issue.id()}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) labels[name] = value;
  };
  add("drill", issue.drill() ? "true" : "");
  add("instance", issue.host_name());
  add("machine", issue.machine_id());
  add("site", issue.site());
  add("class", issue.class_());
  add("subject", issue.subject());
  return labels;
}

boost::json::object AlertOf(const v1::Issue& issue, absl::Time ends, const TextSettings& settings) {
  const absl::Time begins = GetTime(issue.has_raised_time() ? issue.raised_time() : issue.opened_time());
  boost::json::object alert = {{"startsAt", ApiTime(begins)}, {"endsAt", ApiTime(std::max(begins, ends))}};
  alert["labels"] = AlertLabels(issue);
  alert["annotations"] = boost::json::object{{"summary", StrCat(issue.title(), " on ", PlaceOf(issue))},
                                             {"description", issue.summary()},
                                             {"meaning", issue.meaning()},
                                             {"next_step", issue.next_step()},
                                             {"party", issue.party()},
                                             {"move", MoveText(issue, settings.zone)}};
  if (const std::string link = IssueLink(settings, issue.id(), ends); !link.empty()) alert["generatorURL"] = link;
  return alert;
}

absl::StatusOr<std::unique_ptr<Channel>> MakeAlertmanager(const ChannelConfig& config, const ChannelTools& tools) {
  absl::StatusOr<std::string> secret = ReadSecret(config);
  if (!secret.ok()) return secret.status();
  return std::make_unique<Alertmanager>(config, *std::move(secret), tools);
}

}  // namespace steward::collector
