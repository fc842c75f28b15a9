#include "collector/delivery/mail_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

bool IsPlain(char c) { return c >= 0x20 && c < 0x7F; }

// For the left side of a Message-ID.
std::string IdText(std::string_view text) {
  std::string id(text);
  std::erase_if(id, [](char c) { return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-'; });
  return id;
}

std::string DomainOf(const std::string& address) { return address.substr(address.find('@') + 1); }

std::string Importance(const MessageText& text) {
  if (text.over || text.quiet || text.severity < Severity::kHigh) return "";
  return "Importance: high\r\nX-Priority: 1\r\n";
}

}  // namespace

std::string EncodedHeader(std::string_view text) {
  constexpr std::size_t kPieceBytes = 39;  // 52 characters in base64: with what is around it a line has at most 76
  constexpr std::size_t kLineBytes = 60;
  if (text.size() <= kLineBytes && std::all_of(text.begin(), text.end(), IsPlain) && text.find("=?") == std::string_view::npos) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t bytes = std::min(text.size(), kPieceBytes);
    while (bytes > 1 && bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80) --bytes;
    std::string piece(text.substr(0, bytes));
    std::replace_if(piece.begin(), piece.end(), [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
    StrAppend(&out, out.empty() ? "" : "\r\n ", "=?UTF-8?B?", absl::Base64Escape(piece), "?=");
    text.remove_prefix(bytes);
  }
  return out;
}

std::string QuotedPrintable(std::string_view text) {
  constexpr std::size_t kLineMax = 73;  // and room for one more escape's "="
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
    const bool plain = c != '=' && ((c > 0x20 && c < 0x7F) || (c == ' ' && !at_end));
    if (column + (plain ? 1 : 3) > kLineMax) {
      out += "=\r\n";
      column = 0;
    }
    if (plain) {
      out += static_cast<char>(c);
      ++column;
    } else {
      out += '=';
      out += kHex[c >> 4U];
      out += kHex[c & 0xFU];
      column += 3;
    }
  }
  return out;
}

std::string MailMessage(const MailHead& head, const MessageText& text) {
  const std::string domain = DomainOf(head.from);
  const std::string id = IdText(head.idempotency_key);
  const std::string boundary = StrCat("=_steward_", id);  // "=_" never is in quoted-printable
  std::string out = StrCat("From: Steward <", head.from, ">\r\nTo: ", absl::StrJoin(head.to, ",\r\n "), "\r\nSubject: ",
                           EncodedHeader(StrCat(head.is_first ? "" : "Re: ", text.topic)), "\r\nDate: ",
                           absl::FormatTime(absl::RFC1123_full, head.time, absl::UTCTimeZone()), "\r\nMessage-ID: <", id, "@", domain, ">\r\n");
  if (!head.thread.empty()) {
    // Of a mail that does not exist: every mail program puts those together that refer to the same.
    const std::string root = StrCat("<issue-", IdText(head.thread), "@", domain, ">");
    StrAppend(&out, "In-Reply-To: ", root, "\r\nReferences: ", root, "\r\n");
  }
  StrAppend(&out, Importance(text), "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"",
            boundary, "\"\r\n\r\n");
  const auto part = [&](std::string_view type, const std::string& content) {
    StrAppend(&out, "--", boundary, "\r\nContent-Type: ", type, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
              QuotedPrintable(content), "\r\n");
  };
  part("text/plain", PlainText(text));
  part("text/html", HtmlText(text));
  StrAppend(&out, "--", boundary, "--\r\n");
  return out;
}

}  // namespace steward::collector
