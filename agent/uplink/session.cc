#include "agent/uplink/session.h"

#include <algorithm>
#include <utility>

#include "agent/identity/machine_key.h"
#include "agent/uplink/clock_pair.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

// What waits in the newest segment when the stream is welcomed, and is yet sent as live.
constexpr std::uint64_t kLiveBatchesMax = 4;

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
  if (auto mark = parts_.spool.NewestCommitted()) *hello.mutable_committed() = *std::move(mark);
  const ClockPair clocks = ReadClocks(parts_.clock);
  hello.set_boot_ms(clocks.boot_ms);
  hello.set_wall_ms(clocks.wall_ms);
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
      backlog_credit_ += message.credit().backlog_batches();
      backlog_asked_ -= std::min<std::uint64_t>(backlog_asked_, message.credit().backlog_batches());
      break;
    case v1::CollectorMessage::kClockProbe:
      QueueClockReading(message.clock_probe().wall_ms());
      break;
    case v1::CollectorMessage::MESSAGE_NOT_SET:
      break;  // a newer collector says something this agent does not know
  }
  Pump();
}

void UplinkSession::OnWelcome(const v1::Welcome& welcome) {
  if (std::exchange(welcomed_, true)) return;
  std::map<std::uint64_t, IntervalSet> committed;
  std::map<std::uint64_t, std::uint64_t> newest_held;
  for (const v1::EpochRanges& held : hello_.held()) {
    committed[held.epoch()];
    for (const v1::SequenceRange& range : held.ranges()) newest_held[held.epoch()] = range.last();
  }
  std::set<std::uint64_t> doubted;
  for (const v1::EpochRanges& has : welcome.committed()) {
    for (const v1::SequenceRange& range : has.ranges()) committed[has.epoch()].Add(range.first(), range.last());
    if (MayBeAnothers(has, newest_held[has.epoch()])) doubted.insert(has.epoch());
  }
  if (RolledBack(welcome)) {
    // What the collector has under this epoch is not what is here: neither believed nor continued. Of what is here under
    // the same numbers it takes nothing; that is said now, for on the next stream it would pass for committed.
    const IntervalSet taken = committed[hello_.epoch()];
    committed.erase(hello_.epoch());
    parts_.owner.OnRolledBack();
    for (const SequenceSpan& span : taken.spans()) parts_.spool.MarkRefused(hello_.epoch(), span.first, span.last);
  }
  for (const auto& [epoch, ranges] : committed) {
    if (doubted.contains(epoch)) {
      parts_.spool.KeepCommitted(epoch, ranges);
    } else {
      parts_.spool.ReplaceCommitted(epoch, ranges);
    }
  }
  // What is committed of the current segment need not be sent again if the next batch begins a new one.
  parts_.spool.CutSegmentIfSettled();
  window_ = welcome.window_batches();
  takes_backlog_ = welcome.takes_backlog();
  // Of a longer silence even the newest segment is asked for: a thousand machines that return would else send a quarter of an
  // hour each beside all credit.
  if (takes_backlog_) parts_.spool.SealSegmentIfWaiting(kLiveBatchesMax);
  if (takes_backlog_) QueueClockReading(welcome.wall_ms());
  inventory_known_ = welcome.inventory_digest();
  if (welcome.has_certificate_renew_time()) {
    renew_time_ = absl::FromUnixSeconds(welcome.certificate_renew_time().seconds());
  }
  collector_wall_minus_boot_ = absl::Milliseconds(welcome.wall_ms()) - parts_.clock.BootNow();
  parts_.owner.OnWelcome(welcome);
  if (welcome.has_policy()) parts_.owner.OnPolicy(welcome.policy());
  Wake();
}

// The collector has batches of the running epoch that were never made here, or others than were: this machine, or its disk,
// was set back to an earlier state, or copied while it ran.
bool UplinkSession::RolledBack(const v1::Welcome& welcome) const {
  for (const v1::EpochRanges& has : welcome.committed()) {
    if (has.epoch() != hello_.epoch() || has.epoch() != parts_.spool.epoch()) continue;
    if (MayBeAnothers(has, parts_.spool.last_sequence())) return true;
  }
  return false;
}

// What the collector has of an epoch goes beyond what is here, or is something else: batches of a later state of this disk,
// or of another machine that drew the same number. Which of them are ours, only sending them tells.
bool UplinkSession::MayBeAnothers(const v1::EpochRanges& has, std::uint64_t newest_here) const {
  for (const v1::SequenceRange& range : has.ranges()) {
    if (range.last() > newest_here) return true;
  }
  if (!has.has_mark()) return false;
  const auto mark = parts_.spool.MarkOf(has.epoch(), has.mark().sequence());
  return mark.has_value() && mark->payload_sha256() != has.mark().payload_sha256();
}

