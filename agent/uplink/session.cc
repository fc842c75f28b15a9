#include "agent/uplink/session.h"

#include <algorithm>
#include <utility>

#include "agent/identity/machine_key.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

std::string Text(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

void UplinkSession::OnWritable() {
  writable_ = true;
  if (said_hello_) return Pump();
  said_hello_ = true;
  v1::AgentMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello = hello_;
  hello.set_protocol(1);
  hello.set_epoch(parts_.spool.epoch());
  for (v1::EpochRanges& held : parts_.spool.Held()) *hello.add_held() = std::move(held);
  hello.set_boot_ms(absl::ToInt64Milliseconds(parts_.clock.BootNow()));
  hello.set_wall_ms(absl::ToUnixMillis(parts_.clock.WallNow()));
  hello_ = hello;
  Write(message);
}

void UplinkSession::OnMessage(const v1::CollectorMessage& message) {
  switch (message.message_case()) {
    case v1::CollectorMessage::kWelcome:
      OnWelcome(message.welcome());
      break;
    case v1::CollectorMessage::kAcknowledgement:
      OnAcknowledgement(message.acknowledgement());
      break;
    case v1::CollectorMessage::kPolicy:
      parts_.owner.OnPolicy(message.policy());
      break;
    case v1::CollectorMessage::kRenewal:
      if (!renewal_key_pem_.empty()) parts_.owner.OnRenewal(std::exchange(renewal_key_pem_, {}), message.renewal());
      renew_time_ = absl::InfiniteFuture();
      break;
    case v1::CollectorMessage::kInventory:
      parts_.owner.OnInventoryAcknowledged(message.inventory().digest());
      break;
    case v1::CollectorMessage::kCredit:
      window_ += message.credit().batches();
      break;
    case v1::CollectorMessage::MESSAGE_NOT_SET:
      break;  // a newer collector says something this agent does not know
  }
  Pump();
}

void UplinkSession::OnWelcome(const v1::Welcome& welcome) {
  if (std::exchange(welcomed_, true)) return;
  std::map<std::uint64_t, IntervalSet> committed;
  for (const v1::EpochRanges& held : hello_.held()) committed[held.epoch()];
  for (const v1::EpochRanges& has : welcome.committed()) {
    for (const v1::SequenceRange& range : has.ranges()) committed[has.epoch()].Add(range.first(), range.last());
  }
  for (const auto& [epoch, ranges] : committed) parts_.spool.ReplaceCommitted(epoch, ranges);
  // What is committed of the current segment need not be sent again if the next batch begins a new one.
  parts_.spool.CutSegmentIfSettled();
  window_ = welcome.window_batches();
  inventory_known_ = welcome.inventory_digest();
  if (welcome.has_certificate_renew_time()) {
    renew_time_ = absl::FromUnixSeconds(welcome.certificate_renew_time().seconds());
  }
  collector_wall_minus_boot_ = absl::Milliseconds(welcome.wall_ms()) - parts_.clock.BootNow();
  parts_.owner.OnWelcome(welcome);
  if (welcome.has_policy()) parts_.owner.OnPolicy(welcome.policy());
  Wake();
}

void UplinkSession::OnAcknowledgement(const v1::Acknowledgement& acknowledgement) {
  for (const v1::SequenceRange& range : acknowledgement.committed()) {
    TakeCommitted(acknowledgement.epoch(), range.first(), range.last());
  }
  for (const v1::Refusal& refusal : acknowledgement.refused()) {
    const std::uint64_t first = refusal.range().first();
    const std::uint64_t last = refusal.range().last();
    // Only what was sent can be refused.
    const auto sent = under_way_.find(acknowledgement.epoch());
    if (first > last || sent == under_way_.end()) continue;
    IntervalSet refused;
    for (const SequenceSpan& span : sent->second.spans()) {
      refused.Add(std::max(first, span.first), std::min(last, span.last));
    }
    for (const SequenceSpan& span : refused.spans()) {
      parts_.spool.MarkRefused(acknowledgement.epoch(), span.first, span.last);
      under_way_count_ -= sent->second.CountIn(span.first, span.last);
      sent->second.Remove(span.first, span.last);
    }
    parts_.owner.OnRefused(acknowledgement.epoch(), refusal);
  }
  QueueGaps();
}

void UplinkSession::TakeCommitted(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
  if (first > last) return;
  parts_.spool.MarkCommitted(epoch, first, last);
  if (const auto sent = under_way_.find(epoch); sent != under_way_.end()) {
    under_way_count_ -= sent->second.CountIn(first, last);
    sent->second.Remove(first, last);
  }
  std::erase_if(gaps_, [&](const SentGap& sent) {
    // Messages are taken in order: a batch that came after the declaration is committed, so the declaration is known.
    if (sent.epoch_after != epoch || sent.sequence_after < first || sent.sequence_after > last) return false;
    parts_.spool.MarkGapTold(sent.gap);
    return true;
  });
  parts_.owner.OnAcknowledged(epoch, first, last);
}

void UplinkSession::Wake() {
  if (!welcomed_) return;
  QueueGaps();
  QueueInventoryIfNew();
  QueueRenewalIfDue();
  Pump();
}

void UplinkSession::OfferInventory(const InventoryOffer& offer) {
  inventory_ = offer;
  Wake();
}

void UplinkSession::QueueInventoryIfNew() {
  if (!inventory_.load || inventory_.digest == inventory_known_) return;
  inventory_known_ = inventory_.digest;
  auto inventory = inventory_.load();
  if (!inventory.ok()) {
    spdlog::warn("uplink: the inventory cannot be sent: {}", Text(inventory.status()));
    return;
  }
  v1::AgentMessage message;
  *message.mutable_inventory() = *std::move(inventory);
  control_.push_back(std::move(message));
}

void UplinkSession::QueueRenewalIfDue() {
  const absl::Time collector_now = absl::UnixEpoch() + collector_wall_minus_boot_ + parts_.clock.BootNow();
  if (collector_now < renew_time_ || !renewal_key_pem_.empty()) return;
  auto key = NewMachineKeyPem();
  auto request = key.ok() ? CertificateRequestDer(*key) : key;
  if (!request.ok()) {
    spdlog::error("uplink: cannot ask for a new certificate: {}", Text(request.status()));
    renew_time_ = absl::InfiniteFuture();
    return;
  }
  renewal_key_pem_ = *std::move(key);
  v1::AgentMessage message;
  message.mutable_renew()->set_certificate_request_der(*request);
  control_.push_back(std::move(message));
}

void UplinkSession::QueueGaps() {
  for (const SpoolGap& gap : parts_.spool.UntoldGaps()) {
    const bool sent = std::any_of(gaps_.begin(), gaps_.end(), [&gap](const SentGap& other) {
      return other.gap.epoch == gap.epoch && other.gap.range == gap.range;
    });
    if (sent) continue;
    gaps_.push_back({gap});
    v1::AgentMessage message;
    v1::GapDeclaration& declaration = *message.mutable_gap();
    declaration.set_epoch(gap.epoch);
    declaration.mutable_range()->set_first(gap.range.first);
    declaration.mutable_range()->set_last(gap.range.last);
    declaration.set_cause(gap.cause);
    declaration.set_samples(gap.values);
    control_.push_back(std::move(message));
  }
}

void UplinkSession::Write(const v1::AgentMessage& message) {
  writable_ = false;
  stream_->Write(message);
}

bool UplinkSession::WriteControl() {
  if (control_.empty()) return false;
  const v1::AgentMessage message = std::move(control_.front());
  control_.pop_front();
  Write(message);
  return true;
}

void UplinkSession::Pump() {
  while (welcomed_ && writable_) {
    if (WriteControl()) return;
    if (under_way_count_ >= window_) return;
    if (!cursor_) {
      if (!OpenNextSegment()) return;
      continue;
    }
    if (parts_.spool.HasDescriptorsAfter(cursor_->epoch(), descriptor_offset_[cursor_->epoch()])) {
      QueueDescriptors(cursor_->epoch());
      continue;
    }
    if (!WriteNextBatch() && cursor_) return;
  }
}

// Oldest first. True: go on (a segment is open, or one could not be opened and was passed over).
bool UplinkSession::OpenNextSegment() {
  for (const std::uint64_t ordinal : parts_.spool.WaitingSegments()) {
    if (ordinal <= done_ordinal_) continue;
    auto cursor = parts_.spool.OpenSegment(ordinal);
    if (!cursor.ok()) {
      spdlog::warn("uplink: passed over a segment: {}", Text(cursor.status()));
      done_ordinal_ = ordinal;
      QueueGaps();
      return true;
    }
    if (parts_.passes_over((*cursor)->epoch())) {
      done_ordinal_ = ordinal;
      continue;
    }
    cursor_ = *std::move(cursor);
    sending_epoch_ = cursor_->epoch();
    QueueDescriptors(cursor_->epoch());
    v1::AgentMessage message;
    *message.mutable_segment() = cursor_->start();
    control_.push_back(std::move(message));
    return true;
  }
  return false;
}

void UplinkSession::QueueDescriptors(std::uint64_t epoch) {
  const bool first = !descriptor_offset_.contains(epoch);
  auto sets = parts_.spool.ReadDescriptors(epoch, descriptor_offset_[epoch]);
  if (!sets.ok()) {
    spdlog::warn("uplink: series of a segment cannot be read: {}", Text(sets.status()));
    return EndSegment();
  }
  // An epoch may end before anything was sampled in it, with events alone: the collector must know it all the same.
  if (first && sets->empty()) sets->emplace_back().set_epoch(epoch);
  for (v1::DescriptorSet& set : *sets) {
    v1::AgentMessage message;
    *message.mutable_descriptors() = std::move(set);
    control_.push_back(std::move(message));
  }
}

bool UplinkSession::WriteNextBatch() {
  auto batch = cursor_->Next();
  if (!batch.ok()) {
    spdlog::warn("uplink: a segment ends early: {}", Text(batch.status()));
    EndSegment();
    QueueGaps();
    return false;
  }
  if (!batch->has_value()) {
    if (cursor_->ordinal() != parts_.spool.current_segment()) EndSegment();
    return false;
  }
  v1::AgentMessage message;
  *message.mutable_batch() = **std::move(batch);
  NoteBatchSent(cursor_->epoch(), message.batch().sequence());
  Write(message);
  return true;
}

void UplinkSession::NoteBatchSent(std::uint64_t epoch, std::uint64_t sequence) {
  // The settled ones go along only because the others are deltas against them.
  if (parts_.spool.IsSettled(epoch, sequence)) return;
  IntervalSet& sent = under_way_[epoch];
  if (sent.Contains(sequence)) return;
  sent.Add(sequence, sequence);
  ++under_way_count_;
  for (SentGap& gap : gaps_) {
    if (gap.epoch_after != 0) continue;
    gap.epoch_after = epoch;
    gap.sequence_after = sequence;
  }
}

void UplinkSession::EndSegment() {
  done_ordinal_ = std::max(done_ordinal_, cursor_->ordinal());
  cursor_.reset();
}

}  // namespace steward::agent
