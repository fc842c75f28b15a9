#include "agent/identity/enroll.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "absl/strings/str_join.h"
#include "agent/identity/collector_ca.h"
#include "agent/identity/machine_key.h"
#include "agent/uplink/channel.h"
#include "base/text.h"
#include "proto/wire/enrollment_token.h"
#include "steward/v1/enrollment.grpc.pb.h"

namespace steward::agent {
namespace {

constexpr char kNewToken[] = "make a new one with `stewardctl token create`";

absl::StatusOr<Identity> IdentityFrom(const v1::EnrollResponse& response, const v1::EnrollmentToken& token,
                                      std::string key_pem, const std::string& ca_pem) {
  Identity identity;
  identity.machine_id = response.machine_id();
  identity.addresses.assign(token.addresses().begin(), token.addresses().end());
  identity.site = token.site();
  identity.machine_class = token.class_();
  identity.key_pem = std::move(key_pem);
  identity.ca_pem = ca_pem;
  auto certificate = CertificatePemFromDer(response.certificate_der());
  if (!certificate.ok()) return absl::InternalError("the collector's answer holds no certificate");
  identity.certificate_pem = *std::move(certificate);
  if (!CertificateMatchesKey(identity.certificate_pem, identity.key_pem) ||
      !CertificateIsSignedBy(identity.certificate_pem, ca_pem) || identity.machine_id.empty()) {
    return absl::InternalError("the certificate in the collector's answer is not the one that was asked for");
  }
  return identity;
}

}  // namespace

absl::StatusOr<v1::EnrollmentToken> ReadToken(std::string_view text, absl::Time now) {
  auto token = wire::ParseEnrollmentToken(text);
  if (!token.ok()) return token;
  if (token->has_expire_time()) {
    const absl::Time expire = absl::FromUnixSeconds(token->expire_time().seconds());
    if (now >= expire) {
      return absl::FailedPreconditionError(
          StrCat("this token expired at ", absl::FormatTime("%Y-%m-%d %H:%M UTC", expire, absl::UTCTimeZone()),
                 " (this machine's clock says ", absl::FormatTime("%Y-%m-%d %H:%M", now, absl::UTCTimeZone()), "); ",
                 kNewToken));
    }
  }
  if (token->addresses().empty()) {
    return absl::FailedPreconditionError(StrCat("this token names no address of a collector; ", kNewToken));
  }
  return token;
}

absl::StatusOr<Identity> EnrollMachineAt(const std::string& address, const std::string& ca_pem,
                                         const v1::EnrollmentToken& token, const v1::MachineIdentity& machine,
                                         const std::string& agent_version, const std::string& proxy,
                                         absl::Duration timeout) {
  auto key = NewMachineKeyPem();
  if (!key.ok()) return key.status();
  auto request_der = CertificateRequestDer(*key);
  if (!request_der.ok()) return request_der.status();

  v1::EnrollRequest request;
  request.set_secret(token.secret());
  request.set_certificate_request_der(*request_der);
  *request.mutable_identity() = machine;
  request.set_agent_version(agent_version);
  v1::EnrollResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
  context.set_wait_for_ready(false);
  const auto stub = v1::Enrollment::NewStub(NewCollectorChannel({address, ca_pem, "", "", proxy}));
  const grpc::Status status = stub->Enroll(&context, request, &response);
  if (!status.ok()) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), StrCat(address, ": ", status.error_message()));
  }
  return IdentityFrom(response, token, *std::move(key), ca_pem);
}

absl::StatusOr<Identity> EnrollMachine(const v1::EnrollmentToken& token, const v1::MachineIdentity& machine,
                                       const std::string& agent_version, const std::string& proxy,
                                       absl::Duration timeout) {
  std::vector<std::string> reasons;
  bool another_collector = false;
  for (const std::string& address : token.addresses()) {
    const auto ca_pem = FetchCollectorCa(address, token.ca_sha256(), proxy, timeout);
    if (!ca_pem.ok()) {
      another_collector |= absl::IsFailedPrecondition(ca_pem.status());
      reasons.emplace_back(ca_pem.status().message());
      continue;
    }
    auto identity = EnrollMachineAt(address, *ca_pem, token, machine, agent_version, proxy, timeout);
    if (identity.ok() || !absl::IsUnavailable(identity.status())) return identity;  // the right one has answered
    reasons.emplace_back(identity.status().message());
  }
  const std::string all = absl::StrJoin(reasons, "; ");
  if (another_collector) return absl::FailedPreconditionError(all);
  return absl::UnavailableError(StrCat("no collector answered: ", all,
                                       ". Check that it runs and that its port can be reached from here"));
}

}  // namespace steward::agent
