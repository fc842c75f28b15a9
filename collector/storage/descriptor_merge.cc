#include "collector/storage/descriptor_merge.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

// Appends to `added` each of `sent` whose id is not in `stored` yet.
template <class Messages>
absl::Status AddMissing(const Messages& stored, const Messages& sent, std::string_view what, Messages& added) {
  absl::flat_hash_map<std::uint32_t, std::string> known;
  known.reserve(static_cast<std::size_t>(stored.size() + sent.size()));
  for (const auto& message : stored) known.emplace(message.id(), message.SerializeAsString());
  for (const auto& message : sent) {
    const auto [it, fresh] = known.emplace(message.id(), std::string());
    std::string bytes = message.SerializeAsString();
    if (!fresh) {
      if (it->second == bytes) continue;
      return absl::InvalidArgumentError(absl::StrCat(std::string(what), " ", message.id(),
                                                     " was described differently before in this epoch; an id keeps its "
                                                     "meaning, start a new epoch"));
    }
    it->second = std::move(bytes);
    *added.Add() = message;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::DescriptorSet> NewDescriptors(const v1::DescriptorSet& stored, const v1::DescriptorSet& sent) {
  v1::DescriptorSet added;
  added.set_epoch(sent.epoch());
  absl::Status status = AddMissing(stored.groups(), sent.groups(), "probe group", *added.mutable_groups());
  if (status.ok()) status = AddMissing(stored.series(), sent.series(), "series", *added.mutable_series());
  if (!status.ok()) return status;
  return added;
}

}  // namespace steward::collector
