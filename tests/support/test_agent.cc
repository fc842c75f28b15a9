#include "tests/support/test_agent.h"

#include <cstdlib>

#include "proto/wire/inventory_digest.h"

namespace steward::collector {

TestEpoch::TestEpoch(std::uint64_t epoch, std::uint32_t series) : epoch_(epoch) {
  set_.set_epoch(epoch);
  v1::ProbeGroup& group = *set_.add_groups();
  group.set_id(1);
  group.set_name("test");
  group.set_interval_ms(15'000);
  for (std::uint32_t id = 1; id <= series; ++id) {
    v1::SeriesDescriptor& one = *set_.add_series();
    one.set_id(id);
    one.set_group(1);
    one.set_metric("test_value");
    v1::Label& label = *one.add_labels();
    label.set_name("number");
    label.set_value(std::to_string(id));
    one.set_type(v1::METRIC_TYPE_GAUGE);
    one.set_kind(v1::VALUE_KIND_INTEGER);
  }
  if (!table_.Add(set_).ok()) std::abort();
}

v1::AgentMessage TestEpoch::Hello(const std::string& machine_id, const std::string& host_name) const {
  v1::AgentMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_protocol(1);
  hello.set_machine_id(machine_id);
  hello.set_agent_version("0.1.0");
  hello.mutable_identity()->set_host_name(host_name);
  hello.mutable_identity()->set_class_("desktop");
  hello.mutable_identity()->set_operating_system("Debian GNU/Linux 12 (bookworm)");
  hello.set_epoch(epoch_);
  v1::EpochRanges& held = *hello.add_held();
  held.set_epoch(epoch_);
  hello.set_boot_id("b007");
  hello.set_boot_ms(kAnchorBootMs);
  hello.set_wall_ms(kAnchorWallMs);
  return message;
}

v1::AgentMessage TestEpoch::Descriptors() const {
  v1::AgentMessage message;
  *message.mutable_descriptors() = set_;
  return message;
}

v1::AgentMessage TestEpoch::Segment(std::uint64_t first) {
  encoder_ = std::make_unique<wire::SegmentEncoder>(table_);
  v1::AgentMessage message;
  v1::SegmentStart& segment = *message.mutable_segment();
  segment.set_epoch(epoch_);
  segment.set_first_sequence(first);
  segment.set_boot_id("b007");
  segment.set_anchor_boot_ms(kAnchorBootMs);
  segment.set_anchor_wall_ms(kAnchorWallMs);
  return message;
}

v1::AgentMessage TestEpoch::Batch(std::uint64_t sequence) {
  wire::SampleBatch batch;
  batch.boot_ms = kAnchorBootMs + static_cast<std::int64_t>(sequence) * 1000;
  wire::GroupSample& group = batch.groups.emplace_back();
  group.group = 1;
  for (const v1::SeriesDescriptor& series : set_.series()) {
    group.values.push_back({series.id(), static_cast<std::int64_t>(sequence + series.id() - 1)});
  }
  v1::AgentMessage message;
  message.mutable_batch()->set_sequence(sequence);
  if (!encoder_->Encode(batch, *message.mutable_batch()->mutable_samples()).ok()) std::abort();
  return message;
}

v1::AgentMessage InventoryMessage(const std::vector<std::pair<std::string, std::string>>& facts) {
  v1::AgentMessage message;
  v1::Inventory& inventory = *message.mutable_inventory();
  for (const auto& [key, value] : facts) {
    v1::Fact& fact = *inventory.add_facts();
    fact.set_group("os");
    fact.set_key(key);
    fact.set_value(value);
  }
  inventory.set_digest(wire::InventoryDigest(inventory));
  return message;
}

}  // namespace steward::collector
