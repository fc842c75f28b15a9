#include "collector/delivery/oauth_token.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "collector/delivery/http_outcome.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kEarly = absl::Minutes(2);         // before its end a token counts as ended
constexpr absl::Duration kUnsaid = absl::Minutes(10);       // how long it is good if the server does not say
constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 10U;

std::string FormText(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xFU];
    }
  }
  return out;
}

}  // namespace

void OauthToken::Get(std::function<void(absl::StatusOr<std::string>)> done) {
  if (!token_.empty() && clock_.WallNow() < good_until_) return done(token_);
  HttpCall call;
  call.method = "POST";
  call.url = client_.token_url;
  call.ca_file = client_.ca_file;
  call.headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
  call.body = StrCat("grant_type=client_credentials&client_id=", FormText(client_.client_id), "&client_secret=", FormText(client_.client_secret));
  if (!client_.scope.empty()) StrAppend(&call.body, "&scope=", FormText(client_.scope));
  call.body_bytes_kept = kAnswerBytesMax;
  http_.Start(std::move(call), [this, alive = std::weak_ptr(alive_), done = std::move(done)](const HttpAnswer& answer) {
    if (const auto still = alive.lock()) done(Take(answer));
  });
}

absl::StatusOr<std::string> OauthToken::Take(const HttpAnswer& answer) {
  const std::string said = CleanAnswer(answer.body);
  if (answer.failure != HttpFailure::kNone) return absl::UnavailableError(StrCat("no token: no answer from ", client_.token_url, ": ", answer.error));
  if (answer.status >= 400 && answer.status < 500 && answer.status != 429) {
    return absl::UnauthenticatedError(StrCat("no token: ", client_.token_url, " said HTTP ", answer.status, ": ", said));
  }
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(answer.body, error);
  const boost::json::object* object = error ? nullptr : json.if_object();
  const boost::json::value* token = object == nullptr ? nullptr : object->if_contains("access_token");
  if (answer.status != 200 || token == nullptr || !token->is_string()) {
    return absl::UnavailableError(StrCat("no token: ", client_.token_url, " said HTTP ", answer.status, " without an access_token"));
  }
  token_ = std::string(token->get_string());
  const boost::json::value* seconds = object->if_contains("expires_in");
  const absl::Duration lives = seconds != nullptr && seconds->is_int64() ? absl::Seconds(seconds->get_int64()) : kUnsaid;
  good_until_ = clock_.WallNow() + lives - kEarly;
  return token_;
}

}  // namespace steward::collector
