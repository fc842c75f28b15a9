#include "agent/uplink/uplink.h"

#include <algorithm>
#include <utility>

#include "agent/identity/machine_key.h"
#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

// A connection that lasted this long was a good one: the next failure begins with the short pause again.
constexpr absl::Duration kGoodConnection = absl::Seconds(10);
// After a change of the network the next attempt lies between these, and another change does not count for a while.
constexpr absl::Duration kHurryMin = absl::Milliseconds(200);
constexpr absl::Duration kHurryMax = absl::Seconds(2);
constexpr absl::Duration kHurryAgain = absl::Seconds(10);
// An epoch over which this many streams ended in a row, without an acknowledgement, is left out for so long.
constexpr int kTroubledTimes = 3;
constexpr absl::Duration kPassOver = absl::Hours(1);

// What a person should read: gRPC's own words for a broken connection say little.
std::string InWords(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "the collector closed the connection";
    case absl::StatusCode::kUnavailable:
      if (message.find("certificate verify failed") != std::string::npos) {
        return "what answers there is not the collector this machine was enrolled with: its certificate is of another CA";
      }
      return StrCat("the collector cannot be reached: ", message);
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kResourceExhausted:
      return StrCat("the collector refused: ", message);
    default:
      return StrCat(absl::StatusCodeToString(status.code()), ": ", message);
  }
}

}  // namespace

Uplink::Uplink(UplinkSettings settings, UplinkParts parts, UplinkCallbacks callbacks)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      callbacks_(std::move(callbacks)),
      random_(parts_.seed),
      timer_(parts_.clock.NewTimer(parts_.executor)) {}

Uplink::~Uplink() { Stop(); }

void Uplink::Start() { Attempt(); }

void Uplink::Stop() {
  timer_->Cancel();
  network_.reset();
  pausing_ = false;
  session_.reset();
  status_.connected = false;
}

void Uplink::Appended() {
  if (session_) session_->Wake();
}

void Uplink::SetInventory(InventoryOffer offer) {
  inventory_ = std::move(offer);
  if (session_ && session_->welcomed()) session_->OfferInventory(inventory_);
}

void Uplink::Attempt() {
  pausing_ = false;
  status_.address = settings_.addresses[next_address_];
  v1::Hello hello;
  hello.set_machine_id(settings_.machine_id);
  hello.set_agent_version(settings_.agent_version);
  *hello.mutable_identity() = settings_.machine;
  hello.set_boot_id(settings_.boot_id);
  timer_->Start(settings_.welcome_timeout, [this] {
    session_.reset();
    Retry(absl::UnavailableError(StrCat(status_.address, ": no answer within ", absl::FormatDuration(settings_.welcome_timeout))));
  });
  session_ = std::make_unique<UplinkSession>(
      UplinkSession::Parts{parts_.clock, parts_.spool, *this, [this](std::uint64_t epoch) {
                                               const auto it = passed_over_.find(epoch);
                                               return it != passed_over_.end() && parts_.clock.BootNow() < it->second;
                                             }},
      std::move(hello));
  session_->Start(parts_.connector,
                  {status_.address, settings_.ca_pem, settings_.certificate_pem, settings_.key_pem, settings_.proxy});
}

void Uplink::OnSessionEnded(const absl::Status& status) {
  const bool was_connected = std::exchange(status_.connected, false);
  if (was_connected) {
    status_.since = parts_.clock.WallNow();
    next_address_ = 0;
    failed_rounds_ = parts_.clock.BootNow() - welcomed_boot_ >= kGoodConnection ? 0 : failed_rounds_;
  }
  NoteEpochTrouble(status);
  session_.reset();
  Retry(status);
}

// A stream that ends over what was sent would end so for ever: what comes behind in the spool must not wait for it.
void Uplink::NoteEpochTrouble(const absl::Status& status) {
  const std::uint64_t epoch = session_->sending_epoch();
  if (epoch == 0 || (status.code() != absl::StatusCode::kInvalidArgument && status.code() != absl::StatusCode::kResourceExhausted)) return;
  troubled_times_ = epoch == troubled_epoch_ ? troubled_times_ + 1 : 1;
  troubled_epoch_ = epoch;
  if (troubled_times_ < kTroubledTimes) return;
  troubled_times_ = 0;
  std::erase_if(passed_over_, [now = parts_.clock.BootNow()](const auto& entry) { return entry.second <= now; });
  passed_over_[epoch] = parts_.clock.BootNow() + kPassOver;
  spdlog::error("{}: the collector ends every stream over what one epoch holds; it stays in the spool and is tried again in {}",
                settings_.log_name, absl::FormatDuration(kPassOver));
  if (callbacks_.passed_over) callbacks_.passed_over(epoch);
}

