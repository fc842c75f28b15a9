#include "collector/storage/memory/memory_transaction.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "collector/storage/descriptor_merge.h"
#include "collector/storage/inventory_diff.h"
#include "collector/storage/issue_words.h"
#include "collector/storage/stored_time.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

constexpr std::size_t kExpireRowsPerCall = 10'000;
constexpr std::uint64_t kSequenceMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

void MemoryTransaction::Undo() {
  for (auto it = undo_.rbegin(); it != undo_.rend(); ++it) (*it)();
  undo_.clear();
}

absl::Status MemoryTransaction::KnownMachine(std::string_view id) const {
  if (state_.machines.contains(id)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no machine ", std::string(id)));
}

template <class Map>
void MemoryTransaction::Assign(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
  if (const auto it = map.find(key); it != map.end()) {
    undo_.push_back([&map, key, old = std::make_shared<typename Map::mapped_type>(std::move(it->second))] {
      map.insert_or_assign(key, std::move(*old));
    });
    it->second = std::move(value);
  } else {
    undo_.push_back([&map, key] { map.erase(key); });
    map.emplace(key, std::move(value));
  }
}

template <class Map>
void MemoryTransaction::Erase(Map& map, const typename Map::key_type& key) {
  auto node = map.extract(key);
  if (node.empty()) return;
  // The node itself comes back, so that what older entries of the list refer to is there again.
  undo_.push_back(
      [&map, kept = std::make_shared<typename Map::node_type>(std::move(node))] { map.insert(std::move(*kept)); });
}

absl::Status MemoryTransaction::PutSetting(std::string_view key, std::string_view value) {
  Assign(state_.settings, std::string(key), std::string(value));
  return absl::OkStatus();
}

absl::Status MemoryTransaction::PutMachine(const MachineRecord& machine) {
  if (machine.state == MachineState::kActive && !machine.instance.empty()) {
    for (const auto& [id, other] : state_.machines) {
      if (id != machine.id && other.state == MachineState::kActive && other.instance == machine.instance) {
        return absl::AlreadyExistsError(absl::StrCat("instance ", machine.instance, " is machine ", id, "'s"));
      }
    }
  }
  MachineRecord stored = machine;
  stored.enrolled_time = Stored(machine.enrolled_time);
  stored.certificate_expire_time = Stored(machine.certificate_expire_time);
  stored.last_seen_time = Stored(machine.last_seen_time);
  stored.interval = absl::Trunc(machine.interval, absl::Milliseconds(1));
  stored.inventory_digest.clear();
  if (const auto it = state_.machines.find(machine.id); it != state_.machines.end()) {
    stored.last_seen_time = std::max(stored.last_seen_time, it->second.last_seen_time);
    stored.inventory_digest = it->second.inventory_digest;
  }
  Assign(state_.machines, machine.id, std::move(stored));
  return absl::OkStatus();
}

absl::Status MemoryTransaction::PutToken(const TokenRecord& token) {
  TokenRecord stored = token;
  stored.created_time = Stored(token.created_time);
  stored.expire_time = Stored(token.expire_time);
  Assign(state_.tokens, token.id, std::move(stored));
  return absl::OkStatus();
}

absl::Status MemoryTransaction::PutInventory(std::string_view machine_id, const v1::Inventory& inventory,
                                             absl::Time now) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  const std::string id(machine_id);
  now = Stored(now);
  const auto stored = state_.inventories.find(id);
  const bool first_set = stored == state_.inventories.end();
  const std::vector<FactRecord> before = first_set ? std::vector<FactRecord>() : stored->second.facts;
  auto diff = DiffInventory(before, inventory, now);
  if (!diff.ok()) return diff.status();

  std::map<std::pair<std::string, std::string>, FactRecord> facts;
  for (const FactRecord& fact : before) facts[{fact.group, fact.key}] = fact;
  for (const FactRecord& fact : diff->ended) facts.erase({fact.group, fact.key});
  for (const v1::Fact* fact : diff->changed) facts[{fact->group(), fact->key()}].value = fact->value();
  for (const v1::Fact* fact : diff->added) {
    facts[{fact->group(), fact->key()}] = {fact->group(), fact->key(), fact->value(), now, now};
  }
  MemoryState::MachineInventory after;
  for (auto& [key, fact] : facts) {
    fact.last_seen_time = now;
    after.facts.push_back(fact);
  }
  after.notes.assign(inventory.notes().begin(), inventory.notes().end());
  Assign(state_.inventories, id, std::move(after));
  if (!first_set && !diff->changes.empty()) {
    std::vector<ChangeRecord> changes = state_.changes[id];
    changes.insert(changes.end(), diff->changes.begin(), diff->changes.end());
    Assign(state_.changes, id, std::move(changes));
  }
  MachineRecord machine = state_.machines.find(id)->second;
  machine.inventory_digest = inventory.digest();
  Assign(state_.machines, id, std::move(machine));
  return absl::OkStatus();
}

