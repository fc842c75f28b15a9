// The slowly changing description of this machine, as facts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace steward::agent {

class Platform;

struct Fact {
  std::string key;
  std::string value;
};

class PackageUpdates;

// One group of facts. Called from a worker thread, one at a time, off the sampling path.
class InventorySource {
 public:
  virtual ~InventorySource() = default;
  // The group's name: identity, os, processor, memory, disk, volume, network, package, user, service, job,
  // update, power, peripheral, listener, posture, firmware. Besides there are groups that probes fill (notes.h).
  virtual std::string_view group() const = 0;
  // Runs a program that takes seconds of the processor: not at the agent's start, when the machine has enough to do.
  virtual bool slow() const { return false; }
  // Appends the facts. Errors as in Probe::Collect; what was appended before an error is kept and the error becomes a
  // note.
  virtual absl::Status Collect(std::vector<Fact>& facts) = 0;
};

// Every source of this platform, in a fixed order; inventory_list.cc holds the list. `platform` outlives them; `updates` is
// shared with the probes.
std::vector<std::unique_ptr<InventorySource>> MakeInventorySources(Platform& platform, std::shared_ptr<PackageUpdates> updates);

struct InventoryGroup {
  std::string group;
  std::vector<Fact> facts;  // sorted by key, unique
  std::string note;         // why something is missing; empty if all could be read
};
// `in_place_of_slow`, if given, is asked in place of those that are slow().
std::vector<InventoryGroup> CollectInventory(std::vector<std::unique_ptr<InventorySource>>& sources,
                                             const std::function<InventoryGroup(std::string_view group)>& in_place_of_slow = {});

// Hex SHA-256 each; nothing in them changes with a restart, another port or a new installation.
struct HardwareFingerprint {
  std::string with_serials;    // serial numbers and addresses; empty: no serial number may be read, they are root's
  std::string of_addresses;    // burnt-in addresses of built-in adapters alone; empty: there are none
};

// What enrolment and Hello say about this machine.
struct MachineIdentity {
  std::string host_name;
  std::string machine_class;  // server, desktop, laptop
  HardwareFingerprint hardware;
  std::string operating_system;
};
MachineIdentity ReadMachineIdentity(Platform& platform);

}  // namespace steward::agent
