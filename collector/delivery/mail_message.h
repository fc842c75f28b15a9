// A mail as it goes over the wire: headers and the text twice, plain and HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/delivery/message_text.h"

namespace steward::collector {

struct MailHead {
  std::string from;             // a bare address
  std::vector<std::string> to;
  std::string idempotency_key;  // becomes the Message-ID: the same for a repeat
  std::string thread;           // what all mails of one issue have in common; empty: none
  bool is_first = true;         // of its thread
  absl::Time time;
};

// RFC 5322 and 2045, lines end with \r\n. Nothing in the text can add a header: what is no printable ASCII is encoded.
std::string MailMessage(const MailHead& head, const MessageText& text);

// A header's value by RFC 2047, folded.
std::string EncodedHeader(std::string_view text);
// RFC 2045, section 6.7; takes lines that end with \n.
std::string QuotedPrintable(std::string_view text);

}  // namespace steward::collector