absl::Status MemoryTransaction::AddDescriptors(std::string_view machine_id, const v1::DescriptorSet& set) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  MemoryState::Epoch& epoch = state_.epochs[{std::string(machine_id), set.epoch()}];
  const auto added = NewDescriptors(epoch.descriptors, set);
  if (!added.ok()) return added.status();
  undo_.push_back([&epoch, old = epoch.descriptors] { epoch.descriptors = old; });
  epoch.descriptors.MergeFrom(*added);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::PutBootClock(std::string_view machine_id, const BootClockRecord& clock) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  std::vector<BootClockRecord>& clocks = state_.boot_clocks[std::string(machine_id)];
  undo_.push_back([&clocks, old = clocks] { clocks = old; });
  std::erase_if(clocks, [&](const BootClockRecord& other) { return other.boot_id == clock.boot_id; });
  clocks.push_back(clock);
  clocks.back().measured_time = Stored(clock.measured_time);
  std::stable_sort(clocks.begin(), clocks.end(), [](const BootClockRecord& a, const BootClockRecord& b) {
    return std::pair(b.measured_time, a.boot_id) < std::pair(a.measured_time, b.boot_id);
  });
  if (clocks.size() > kBootClocksMax) clocks.resize(kBootClocksMax);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::PutGap(std::string_view machine_id, const GapRecord& gap) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  std::vector<GapRecord>& gaps = state_.gaps[std::string(machine_id)];
  undo_.push_back([&gaps, old = gaps] { gaps = old; });
  std::erase_if(gaps, [&](const GapRecord& other) {
    return other.epoch == gap.epoch && other.range.first >= gap.range.first && other.range.last <= gap.range.last;
  });
  const bool known = std::any_of(gaps.begin(), gaps.end(), [&](const GapRecord& other) {
    return other.epoch == gap.epoch && other.range.first == gap.range.first;
  });
  if (known) return absl::OkStatus();
  gaps.push_back(gap);
  for (absl::Time* time : {&gaps.back().from_time, &gaps.back().to_time, &gaps.back().told_time}) *time = Stored(*time);
  std::stable_sort(gaps.begin(), gaps.end(), [](const GapRecord& a, const GapRecord& b) {
    return std::tuple(a.told_time, a.epoch, a.range.first) < std::tuple(b.told_time, b.epoch, b.range.first);
  });
  if (gaps.size() > kGapsMax) gaps.erase(gaps.begin(), gaps.end() - static_cast<std::ptrdiff_t>(kGapsMax));
  return absl::OkStatus();
}

