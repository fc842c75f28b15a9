#include "collector/delivery/issue_page.h"

#include "base/text.h"
#include "collector/delivery/issue_words.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

bool IsOver(const v1::Issue& issue) { return issue.state() == "resolved" || issue.state() == "closed"; }

std::string HistoryText(const IssueEventRecord& event) {
  std::string text = StrCat(event.actor, ": ", event.action);
  if (!event.from.empty() || !event.to.empty()) StrAppend(&text, ", ", event.from, " to ", event.to);
  if (!event.reason.empty()) StrAppend(&text, " (", event.reason, ")");
  return text;
}

}  // namespace

absl::StatusOr<std::string> IssuePage(Storage& storage, std::string_view id, TextSettings settings) {
  settings.public_url.clear();  // it is the page itself
  std::string page;
  const absl::Status read = storage.Read([&](StorageReader& reader) -> absl::Status {
    const absl::StatusOr<IssueRecord> record = reader.GetIssue(id);
    if (absl::IsNotFound(record.status()) || (record.ok() && record->issue.state() == "pending")) {
      return absl::NotFoundError("There is no issue of this id; it may be older than what is kept.");
    }
    if (!record.ok()) return record.status();
    const absl::StatusOr<std::vector<IssueEventRecord>> events = reader.ListIssueEvents(id);
    if (!events.ok()) return events.status();
    Notification now;
    now.event = IsOver(record->issue) ? "resolved" : "opened";
    now.issue = record->issue;
    MessageText text = TextOf(now, settings);
    text.lines.push_back({"State", record->issue.state()});
    for (const IssueEventRecord& event : *events) {
      google::protobuf::Timestamp time;
      SetTime(event.time, time);
      text.lines.push_back({MessageTime(time, settings.zone), HistoryText(event)});
    }
    page = HtmlText(text);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return page;
}

}  // namespace steward::collector
