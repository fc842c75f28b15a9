// What people read of an issue: the one place that puts it in words, in the order of the catalogue ("A notification says").
// Channels only lay it out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/delivery/channel.h"
#include "collector/rules/severity.h"

namespace steward::collector {

struct TextSettings {
  absl::TimeZone zone;
  std::string public_url = {};  // of the console, without a slash at the end; empty: messages have no link
  std::string link_key = {};    // under which links are signed (issue_link.h); empty: they are not
};

struct MessageLine {
  std::string label;  // "Evidence"
  std::string text;
};

struct MessageText {
  std::string topic;    // what it is about; the same in every message of one issue, so that they make one thread
  std::string lead;     // severity, machine and what is wrong, in a sentence
  std::vector<MessageLine> lines;
  std::string link;     // empty: none
  Severity severity = Severity::kNone;  // the worst that it tells of; none for a test
  bool over = false;    // tells only of what is over
  bool quiet = false;   // nobody is to be woken by it
};

MessageText TextOf(const Notification& notification, const TextSettings& settings);

// UTF-8, lines end with \n. What a machine sent is shown as it is but for control characters, which become spaces.
std::string PlainText(const MessageText& text);
// A whole document without anything that has to be fetched. What a machine sent cannot become markup.
std::string HtmlText(const MessageText& text);

// "IT manager", "Partner".
std::string PartyName(std::string_view party);

// At most `bytes` of it, cut between characters, with "..." in place of what is missing.
std::string CutText(std::string_view text, std::size_t bytes);

}  // namespace steward::collector