absl::StatusOr<AppendResult> MemoryTransaction::AppendBatch(const BatchRecord& batch) {
  if (auto status = KnownMachine(batch.machine_id); !status.ok()) return status;
  if (batch.sequence < batch.segment_first_sequence || batch.sequence > kSequenceMax) {
    return absl::InvalidArgumentError(absl::StrCat("sequence ", batch.sequence, " in a segment that begins with ",
                                                   batch.segment_first_sequence, " is not possible"));
  }
  MemoryState::Epoch& epoch = state_.epochs[{batch.machine_id, batch.epoch}];
  if (const auto it = epoch.batches.find(batch.sequence); it != epoch.batches.end()) {
    const bool same = it->second.samples == batch.samples && it->second.events == batch.events;
    return same ? AppendResult::kDuplicate : AppendResult::kConflict;
  }
  if (Contains(epoch.committed, batch.sequence)) return AppendResult::kDuplicate;  // expired since
  Insert(epoch.committed, batch.sequence, batch.sequence);
  BatchRecord& stored = epoch.batches[batch.sequence] = batch;
  stored.time = Stored(batch.time);
  epoch.positions[batch.sequence] = state_.next_position++;
  MachineRecord& machine = state_.machines.find(batch.machine_id)->second;
  undo_.push_back([&epoch, &machine, seen = machine.last_seen_time, sequence = batch.sequence] {
    Remove(epoch.committed, sequence);
    epoch.batches.erase(sequence);
    epoch.positions.erase(sequence);
    machine.last_seen_time = seen;
  });
  machine.last_seen_time = std::max(machine.last_seen_time, stored.time);
  return AppendResult::kCommitted;
}

