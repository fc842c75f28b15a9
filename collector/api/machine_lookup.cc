#include "collector/api/machine_lookup.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kCandidatesShown = 20;

absl::Status Ambiguous(std::string_view words, const std::vector<MachineRecord>& candidates) {
  std::string text = StrCat("\"", words, "\" is the name of ", candidates.size(), " machines; give the id or the instance of one:");
  for (std::size_t i = 0; i < candidates.size() && i < kCandidatesShown; ++i) {
    const MachineRecord& machine = candidates[i];
    StrAppend(&text, "\n  ", machine.id, "  ", machine.instance, "  (", machine.site, ", ", machine.machine_class,
              machine.state == MachineState::kRetired ? ", retired)" : ")");
  }
  if (candidates.size() > kCandidatesShown) StrAppend(&text, "\n  and ", candidates.size() - kCandidatesShown, " more");
  return absl::InvalidArgumentError(text);
}

}  // namespace

absl::StatusOr<MachineRecord> FindMachine(StorageReader& reader, std::string_view words) {
  if (words.empty()) return absl::InvalidArgumentError("name a machine: by id, host name or instance");
  auto by_id = reader.GetMachine(words);
  if (by_id.ok() || !absl::IsNotFound(by_id.status())) return by_id;
  const auto machines = reader.ListMachines();
  if (!machines.ok()) return machines.status();
  std::vector<MachineRecord> active, retired;
  for (const MachineRecord& machine : *machines) {
    const bool named = absl::EqualsIgnoreCase(machine.host_name, ToAbsl(words)) ||
                       absl::EqualsIgnoreCase(machine.instance, ToAbsl(words));
    if (named) (machine.state == MachineState::kActive ? active : retired).push_back(machine);
  }
  const std::vector<MachineRecord>& found = active.empty() ? retired : active;
  if (found.size() == 1) return found.front();
  if (found.size() > 1) return Ambiguous(words, found);
  return absl::NotFoundError(StrCat("no machine has the id, host name or instance \"", words, "\"; `stewardctl machines` lists them"));
}

}  // namespace steward::collector
