#include "collector/remote_write/answer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kSaidBytesMax = 200;

// The first line of a body, made harmless for a log.
std::string FirstLine(const std::string& body) {
  std::string line = body.substr(0, std::min(body.find('\n'), kSaidBytesMax));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }, ' ');
  return line;
}

// Prometheus and its relatives say it in words only; Thanos has a status of its own.
bool SaysOutOfOrder(const HttpAnswer& answer) {
  if (answer.status == 409) return true;
  constexpr absl::string_view kWords[] = {
      "out of order",        "out-of-order",     "out of bounds",           "too old",
      "too far in the past", "duplicate sample", "sample-timestamp-too-old"};
  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](absl::string_view words) { return absl::StrContains(answer.body, words); });
}

std::string RemedyFor(const HttpAnswer& answer) {
  switch (answer.failure) {
    case HttpFailure::kUrl:
      return "write the target's url as https://host/path";
    case HttpFailure::kName:
      return "check the host name in the target's url and the name server of this machine";
    case HttpFailure::kConnect:
      return "check host and port in the target's url, and whether the receiver runs";
    case HttpFailure::kTimeout:
      return "the receiver took too long: see whether it is overloaded";
    case HttpFailure::kTls:
      return "check the receiver's certificate; an authority of your own is named by ca_file";
    case HttpFailure::kBroken:
      return "the receiver closed the connection without an answer: see its log";
    case HttpFailure::kNone:
      break;
  }
  if (answer.status == 401 || answer.status == 403) return "check bearer_token_file, or username and password_file";
  if (answer.status == 404 || answer.status == 405) {
    return "check the path in the target's url; Prometheus needs --web.enable-remote-write-receiver and /api/v1/write";
  }
  if (answer.status >= 300 && answer.status < 400)
    return "the receiver has moved: write its new address as the target's url";
  return "see the receiver's log";
}

WriteVerdict VerdictOn(const HttpAnswer& answer) {
  if (answer.failure != HttpFailure::kNone) return WriteVerdict::kLater;
  if (answer.status >= 200 && answer.status < 300) return WriteVerdict::kTaken;
  switch (answer.status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 408:
    case 429:
      return WriteVerdict::kLater;
    case 413:
      return WriteVerdict::kTooLarge;
    default:
      break;
  }
  if (answer.status < 400 || answer.status >= 500) return WriteVerdict::kLater;
  return SaysOutOfOrder(answer) ? WriteVerdict::kOutOfOrder : WriteVerdict::kRefused;
}

}  // namespace

WriteAnswer ReadAnswer(const HttpAnswer& answer) {
  WriteAnswer read;
  read.verdict = VerdictOn(answer);
  if (read.verdict == WriteVerdict::kTaken) return read;
  read.said =
      answer.failure != HttpFailure::kNone ? answer.error : StrCat("HTTP ", answer.status, " ", FirstLine(answer.body));
  absl::StripTrailingAsciiWhitespace(&read.said);
  read.remedy = RemedyFor(answer);
  return read;
}

}  // namespace steward::collector