absl::Status MemoryTransaction::PutCoverage(std::string_view machine_id, const CoverageRow& row) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  Assign(state_.coverage, {std::string(machine_id), row.day}, row.record);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::AddMachineEvent(std::string_view machine_id, const MachineEventRecord& event) {
  if (auto status = KnownMachine(machine_id); !status.ok()) return status;
  Assign(state_.machine_events, {std::string(machine_id), {ToStoredMs(event.time), event.kind}}, true);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::ForgetMachineEvents(std::string_view machine_id, absl::Time before) {
  std::vector<std::pair<std::string, MemoryState::MachineEventKey>> old;
  for (const auto& [key, set] : state_.machine_events) {
    if (key.first == machine_id && key.second.first < ToStoredMs(before)) old.push_back(key);
  }
  for (const auto& key : old) Erase(state_.machine_events, key);
  return absl::OkStatus();
}

void MemoryTransaction::ExpireCoverage(std::int64_t before_ms) {
  constexpr std::int64_t kDayMs = 86'400'000;
  std::vector<std::pair<std::string, std::int64_t>> days;
  for (const auto& [key, record] : state_.coverage) {
    if (key.second < before_ms / kDayMs) days.push_back(key);
  }
  for (const auto& key : days) Erase(state_.coverage, key);
  for (const auto& [id, machine] : state_.machines) (void)ForgetMachineEvents(id, FromStoredMs(before_ms));
}

absl::Status MemoryTransaction::PutIssue(const IssueRecord& issue) {
  Assign(state_.issues, issue.issue.id(), issue);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::AddIssueEvent(const IssueEventRecord& event) {
  if (!state_.issues.contains(event.issue_id)) return absl::NotFoundError(absl::StrCat("no issue ", event.issue_id));
  auto& events = state_.issue_events[event.issue_id];
  events.push_back(event);
  events.back().time = Stored(event.time);
  undo_.push_back([&events] { events.pop_back(); });
  return absl::OkStatus();
}

absl::Status MemoryTransaction::AddAudit(const AuditRecord& record) {
  AuditRecord entry = record;
  entry.number = state_.audit_end.number + 1;
  entry.time = Stored(record.time);
  entry.hash = AuditHash(state_.audit_end.hash, entry);
  undo_.push_back([this, end = state_.audit_end] {
    state_.audit.pop_back();
    state_.audit_end = end;
  });
  state_.audit_end = {entry.number, entry.hash};
  state_.audit.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status MemoryTransaction::AddDelivery(const OutboxRecord& delivery) {
  for (const auto& [id, other] : state_.outbox) {
    if (other.idempotency_key == delivery.idempotency_key && other.channel == delivery.channel) {
      return absl::AlreadyExistsError(
          absl::StrCat("delivery ", delivery.idempotency_key, " to channel ", delivery.channel, " is in the outbox"));
    }
  }
  OutboxRecord stored = delivery;
  stored.id = state_.next_outbox_id++;
  stored.created_time = Stored(delivery.created_time);
  stored.next_attempt_time = Stored(delivery.next_attempt_time);
  Assign(state_.outbox, stored.id, stored);
  return absl::OkStatus();
}

absl::Status MemoryTransaction::UpdateDelivery(const OutboxRecord& delivery) {
  const auto it = state_.outbox.find(delivery.id);
  if (it == state_.outbox.end()) return absl::NotFoundError(absl::StrCat("no delivery ", delivery.id));
  OutboxRecord stored = it->second;
  stored.state = delivery.state;
  stored.attempts = delivery.attempts;
  stored.next_attempt_time = Stored(delivery.next_attempt_time);
  stored.last_answer = delivery.last_answer;
  Assign(state_.outbox, delivery.id, std::move(stored));
  return absl::OkStatus();
}

absl::StatusOr<bool> MemoryTransaction::Expire(const ExpireBefore& before) {
  const std::int64_t records_ms = ToStoredMs(before.records);
  const std::int64_t five_minutes_ms = ToStoredMs(before.five_minutes);
  const bool batches_left = ExpireBatches(ToStoredMs(before.raw), kExpireRowsPerCall);
  if (five_minutes_ms > state_.five_minutes_from_ms) {
    undo_.push_back([this, old = state_.five_minutes_from_ms] { state_.five_minutes_from_ms = old; });
    const std::int64_t day = FloorDivide(five_minutes_ms, kFiveMinutes.period_ms()) * kFiveMinutes.period_ms();
    state_.five_minutes_from_ms = std::max(state_.five_minutes_from_ms, day);
  }
  ExpireTier(state_.five_minutes, kFiveMinutes, five_minutes_ms);
  ExpireTier(state_.hours, kHours, ToStoredMs(before.hours));
  ExpireCoverage(records_ms);
  const bool records_left = ExpireRecords(records_ms, kExpireRowsPerCall);
  return batches_left || records_left;
}

// By the segment, with its youngest: what is left of one could not be decoded.
bool MemoryTransaction::ExpireBatches(std::int64_t before_ms, std::size_t max) {
  std::vector<MemoryState::EpochKey> emptied;
  for (auto& [key, epoch] : state_.epochs) {
    std::map<std::uint64_t, std::int64_t> youngest;  // of each segment
    for (const auto& [sequence, batch] : epoch.batches) {
      std::int64_t& time_ms = youngest.try_emplace(batch.segment_first_sequence, ToStoredMs(batch.time)).first->second;
      time_ms = std::max(time_ms, ToStoredMs(batch.time));
    }
    std::vector<std::uint64_t> old;
    for (const auto& [sequence, batch] : epoch.batches) {
      if (youngest[batch.segment_first_sequence] < before_ms) old.push_back(sequence);
    }
    if (old.empty()) continue;
    if (max == 0) return true;
    max -= std::min(max, old.size());
    RollUp(key, epoch, old);
    for (const std::uint64_t sequence : old) Erase(epoch.batches, sequence);
    if (epoch.batches.empty()) emptied.push_back(key);
  }
  // A machine keeps the epoch of its newest data, which may go on.
  for (const auto& key : emptied) {
    const bool has_other = std::any_of(state_.epochs.begin(), state_.epochs.end(), [&](const auto& entry) {
      return entry.first.first == key.first && entry.first != key && !entry.second.batches.empty();
    });
    if (has_other) Erase(state_.epochs, key);
  }
  return false;
}

void MemoryTransaction::RollUp(const MemoryState::EpochKey& key, const MemoryState::Epoch& epoch,
                               const std::vector<std::uint64_t>& sequences) {
  wire::DescriptorTable table;
  if (!table.Add(epoch.descriptors).ok()) return;
  EpochRoller five_minutes(table, kFiveMinutes);
  EpochRoller hours(table, kHours);
  std::map<std::uint64_t, std::pair<wire::SegmentDecoder, std::uint64_t>> segments;  // and the sequence that comes next
  wire::DecodedBatch decoded;
  for (const std::uint64_t sequence : sequences) {
    const BatchRecord& batch = epoch.batches.at(sequence);
    const std::uint64_t first = batch.segment_first_sequence;
    auto& [decoder, next] = segments.try_emplace(first, wire::SegmentDecoder(table), first).first->second;
    if (sequence != next || !decoder.Decode(batch.samples, decoded).ok()) continue;
    ++next;
    five_minutes.Add(ToStoredMs(batch.time), decoded);
    hours.Add(ToStoredMs(batch.time), decoded);
  }
  RolledSet of_minutes = state_.five_minutes[key.first];
  five_minutes.MoveTo(of_minutes);
  Assign(state_.five_minutes, key.first, std::move(of_minutes));
  RolledSet of_hours = state_.hours[key.first];
  hours.MoveTo(of_hours);
  Assign(state_.hours, key.first, std::move(of_hours));
}

void MemoryTransaction::ExpireTier(std::map<std::string, RolledSet, std::less<>>& tier_of, const Tier& tier,
                                   std::int64_t before_ms) {
  const std::int64_t period = FloorDivide(before_ms, tier.period_ms());
  for (const auto& [machine, set] : tier_of) {
    RolledSet left = set;
    left.DropBefore(period * tier.period_buckets);
    Assign(tier_of, machine, std::move(left));
  }
}

bool MemoryTransaction::ExpireRecords(std::int64_t before_ms, std::size_t max) {
  std::vector<std::int64_t> deliveries;
  for (const auto& [id, delivery] : state_.outbox) {
    if (delivery.state != DeliveryState::kWaiting && ToStoredMs(delivery.created_time) < before_ms) {
      deliveries.push_back(id);
    }
  }
  std::vector<std::string> issues;
  for (const auto& [id, issue] : state_.issues) {
    if (IssueHasEnded(issue.issue) && IssueEndedMs(issue.issue) < before_ms) issues.push_back(id);
  }
  const bool left = deliveries.size() + issues.size() > max;
  if (deliveries.size() > max) deliveries.resize(max);
  if (issues.size() > max - deliveries.size()) issues.resize(max - deliveries.size());
  for (const std::int64_t id : deliveries) Erase(state_.outbox, id);
  for (const std::string& id : issues) {
    Erase(state_.issues, id);
    Erase(state_.issue_events, id);
  }
  return left;
}

template <class Map>
void MemoryTransaction::EraseOf(Map& map, std::string_view machine_id) {
  std::vector<typename Map::key_type> keys;
  for (const auto& [key, value] : map) {
    if (key.first == machine_id) keys.push_back(key);
  }
  for (const auto& key : keys) Erase(map, key);
}

absl::StatusOr<bool> MemoryTransaction::DeleteMachine(std::string_view id) {
  if (absl::Status status = KnownMachine(id); !status.ok()) return status;
  const std::string machine(id);
  EraseOf(state_.epochs, id);
  EraseOf(state_.coverage, id);
  EraseOf(state_.machine_events, id);
  std::vector<std::string> issues;
  for (const auto& [issue, record] : state_.issues) {
    if (record.dedupe_key.starts_with(machine + "/")) issues.push_back(issue);
  }
  std::vector<std::int64_t> deliveries;
  for (const auto& [delivery, record] : state_.outbox) {
    const bool is_of_it = std::find(issues.begin(), issues.end(), record.issue_id) != issues.end();
    if (is_of_it && record.state != DeliveryState::kWaiting) deliveries.push_back(delivery);
  }
  for (const std::int64_t delivery : deliveries) Erase(state_.outbox, delivery);
  for (const std::string& issue : issues) {
    Erase(state_.issues, issue);
    Erase(state_.issue_events, issue);
  }
  std::vector<std::string> settings;
  for (const auto& [name, value] : state_.settings) {
    if (name.ends_with(machine)) settings.push_back(name);
  }
  for (const std::string& name : settings) Erase(state_.settings, name);
  Erase(state_.inventories, machine);
  Erase(state_.changes, machine);
  Erase(state_.five_minutes, machine);
  Erase(state_.hours, machine);
  Erase(state_.boot_clocks, machine);
  Erase(state_.gaps, machine);
  Erase(state_.machines, machine);
  return false;
}

}  // namespace steward::collector
