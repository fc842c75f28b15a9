#include "collector/identity/peer_verifier.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kPeerPemBytesMax = 64 * 1024;
constexpr std::string_view kEnrol =
    "enrol this machine: make a token on the collector with `stewardctl token create` and run "
    "`steward-agent enroll TOKEN` here";

absl::Status Refused(std::string_view why) { return absl::UnauthenticatedError(StrCat(why, "; ", kEnrol)); }

// Signature, purpose and constraints; the time is judged apart, by the collector's clock.
bool SignedBy(X509& certificate, const CertificateAuthority& authority) {
  const openssl::StorePointer store(X509_STORE_new());
  const openssl::StoreContextPointer context(X509_STORE_CTX_new());
  const bool good = store != nullptr && context != nullptr &&
                    X509_STORE_add_cert(store.get(), const_cast<X509*>(&authority.certificate())) == 1 &&
                    X509_STORE_set_flags(store.get(), X509_V_FLAG_NO_CHECK_TIME) == 1 &&
                    X509_STORE_set_purpose(store.get(), X509_PURPOSE_SSL_CLIENT) == 1 &&
                    X509_STORE_CTX_init(context.get(), store.get(), &certificate, nullptr) == 1 &&
                    X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return good;
}

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

}  // namespace

absl::StatusOr<VerifiedPeer> VerifyPeer(std::string_view pem, const CertificateAuthority& authority, absl::Time now,
                                        const MachineLookup& lookup) {
  if (pem.empty()) return Refused("the agent presented no certificate");
  const openssl::CertificatePointer certificate = pem.size() > kPeerPemBytesMax ? nullptr : CertificateFromPem(pem);
  if (certificate == nullptr) return Refused("the agent's certificate cannot be read");
  if (!SignedBy(*certificate, authority)) {
    return Refused("the agent's certificate was not signed by this collector as a machine's; it belongs to another one");
  }
  VerifiedPeer peer{CommonName(*certificate), NotAfter(*certificate)};
  if (!IsUuid(peer.machine_id)) return Refused("the certificate names no machine");
  const std::shared_ptr<const MachineRecord> machine = lookup(peer.machine_id);
  if (machine != nullptr && machine->state == MachineState::kRetired) {
    return absl::PermissionDeniedError(StrCat("machine ", machine->instance, " was retired on the collector; stop its agent, or ",
                                              "to watch it again, ", kEnrol));
  }
  peer.expired = now > peer.certificate_expire_time;
  if (now > peer.certificate_expire_time + kExpiredGrace) {
    return Refused(StrCat("the agent's certificate expired on ", Day(peer.certificate_expire_time)));
  }
  if (now < NotBefore(*certificate)) {
    return absl::UnauthenticatedError(StrCat("the agent's certificate is valid from ", Day(NotBefore(*certificate)),
                                             ", but the collector's clock says ", Day(now), "; set the collector's clock"));
  }
  peer.unknown = machine == nullptr;
  return peer;
}

}  // namespace steward::collector