void UplinkSession::OnAcknowledgement(const v1::Acknowledgement& acknowledgement) {
  for (const v1::SequenceRange& range : acknowledgement.committed()) {
    TakeCommitted(acknowledgement.epoch(), range.first(), range.last());
  }
  for (const v1::Refusal& refusal : acknowledgement.refused()) {
    const std::uint64_t first = refusal.range().first();
    const std::uint64_t last = refusal.range().last();
    if (first > last) continue;
    // Only what was sent can be refused.
    for (const SequenceSpan& span : TakeUnderWay(acknowledgement.epoch(), first, last).spans()) {
      parts_.spool.MarkRefused(acknowledgement.epoch(), span.first, span.last);
    }
    parts_.owner.OnRefused(acknowledgement.epoch(), refusal);
  }
  QueueGaps();
}

void UplinkSession::TakeCommitted(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
  if (first > last) return;
  parts_.spool.MarkCommitted(epoch, first, last);
  TakeUnderWay(epoch, first, last);
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

// In front of everything: the less time passes, the better the collector knows this machine's clocks.
void UplinkSession::QueueClockReading(std::int64_t collector_wall_ms) {
  v1::AgentMessage message;
  v1::ClockReading& reading = *message.mutable_clock();
  const ClockPair clocks = ReadClocks(parts_.clock);
  reading.set_boot_ms(clocks.boot_ms);
  reading.set_wall_ms(clocks.wall_ms);
  reading.set_collector_wall_ms(collector_wall_ms);
  control_.push_front(std::move(message));
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
    declaration.set_from_wall_ms(gap.from_wall_ms);
    declaration.set_to_wall_ms(gap.to_wall_ms);
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
    if (!PumpLive() && !PumpBacklog()) return;
  }
}

std::unique_ptr<SegmentCursor> UplinkSession::Open(std::uint64_t ordinal) {
  auto cursor = parts_.spool.OpenSegment(ordinal);
  if (!cursor.ok()) {
    spdlog::warn("uplink: passed over a segment: {}", Text(cursor.status()));
    done_.insert(ordinal);
    QueueGaps();
    return nullptr;
  }
  if (parts_.passes_over((*cursor)->epoch())) {
    done_.insert(ordinal);
    return nullptr;
  }
  sending_epoch_ = (*cursor)->epoch();
  QueueDescriptors(sending_epoch_);
  return *std::move(cursor);
}

void UplinkSession::QueueDescriptors(std::uint64_t epoch) {
  const bool first = !descriptor_offset_.contains(epoch);
  auto sets = parts_.spool.ReadDescriptors(epoch, descriptor_offset_[epoch]);
  if (!sets.ok()) {
    // Without them the collector refuses the batches that hold these series; they are declared then.
    spdlog::warn("uplink: series of a segment cannot be read: {}", Text(sets.status()));
    return;
  }
  // An epoch may end before anything was sampled in it, with events alone: the collector must know it all the same.
  if (first && sets->empty()) sets->emplace_back().set_epoch(epoch);
  for (v1::DescriptorSet& set : *sets) {
    v1::AgentMessage message;
    *message.mutable_descriptors() = std::move(set);
    control_.push_back(std::move(message));
  }
}

void UplinkSession::NoteSent(std::map<std::uint64_t, IntervalSet>& under_way, std::uint64_t epoch, std::uint64_t sequence) {
  // The settled ones go along only because the others are deltas against them.
  if (parts_.spool.IsSettled(epoch, sequence)) return;
  IntervalSet& sent = under_way[epoch];
  if (sent.Contains(sequence)) return;
  sent.Add(sequence, sequence);
  if (&under_way == &under_way_) ++under_way_count_;
  for (SentGap& gap : gaps_) {
    if (gap.epoch_after != 0) continue;
    gap.epoch_after = epoch;
    gap.sequence_after = sequence;
  }
}

IntervalSet UplinkSession::TakeUnderWay(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
  IntervalSet taken;
  for (auto* lane : {&under_way_, &backlog_under_way_}) {
    const auto sent = lane->find(epoch);
    if (sent == lane->end()) continue;
    IntervalSet here;
    for (const SequenceSpan& span : sent->second.spans()) here.Add(std::max(first, span.first), std::min(last, span.last));
    for (const SequenceSpan& span : here.spans()) {
      if (lane == &under_way_) under_way_count_ -= span.last - span.first + 1;
      sent->second.Remove(span.first, span.last);
    }
    taken.Add(here);
  }
  return taken;
}

}  // namespace steward::agent
