#include "agent/inventory/user.h"

#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// Within it no day is told: that somebody was here yesterday is nobody's business, that nobody was for months is.
constexpr absl::Duration kRecently = absl::Hours(30 * 24);

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

std::string LastLogin(const LocalAccount& account, bool is_complete, absl::Time now) {
  if (account.last_login == absl::InfinitePast()) return is_complete ? "none recorded" : "";
  return now - account.last_login < kRecently ? "within 30 days" : Day(account.last_login);
}

class UserInventory final : public InventorySource {
 public:
  explicit UserInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "user"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    const absl::StatusOr<LocalAccounts> all = ReadAccounts(platform_);
    if (!all.ok()) return all.status();
    AddAccountFacts(*all, platform_.WallTime().value_or(absl::InfinitePast()), facts);
    std::string missing;
    const auto miss = [&missing](bool known, std::string_view what) {
      if (!known) StrAppend(&missing, missing.empty() ? "not known: " : "; ", what);
    };
    miss(all->knows_passwords, "whether accounts are locked, and how old passwords are (root reads it)");
    miss(all->knows_privileges, "who may become root by sudo, and root's SSH keys (root reads it)");
    miss(all->knows_logins, "some last log-ins (no lastlog)");
    return missing.empty() ? absl::OkStatus() : absl::PermissionDeniedError(missing);
  }

 private:
  Platform& platform_;
};

}  // namespace

void AddAccountFacts(const LocalAccounts& all, absl::Time now, std::vector<Fact>& facts) {
  for (const LocalAccount& account : all.accounts) {
    if (!account.is_person && !account.may_log_in && !account.IsPrivileged()) continue;  // a package's own account
    const std::string& name = account.name;
    AddFact(facts, name + "/uid", StrCat(account.uid));
    AddFact(facts, name + "/administrator", account.is_administrator ? "yes" : "no");
    AddFact(facts, name + "/login_shell", account.may_log_in ? "yes" : "no");
    std::string reasons;
    for (const std::string& reason : account.privileged_by) StrAppend(&reasons, reasons.empty() ? "" : ", ", reason);
    AddFact(facts, name + "/privileged_by", reasons);
    AddFact(facts, name + "/password", account.password);
    // shadow(5): day 0 asks for a new one at the next log-in.
    if (account.password_day.value_or(0) > 0 && *account.password_day < 1'000'000) {
      AddFact(facts, name + "/password_changed", Day(absl::UnixEpoch() + *account.password_day * absl::Hours(24)));
    }
    if (account.may_log_in) AddFact(facts, name + "/last_login", LastLogin(account, all.knows_logins, now));
  }
  for (const RootKey& key : all.root_keys) {
    AddFact(facts, StrCat("root/ssh_key/", key.fingerprint), key.comment.empty() ? "no comment" : key.comment);
  }
}

std::unique_ptr<InventorySource> MakeUserInventory(Platform& platform) {
  return std::make_unique<UserInventory>(platform);
}

}  // namespace steward::agent
