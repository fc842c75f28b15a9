// Access tokens by OAuth 2's client credentials (RFC 6749, section 4.4), fetched when there is none that is still good.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "collector/delivery/http_client.h"

namespace steward::collector {

class OauthToken {
 public:
  struct Client {
    std::string token_url, client_id, client_secret, scope;
    std::string ca_file;
  };
  // On the thread of `http`. Both references outlive it.
  OauthToken(Client client, HttpClient& http, const Clock& clock) : client_(std::move(client)), http_(http), clock_(clock) {}

  // Calls `done` once, maybe from within this call. Unauthenticated: the server refuses the client; Unavailable: no
  // answer, or one that is no token. Both say what came back.
  void Get(std::function<void(absl::StatusOr<std::string>)> done);
  // The token was refused: the next Get fetches another.
  void Forget() { token_.clear(); }

 private:
  absl::StatusOr<std::string> Take(const HttpAnswer& answer);

  const Client client_;
  HttpClient& http_;
  const Clock& clock_;
  std::string token_;
  absl::Time good_until_ = absl::InfinitePast();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
