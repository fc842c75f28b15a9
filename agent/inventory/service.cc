#include "agent/inventory/service.h"

#include <array>
#include <set>
#include <vector>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// The administrator's, then what packages brought; the first that has a unit wins.
constexpr std::array<std::string_view, 3> kUnitDirectories = {"/etc/systemd/system", "/usr/lib/systemd/system",
                                                              "/lib/systemd/system"};

bool IsUnit(std::string_view name) {
  return name.ends_with(".service") || name.ends_with(".timer") || name.ends_with(".socket") || name.ends_with(".path");
}

class ServiceInventory final : public InventorySource {
 public:
  explicit ServiceInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "service"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::set<std::string> enabled;
    bool has_systemd = false;
    absl::Status refused;
    for (const std::string_view directory : kUnitDirectories) {
      std::vector<std::string> names;
      const absl::Status status = platform_.ListDirectory(directory, names);
      if (absl::IsPermissionDenied(status)) refused = status;
      if (!status.ok()) continue;
      has_systemd = true;
      // What a package itself links is static: part of the system, not somebody's choice.
      if (directory != kUnitDirectories.front()) continue;
      for (const std::string& name : names) {
        if (name.ends_with(".wants") || name.ends_with(".requires")) AddWanted(StrCat(directory, "/", name), enabled);
      }
    }
    if (!has_systemd && !refused.ok()) return refused;
    if (!has_systemd) return absl::NotFoundError("no systemd: services are not known");
    for (const std::string& unit : enabled) AddUnit(unit, facts);
    return absl::OkStatus();
  }

 private:
  void AddWanted(const std::string& directory, std::set<std::string>& enabled) {
    std::vector<std::string> names;
    if (!platform_.ListDirectory(directory, names).ok()) return;
    for (const std::string& name : names) {
      if (IsUnit(name)) enabled.insert(name);
    }
  }

  void AddUnit(const std::string& unit, std::vector<Fact>& facts) {
    AddFact(facts, unit + "/start", "enabled");
    // "getty@tty1.service" is an instance of "getty@.service".
    std::string file = unit;
    const std::size_t at = unit.find('@');
    if (at != std::string::npos) file = unit.substr(0, at + 1) + unit.substr(unit.rfind('.'));
    std::string text;
    for (const std::string_view directory : kUnitDirectories) {
      if (!platform_.ReadFile(StrCat(directory, "/", file), text).ok()) continue;
      const UnitFile parsed = ParseUnitFile(text);
      AddFact(facts, unit + "/program", parsed.program);
      AddFact(facts, unit + "/schedule", parsed.schedule);
      if (unit.ends_with(".service")) {
        AddFact(facts, unit + "/account", parsed.account.empty() ? "root" : parsed.account);
      }
      return;
    }
  }

  Platform& platform_;
};

}  // namespace

UnitFile ParseUnitFile(std::string_view text) {
  UnitFile unit;
  std::string_view section;
  std::string_view line;
  while (NextLine(text, line)) {
    line = Trimmed(line);
    if (line.starts_with('[')) section = line;
    if (section == "[Timer]" && line.starts_with("On") && !line.ends_with('=')) {
      StrAppend(&unit.schedule, unit.schedule.empty() ? "" : ", ", line);
    }
    if (section != "[Service]") continue;
    if (line.starts_with("User=")) unit.account = std::string(Trimmed(line.substr(5)));
    if (line.starts_with("ExecStart=") && unit.program.empty()) {
      std::string_view command = line.substr(10);
      // "-", "@", ":", "+" and "!" before the program change how it is started.
      while (!command.empty() && std::string_view("-@:+! \"").find(command.front()) != std::string_view::npos) {
        command.remove_prefix(1);
      }
      unit.program = std::string(command.substr(0, command.find_first_of(" \t\"")));
    }
  }
  return unit;
}

std::unique_ptr<InventorySource> MakeServiceInventory(Platform& platform) {
  return std::make_unique<ServiceInventory>(platform);
}

}  // namespace steward::agent
