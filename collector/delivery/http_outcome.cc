#include "collector/delivery/http_outcome.h"

#include "absl/strings/ascii.h"
#include "base/text.h"

namespace steward::collector {
namespace {

std::string RemedyFor(long status) {
  if (status == 401 || status == 403) return "The receiver refuses us: check the key in secret_file, and the receiver's access rules.";
  if (status == 404 || status == 410) return "Check the path in the channel's url.";
  if (status == 405) return "The receiver takes no POST at this path: check the channel's url.";
  if (status == 413) return "The receiver wants smaller messages: raise its limit to 1 MB.";
  if (status == 429) return "The receiver asks for fewer messages; it is tried again later.";
  if (status >= 300 && status < 400) return "The receiver has moved: write its new address as the channel's url.";
  if (status >= 500) return "The receiver has a fault: see its log. It is tried again.";
  return "The receiver does not accept the message: see its log.";
}

}  // namespace

std::string RemedyFor(HttpFailure failure) {
  switch (failure) {
    case HttpFailure::kUrl: return "Write the channel's url as https://host/path.";
    case HttpFailure::kName: return "Check the host name in the channel's url and the name server of this machine.";
    case HttpFailure::kConnect: return "Check host and port in the channel's url, and whether the receiver runs; a firewall may be between.";
    case HttpFailure::kTimeout: return "The receiver took too long: check that it runs, and the proxy or firewall on the way.";
    case HttpFailure::kTls:
      return "Check the receiver's certificate: its name, its end, and that its authority is installed on this machine; "
             "or whether the port speaks TLS at all.";
    case HttpFailure::kBroken: return "The receiver closed the connection without an answer: see its log.";
    case HttpFailure::kNone: break;
  }
  return "";
}

std::string CleanAnswer(std::string text) {
  constexpr std::size_t kShownBytes = 300;
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || !absl::ascii_isascii(static_cast<unsigned char>(c))) c = ' ';
  }
  return text.substr(0, kShownBytes);
}

SendOutcome HttpOutcome(const HttpAnswer& response) {
  SendOutcome outcome;
  outcome.retry_after = response.retry_after;
  if (response.failure != HttpFailure::kNone) {
    outcome.result = response.failure == HttpFailure::kUrl ? SendOutcome::Result::kPermanent : SendOutcome::Result::kRetry;
    outcome.answer = StrCat("no answer: ", response.error);
    outcome.remedy = RemedyFor(response.failure);
    return outcome;
  }
  const std::string body = CleanAnswer(response.body);
  outcome.answer = StrCat("HTTP ", response.status, body.empty() ? "" : ": ", body);
  if (response.status >= 200 && response.status < 300) {
    outcome.result = SendOutcome::Result::kDelivered;
    return outcome;
  }
  const bool refused = response.status >= 400 && response.status < 500 && response.status != 429;
  outcome.result = refused ? SendOutcome::Result::kPermanent : SendOutcome::Result::kRetry;
  outcome.remedy = RemedyFor(response.status);
  return outcome;
}

}  // namespace steward::collector
