// What the machine itself tells of what is wrong, in the evidence of its issue.
#include "collector/issues/issue_book.h"
#include "collector/issues/own_words.h"
#include "proto/wire/utf8.h"

namespace steward::collector {

std::string IssueBook::OwnWords(const Finding& finding, const v1::Issue& issue) const {
  if (fact_of_ && !finding.fact.empty() && !issue.machine_id().empty()) {
    const std::string words = wire::EscapedUtf8(fact_of_(issue.machine_id(), finding.fact), kOwnWordsMax);
    if (!words.empty()) return words;
  }
  const auto before = issue.evidence().details().find(kOwnWordsDetail);
  return before == issue.evidence().details().end() ? "" : before->second;
}

}  // namespace steward::collector
