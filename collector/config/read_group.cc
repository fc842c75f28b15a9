// [[group]]: machines that something is set for together.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/config/read_policy.h"

namespace steward::collector {

void ReadGroup(TableReader& reader, std::vector<GroupConfig>& groups) {
  GroupConfig group;
  group.name = reader.RequiredString("name").value_or("");
  if (std::any_of(groups.begin(), groups.end(), [&](const GroupConfig& other) { return other.name == group.name; })) {
    reader.Error("name", StrCat("another [[group]] is called \"", group.name, "\"; each needs a name of its own"));
  }
  group.machines = reader.Strings("machines").value_or(std::vector<std::string>());
  const bool empty = std::any_of(group.machines.begin(), group.machines.end(), [](const std::string& member) { return member.empty(); });
  if (group.machines.empty() || empty) {
    reader.Error("machines", "[[group]] needs machines = [\"SRV-FILE\", \"srv-*\"]: host names, with * and ? for several, or ids");
  }
  group.powered_by = reader.String("powered_by").value_or("");
  group.runs_on = reader.String("runs_on").value_or("");
  for (const auto& [key, machine] : {std::pair{"powered_by", &group.powered_by}, std::pair{"runs_on", &group.runs_on}}) {
    if (!machine->empty() && std::find(group.machines.begin(), group.machines.end(), *machine) != group.machines.end()) {
      reader.Error(key, StrCat("\"", *machine, "\" is one of the group's own machines; it cannot need itself"));
    }
  }
  groups.push_back(std::move(group));
}

}  // namespace steward::collector