void Uplink::Retry(const absl::Status& reason) {
  SetReason(reason);
  if (reason.code() != absl::StatusCode::kOk && next_address_ + 1 < settings_.addresses.size()) {
    ++next_address_;
    timer_->Start(absl::ZeroDuration(), [this] { Attempt(); });
    return;
  }
  next_address_ = 0;
  const absl::Duration full =
      std::min(settings_.backoff_max, settings_.backoff_min * static_cast<double>(1 << std::min(failed_rounds_, 16)));
  ++failed_rounds_;
  const double share = std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  pausing_ = true;
  timer_->Start(full * share, [this] { Attempt(); });
  if (!network_ && parts_.watch_network) network_ = parts_.watch_network([this] { NetworkChanged(); });
}

// The pauses have grown while there was no way out of this machine: with a new one they begin anew.
void Uplink::NetworkChanged() {
  const absl::Duration now = parts_.clock.BootNow();
  if (now - hurried_boot_ < kHurryAgain) return;
  hurried_boot_ = now;
  failed_rounds_ = 0;
  if (!pausing_) return;
  const double share = std::uniform_real_distribution<double>(0, 1)(random_);
  timer_->Start(kHurryMin + (kHurryMax - kHurryMin) * share, [this] { Attempt(); });
}

void Uplink::SetReason(const absl::Status& status) {
  status_.reason = InWords(status);
  if (status_.reason == logged_reason_) return;
  logged_reason_ = status_.reason;
  spdlog::warn("{}: not connected to {}: {}", settings_.log_name, status_.address, status_.reason);
}

void Uplink::OnWelcome(const v1::Welcome& welcome) {
  timer_->Cancel();
  network_.reset();
  status_.connected = true;
  status_.reason.clear();
  status_.since = parts_.clock.WallNow();
  status_.collector_version = welcome.collector_version();
  ++status_.connections;
  welcomed_boot_ = parts_.clock.BootNow();
  if (status_.connections == 1 || !logged_reason_.empty()) {
    spdlog::info("{}: connected to {}", settings_.log_name, status_.address);
  }
  logged_reason_.clear();
  session_->OfferInventory(inventory_);
}

void Uplink::OnPolicy(const v1::Policy& policy) {
  if (callbacks_.policy) callbacks_.policy(policy);
}

void Uplink::OnAcknowledged(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
  failed_rounds_ = 0;
  if (epoch == troubled_epoch_) troubled_times_ = 0;
  status_.acknowledged_time = parts_.clock.WallNow();
  status_.acknowledged_epoch = epoch;
  status_.acknowledged_sequence = last;
  if (callbacks_.acknowledged) callbacks_.acknowledged(epoch, first, last);
}

void Uplink::OnRefused(std::uint64_t epoch, const v1::Refusal& refusal) {
  status_.refused_batches += refusal.range().last() - refusal.range().first() + 1;
  status_.refusal = refusal.message();
  if (refusal.message() != logged_refusal_) {
    logged_refusal_ = refusal.message();
    spdlog::warn("{}: the collector refused batches {} to {}, they are given up: {}", settings_.log_name,
                 refusal.range().first(), refusal.range().last(), refusal.message());
  }
  if (callbacks_.refused) callbacks_.refused(epoch, refusal);
}

void Uplink::OnRolledBack() {
  spdlog::warn("{}: the collector has other batches under this epoch: this machine was set back to an earlier state, or copied; "
               "a new epoch begins", settings_.log_name);
  if (callbacks_.rolled_back) callbacks_.rolled_back();
}

void Uplink::OnInventoryAcknowledged(const std::string&) {}

void Uplink::OnRenewal(const std::string& key_pem, const v1::RenewResponse& response) {
  auto certificate = CertificatePemFromDer(response.certificate_der());
  absl::Status status = certificate.status();
  if (status.ok() && (!CertificateMatchesKey(*certificate, key_pem) || !CertificateIsSignedBy(*certificate, settings_.ca_pem))) {
    status = absl::InternalError("the certificate that came is not the one that was asked for");
  }
  if (status.ok() && callbacks_.renewed) status = callbacks_.renewed(key_pem, *certificate);
  if (!status.ok()) {
    spdlog::error("{}: the certificate was not renewed: {}", settings_.log_name, std::string(status.message()));
    return;
  }
  settings_.key_pem = key_pem;
  settings_.certificate_pem = *std::move(certificate);
  spdlog::info("{}: the certificate was renewed", settings_.log_name);
}

}  // namespace steward::agent
