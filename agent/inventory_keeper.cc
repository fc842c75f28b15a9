#include "agent/inventory_keeper.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "agent/identity/whole_file.h"
#include "boost/asio/post.hpp"
#include "proto/wire/inventory_digest.h"
#include "proto/wire/utf8.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kCheckInterval = absl::Minutes(15);
constexpr std::size_t kFactKeyBytesMax = 1024;
constexpr std::size_t kFactValueBytesMax = 4096;

absl::StatusOr<v1::Inventory> LoadInventory(const std::filesystem::path& file) {
  const auto bytes = ReadWholeFile(file);
  if (!bytes.ok()) return bytes.status();
  v1::Inventory inventory;
  if (!inventory.ParseFromString(*bytes)) return absl::DataLossError(file.string() + " is damaged");
  return inventory;
}

}  // namespace

InventoryGroup KeptGroup(const std::filesystem::path& file, std::string_view group) {
  InventoryGroup kept{std::string(group), {}, ""};
  const auto inventory = LoadInventory(file);
  if (!inventory.ok()) {
    kept.note = "not asked yet";
    return kept;
  }
  for (const v1::Fact& fact : inventory->facts()) {
    if (fact.group() == group) kept.facts.push_back({fact.key(), fact.value()});
  }
  for (const v1::SourceNote& note : inventory->notes()) {
    if (note.group() == group) kept.note = note.note();
  }
  return kept;
}

v1::Inventory MakeInventory(const std::vector<InventoryGroup>& groups, absl::Time now) {
  v1::Inventory inventory;
  inventory.mutable_observed_time()->set_seconds(absl::ToUnixSeconds(now));
  for (const InventoryGroup& group : groups) {
    std::string last;
    bool first = true;
    for (const Fact& fact : group.facts) {
      std::string key = wire::EscapedUtf8(fact.key, kFactKeyBytesMax);
      if (!std::exchange(first, false) && key == last) continue;  // escaping can make two keys one
      v1::Fact& out = *inventory.add_facts();
      out.set_group(group.group);
      out.set_key(key);
      out.set_value(wire::EscapedUtf8(fact.value, kFactValueBytesMax));
      last = std::move(key);
    }
    if (group.note.empty()) continue;
    v1::SourceNote& note = *inventory.add_notes();
    note.set_group(group.group);
    note.set_note(wire::EscapedUtf8(group.note, kFactKeyBytesMax));
  }
  inventory.set_digest(wire::InventoryDigest(inventory));
  return inventory;
}

InventoryKeeper::InventoryKeeper(Parts parts)
    : parts_(std::move(parts)), random_(parts_.seed), timer_(parts_.clock.NewTimer(parts_.executor)) {}

InventoryKeeper::~InventoryKeeper() {
  *alive_ = false;
  if (worker_.joinable()) worker_.join();
}

void InventoryKeeper::Start() {
  mark_ = parts_.change_mark();
  Collect();
  timer_->Start(kCheckInterval, [this] { Check(); });
}

void InventoryKeeper::Check() {
  timer_->Start(kCheckInterval, [this] { Check(); });
  Look();
}

void InventoryKeeper::Look() {
  std::string mark = parts_.change_mark();
  if (mark == mark_ && parts_.clock.BootNow() < next_boot_) return;
  mark_ = std::move(mark);
  Collect();
}

void InventoryKeeper::LookSoon() {
  const absl::Duration now = parts_.clock.BootNow();
  const absl::Duration wait = soon_boot_ + kBetweenCollections - now;
  if (wait > absl::ZeroDuration()) return timer_->Start(wait, [this] { Check(); });
  soon_boot_ = now;
  Look();
}

void InventoryKeeper::Collect() {
  if (std::exchange(collecting_, true)) {
    again_ = true;
    return;
  }
  next_boot_ = parts_.clock.BootNow() + absl::Hours(std::uniform_real_distribution<double>(20, 28)(random_));
  if (worker_.joinable()) worker_.join();  // it has posted its last word
  worker_ = std::thread([this, alive = alive_, now = parts_.clock.WallNow()] {
    absl::StatusOr<std::string> digest;
    {
      v1::Inventory inventory = MakeInventory(parts_.collect(), now);
      digest = inventory.digest();
      if (absl::Status status = WriteWholeFile(parts_.file, inventory.SerializeAsString()); !status.ok()) digest = status;
    }
    malloc_trim(0);  // this took more memory than the agent needs otherwise
    boost::asio::post(parts_.executor, [this, alive, digest] {
      if (!*alive) return;
      collecting_ = false;
      if (digest.ok()) {
        parts_.offer({*digest, [file = parts_.file] { return LoadInventory(file); }});
      } else {
        spdlog::warn("inventory: {}", std::string(digest.status().message()));
      }
      if (std::exchange(again_, false)) Collect();
    });
  });
}

}  // namespace steward::agent
