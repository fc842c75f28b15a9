#include "collector/ingest/epoch_tables.h"

#include <algorithm>
#include <utility>

#include "collector/ingest/limits.h"

namespace steward::collector {

EpochTables::Epoch* EpochTables::Use(std::uint64_t epoch) {
  const auto found = std::find_if(epochs_.begin(), epochs_.end(), [&](const Epoch& one) { return one.id == epoch; });
  if (found == epochs_.end()) return nullptr;
  epochs_.splice(epochs_.begin(), epochs_, found);
  return &epochs_.front();
}

absl::Status EpochTables::Add(v1::DescriptorSet set) {
  if (set.epoch() == 0) return absl::InvalidArgumentError("descriptors: epoch is 0");
  Epoch* epoch = Use(set.epoch());
  if (epoch == nullptr) {
    epochs_.push_front({set.epoch(), std::make_shared<wire::DescriptorTable>(), {}});
    epoch = &epochs_.front();
    if (epochs_.size() > kEpochTablesMax) epochs_.pop_back();
  }
  if (absl::Status status = epoch->table->Add(set); !status.ok()) return status;
  epoch->unsaved.push_back(std::move(set));
  return absl::OkStatus();
}

std::shared_ptr<wire::DescriptorTable> EpochTables::Find(std::uint64_t epoch) {
  Epoch* found = Use(epoch);
  return found == nullptr ? nullptr : found->table;
}

std::vector<v1::DescriptorSet> EpochTables::TakeUnsaved(std::uint64_t epoch) {
  Epoch* found = Use(epoch);
  return found == nullptr ? std::vector<v1::DescriptorSet>() : std::exchange(found->unsaved, {});
}

}  // namespace steward::collector
