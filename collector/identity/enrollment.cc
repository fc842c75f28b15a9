#include "collector/identity/enrollment.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/audit/audit_note.h"
#include "collector/identity/reinstalled.h"
#include "collector/identity/token_service.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

absl::Status CheckText(std::string_view field, const std::string& text, std::size_t bytes_max) {
  const bool clean =
      std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (clean && text.size() <= bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(field, " must be at most ", bytes_max, " bytes without control characters"));
}

void TellIfReinstalled(const MachineRegistry& registry, const MachineRecord& machine) {
  std::vector<MachineRecord> all;
  for (const MachinePointer& other : registry.Snapshot()) all.push_back(*other);
  const MachineRecord* old = MayBe(machine, all);
  if (old == nullptr) return;
  spdlog::warn("machine {} has the hardware of {} ({}), which is silent: was it set up anew? Then `stewardctl machine approve {}`",
               machine.instance, old->instance, old->id, machine.instance);
}

}  // namespace

absl::Status CheckIdentity(const v1::MachineIdentity& identity, const std::string& agent_version) {
  if (identity.host_name().empty()) return absl::InvalidArgumentError("identity.host_name is empty");
  const std::string& word = identity.class_();
  if (!word.empty() && word != "server" && word != "desktop" && word != "laptop") {
    return absl::InvalidArgumentError("identity.class must be server, desktop or laptop");
  }
  absl::Status status = CheckText("identity.host_name", identity.host_name(), kHostNameBytesMax);
  status.Update(CheckText("identity.hardware_fingerprint", identity.hardware_fingerprint(), kIdentityTextBytesMax));
  status.Update(CheckText("identity.operating_system", identity.operating_system(), kIdentityTextBytesMax));
  status.Update(CheckText("agent_version", agent_version, kIdentityTextBytesMax));
  return status;
}

absl::StatusOr<bool> ApplyIdentity(const v1::MachineIdentity& identity, const std::string& agent_version,
                                   const std::string& address, StorageReader& reader, MachineRecord& machine) {
  bool changed = false;
  const auto set = [&changed](std::string& to, const std::string& from) {
    if (to == from) return;
    to = from;
    changed = true;
  };
  if (machine.host_name != identity.host_name() || machine.instance.empty()) {
    absl::StatusOr<std::vector<MachineRecord>> machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    set(machine.host_name, identity.host_name());
    set(machine.instance, InstanceName(machine.host_name, machine.id, *machines));
  }
  if (machine.machine_class.empty()) set(machine.machine_class, identity.class_().empty() ? "server" : identity.class_());
  set(machine.hardware_fingerprint, identity.hardware_fingerprint());
  set(machine.operating_system, identity.operating_system());
  set(machine.agent_version, agent_version);
  set(machine.address, address);
  return changed;
}

void EnrollmentService::Enroll(const v1::EnrollRequest& request, const std::string& address, Done done) {
  if (absl::Status status = CheckIdentity(request.identity(), request.agent_version()); !status.ok()) return done(status);
  const MachineId id = RandomUuid(random_);
  const absl::Time now = clock_.WallNow();
  absl::StatusOr<MachineCertificate> certificate = authority_.SignMachine(request.certificate_request_der(), id, now);
  if (!certificate.ok()) return done(certificate.status());
  registry_.Update(
      id, true,
      [this, request, address, now, expire = certificate->expire_time](MachineRecord& machine,
                                                                       StorageTransaction& transaction) -> absl::Status {
        const absl::StatusOr<TokenRecord> token = ConsumeEnrollmentToken(transaction, request.secret(), now);
        if (!token.ok()) return token.status();
        machine.site = token->site;
        machine.machine_class = token->machine_class;
        machine.enrolled_time = now;
        machine.certificate_expire_time = expire;
        const auto changed = ApplyIdentity(request.identity(), request.agent_version(), address, transaction, machine);
        machine.interval = interval_of_(machine.machine_class);
        if (!changed.ok()) return changed.status();
        const AuditNote note{StrCat("token ", token->id), now, ""};  // who may enrol is who has it
        return transaction.AddAudit(note.Of("machine-enrolled", StrCat("machine ", machine.id), "",
                                            StrCat(machine.machine_class, " at site ", machine.site)));
      },
      [this, id, der = certificate->der, address, done = std::move(done)](absl::StatusOr<MachinePointer> machine) {
        if (!machine.ok()) {
          spdlog::warn("enrolment from {} refused: {}", address, std::string(machine.status().message()));
          return done(machine.status());
        }
        spdlog::info("machine {} enrolled as {} from {}", id, (*machine)->instance, address);
        TellIfReinstalled(registry_, **machine);
        v1::EnrollResponse response;
        response.set_machine_id(id);
        response.set_certificate_der(der);
        response.set_ca_certificate_der(authority_.certificate_der());
        done(std::move(response));
      });
}

}  // namespace steward::collector
