#include "agent/inventory/package.h"

#include <map>
#include <string>

#include "agent/inventory/bundle.h"
#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// One package: a stanza of dpkg's status file, or a line of rpm's list, which has no status.
struct Stanza {
  std::string_view name;
  std::string_view status;
  std::string_view version;
  std::string_view architecture;
};

// Takes a stanza off `text`; false at the end.
bool NextStanza(std::string_view& text, Stanza& stanza) {
  stanza = {};
  bool any = false;
  std::string_view line;
  while (NextLine(text, line)) {
    if (line.empty()) {
      if (any) return true;
      continue;
    }
    any = true;
    const auto take = [&](std::string_view key, std::string_view& into) {
      if (line.starts_with(key)) into = Trimmed(line.substr(key.size()));
    };
    take("Package:", stanza.name);
    take("Status:", stanza.status);
    take("Version:", stanza.version);
    take("Architecture:", stanza.architecture);
  }
  return any;
}

// What most packages are built for is the machine's own architecture. Empty if there is none.
std::string_view MostFrequent(const std::map<std::string_view, int>& architectures) {
  std::string_view own;
  int most = 0;
  for (const auto& [architecture, count] : architectures) {
    if (count <= most) continue;
    own = architecture;
    most = count;
  }
  return own;
}

class PackageInventory final : public InventorySource {
 public:
  explicit PackageInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "package"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    AddBundles(platform_, facts);
    std::string text;
    const absl::Status dpkg = platform_.ReadFile("/var/lib/dpkg/status", text);
    if (dpkg.ok()) ParseDpkgStatus(text, facts);
    const absl::Status apk = platform_.ReadFile("/lib/apk/db/installed", text);
    if (apk.ok()) ParseApkDatabase(text, facts);
    for (const absl::Status& status : {dpkg, apk}) {
      if (!status.ok() && !absl::IsNotFound(status)) return status;
    }
    const absl::Status rpm = AddRpmPackages(facts);
    if (absl::IsNotFound(rpm) && (dpkg.ok() || apk.ok())) return absl::OkStatus();
    return rpm;
  }

 private:
  absl::Status AddRpmPackages(std::vector<Fact>& facts) {
    if (!HasRpmDatabase()) return absl::NotFoundError("no database of dpkg, rpm or apk: packages are not known");
    const absl::StatusOr<std::string> list = platform_.RunTool(Tool::kRpmPackages, kRpmDeadline);
    if (absl::IsNotFound(list.status())) return absl::NotFoundError("no rpm tool: packages are not known");
    if (!list.ok()) return list.status();
    ParseRpmList(*list, facts);
    return absl::OkStatus();
  }
  bool HasRpmDatabase() {
    return platform_.Exists("/var/lib/rpm/rpmdb.sqlite") || platform_.Exists("/var/lib/rpm/Packages") ||
           platform_.Exists("/var/lib/rpm/Packages.db") || platform_.Exists("/usr/lib/sysimage/rpm/rpmdb.sqlite") ||
           platform_.Exists("/usr/lib/sysimage/rpm/Packages.db");
  }

  Platform& platform_;
};

}  // namespace

void ParseDpkgStatus(std::string_view text, std::vector<Fact>& facts) {
  std::map<std::string_view, int> architectures;
  std::vector<Stanza> installed;
  Stanza stanza;
  while (NextStanza(text, stanza)) {
    if (!stanza.status.ends_with(" installed") || stanza.name.empty()) continue;
    installed.push_back(stanza);
    if (stanza.architecture != "all") ++architectures[stanza.architecture];
  }
  const std::string_view own = MostFrequent(architectures);
  for (const Stanza& package : installed) {
    const bool is_foreign = package.architecture != own && package.architecture != "all";
    AddFact(facts, is_foreign ? StrCat(package.name, ":", package.architecture) : std::string(package.name),
            package.version);
  }
}

void ParseApkDatabase(std::string_view text, std::vector<Fact>& facts) {
  std::string_view line, name, version;
  const auto add = [&] {
    if (!name.empty()) AddFact(facts, std::string(name), version);
    name = version = {};
  };
  while (NextLine(text, line)) {
    if (line.empty()) add();
    else if (line.starts_with("P:")) name = Trimmed(line.substr(2));
    else if (line.starts_with("V:")) version = Trimmed(line.substr(2));
  }
  add();
}

void ParseRpmList(std::string_view text, std::vector<Fact>& facts) {
  std::map<std::string_view, int> architectures;
  std::vector<Stanza> installed;
  std::string_view line;
  while (NextLine(text, line)) {
    Stanza package;
    if (!NextPart(line, '\t', package.name) || !NextPart(line, '\t', package.version) || package.name.empty()) continue;
    if (package.name == "gpg-pubkey") continue;  // a key, kept as if it were a package
    (void)NextPart(line, '\t', package.architecture);
    if (package.architecture != "noarch") ++architectures[package.architecture];
    installed.push_back(package);
  }
  const std::string_view own = MostFrequent(architectures);
  std::map<std::string, std::string> versions;
  for (const Stanza& package : installed) {
    const bool is_foreign =
        !package.architecture.empty() && package.architecture != own && package.architecture != "noarch";
    std::string& list =
        versions[is_foreign ? StrCat(package.name, ".", package.architecture) : std::string(package.name)];
    StrAppend(&list, list.empty() ? "" : ", ", package.version);
  }
  for (const auto& [name, list] : versions) AddFact(facts, name, list);
}

std::unique_ptr<InventorySource> MakePackageInventory(Platform& platform) {
  return std::make_unique<PackageInventory>(platform);
}

}  // namespace steward::agent
