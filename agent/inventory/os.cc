#include "agent/inventory/os.h"

#include <map>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/os.h"

namespace steward::agent {
namespace {

class OsInventory final : public InventorySource {
 public:
  explicit OsInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "os"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    if (const absl::StatusOr<SystemName> name = platform_.Name(); name.ok()) {
      AddFact(facts, "kernel", name->sysname + " " + name->release);
      AddFact(facts, "kernel_build", name->version);
      AddFact(facts, "architecture", name->machine);
    }
    AddFact(facts, "time_zone", TimeZoneName());
    // The first start writes it once, on an installed machine and on one made from an image.
    if (const auto first = platform_.Attributes("/etc/machine-id"); first.ok()) {
      AddFact(facts, "install_date", absl::FormatTime("%Y-%m-%d", first->modified, absl::UTCTimeZone()));
    }
    std::string text;
    if (platform_.ReadFile("/etc/default/locale", text).ok() || platform_.ReadFile("/etc/locale.conf", text).ok()) {
      AddFact(facts, "language", ParseOsRelease(text)["LANG"]);
    }
    absl::Status status = platform_.ReadFile("/etc/os-release", text);
    if (!status.ok()) status = platform_.ReadFile("/usr/lib/os-release", text);
    if (absl::IsPermissionDenied(status)) return status;
    if (!status.ok()) return absl::NotFoundError("no os-release file: name and version are not known");
    std::map<std::string, std::string> release = ParseOsRelease(text);
    AddFact(facts, "name", release["NAME"]);
    AddFact(facts, "pretty_name", release["PRETTY_NAME"]);
    AddFact(facts, "id", release["ID"]);
    AddFact(facts, "id_like", release["ID_LIKE"]);
    AddFact(facts, "version", release["VERSION"]);
    AddFact(facts, "version_id", release["VERSION_ID"]);
    AddFact(facts, "codename", release["VERSION_CODENAME"]);
    AddFact(facts, "edition", release["VARIANT"].empty() ? release["VARIANT_ID"] : release["VARIANT"]);
    AddFact(facts, "build", release["BUILD_ID"]);
    AddFact(facts, "support_end", release["SUPPORT_END"]);
    // Debian's point release says more than os-release.
    if (platform_.ReadFile("/etc/debian_version", text).ok()) {
      AddFact(facts, "debian_version", text.substr(0, text.find('\n')));
    }
    return absl::OkStatus();
  }

 private:
  // "Europe/Tallinn": the abbreviation would change twice a year.
  std::string TimeZoneName() {
    constexpr std::string_view kDatabase = "/zoneinfo/";
    const absl::StatusOr<std::string> path = platform_.RealPath("/etc/localtime");
    if (!path.ok()) return "";
    const std::size_t at = path->find(kDatabase);
    return at == std::string::npos ? "" : path->substr(at + kDatabase.size());
  }

  Platform& platform_;
};

}  // namespace

std::unique_ptr<InventorySource> MakeOsInventory(Platform& platform) { return std::make_unique<OsInventory>(platform); }

}  // namespace steward::agent
