// What comes beside the samples: inventory, gaps, renewals of the certificate.
#include <utility>

#include "base/text.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/session.h"
#include "proto/wire/inventory_digest.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

absl::Status CheckInventory(const v1::Inventory& inventory) {
  if (inventory.facts_size() > kInventoryFactsMax) {
    return absl::ResourceExhaustedError(StrCat("inventory: ", inventory.facts_size(), " facts; at most ", kInventoryFactsMax));
  }
  const v1::Fact* before = nullptr;
  for (const v1::Fact& fact : inventory.facts()) {
    if (fact.ByteSizeLong() > kFactBytesMax) {
      return absl::ResourceExhaustedError(StrCat("inventory: a fact of group \"", fact.group().substr(0, 64),
                                                 "\" is larger than ", kFactBytesMax, " bytes"));
    }
    if (before != nullptr && before->group() == fact.group() && before->key() == fact.key()) {
      return absl::InvalidArgumentError(StrCat("inventory: fact \"", fact.group().substr(0, 64), "/", fact.key().substr(0, 64),
                                               "\" is there twice"));
    }
    before = &fact;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Session::HandleInventory(v1::Inventory& inventory) {
  const std::string told = inventory.digest();
  auto kept = std::make_shared<v1::Inventory>(std::move(inventory));
  kept->set_digest(wire::InventoryDigest(*kept));
  if (kept->digest() != told) return absl::InvalidArgumentError("inventory: the digest is not that of the facts");
  if (absl::Status status = CheckInventory(*kept); !status.ok()) return status;
  writer_->Write(
      [id = machine_id(), kept, now = parts_.clock.WallNow()](StorageTransaction& transaction) {
        return transaction.PutInventory(id, *kept, now);
      },
      [hub = &hub_, id = machine_id(), weak = weak_from_this(), kept](absl::Status status) {
        if (status.ok()) hub->parts().registry.NoteInventory(id, kept->digest());
        const auto self = weak.lock();
        if (self == nullptr || self->state_ == State::kEnded) return;
        if (!status.ok()) return self->End(std::move(status));
        v1::CollectorMessage message;
        message.mutable_inventory()->set_digest(kept->digest());
        self->transport_.Send(std::move(message));
        self->ReadOn();
      },
      kept->ByteSizeLong());
  return absl::OkStatus();
}

absl::Status Session::HandleGap(const v1::GapDeclaration& gap) {
  if (gap.epoch() == 0 || gap.range().first() == 0 || gap.range().last() < gap.range().first()) {
    return absl::InvalidArgumentError("gap: epoch or range is not usable");
  }
  if (!v1::GapDeclaration::Cause_IsValid(gap.cause())) return absl::InvalidArgumentError("gap: unknown cause");
  const std::uint64_t batches = gap.range().last() - gap.range().first() + 1;
  parts_.metrics.Gap(gap.cause(), batches);
  spdlog::warn("machine {} gave up {} batches of epoch {} from {} on: {}", machine_id(), batches, gap.epoch(),
               gap.range().first(), v1::GapDeclaration::Cause_Name(gap.cause()));
  GapRecord record;
  record.epoch = gap.epoch();
  record.range = {gap.range().first(), gap.range().last()};
  record.cause = gap.cause();
  record.sample_count = gap.samples();
  record.told_time = parts_.clock.WallNow();
  if (IsWallMs(gap.from_wall_ms()) && IsWallMs(gap.to_wall_ms()) && gap.to_wall_ms() != 0) {
    record.from_time = absl::FromUnixMillis(gap.from_wall_ms() - clocks_->wall_error_ms());
    record.to_time = absl::FromUnixMillis(gap.to_wall_ms() - clocks_->wall_error_ms());
  }
  writer_->Write([id = machine_id(), record](StorageTransaction& transaction) { return transaction.PutGap(id, record); },
                 [weak = weak_from_this()](absl::Status status) {
                   const auto self = weak.lock();
                   if (self == nullptr || self->state_ == State::kEnded) return;
                   if (!status.ok()) return self->End(std::move(status));
                   self->ReadOn();
                   self->EndIfDrained();
                 },
                 kBatchOverheadBytes);
  return absl::OkStatus();
}

absl::Status Session::HandleRenewal(const v1::RenewRequest& request) {
  if (++renewals_ > kRenewalsPerStreamMax) {
    return absl::ResourceExhaustedError(StrCat("more than ", kRenewalsPerStreamMax, " renewals on one stream"));
  }
  absl::StatusOr<MachineCertificate> certificate =
      parts_.authority.SignMachine(request.certificate_request_der(), machine_id(), parts_.clock.WallNow());
  if (!certificate.ok()) return certificate.status();
  parts_.registry.Update(
      machine_id(), false,
      [expire = certificate->expire_time](MachineRecord& machine, StorageTransaction&) -> absl::Status {
        machine.certificate_expire_time = expire;
        return absl::OkStatus();
      },
      [weak = weak_from_this(), der = std::move(certificate->der)](const absl::StatusOr<MachinePointer>& machine) {
        const auto self = weak.lock();
        if (self == nullptr || self->state_ != State::kOpen) return;
        // Without an answer the agent asks again on its next stream.
        if (!machine.ok()) return self->hub_.StorageTrouble(machine.status());
        v1::CollectorMessage message;
        message.mutable_renewal()->set_certificate_der(der);
        self->transport_.Send(std::move(message));
      });
  return absl::OkStatus();
}

}  // namespace steward::collector
