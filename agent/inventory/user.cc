#include "agent/inventory/user.h"

#include <optional>
#include <set>
#include <string>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::uint64_t kPersonUidMin = 1000;
constexpr std::uint64_t kNobodyUid = 65534;

struct Account {
  std::string_view name;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::string_view shell;
};

bool ParseAccount(std::string_view line, Account& account) {
  std::string_view password;
  std::string_view uid_text;
  std::string_view gid_text;
  std::string_view skipped;
  if (!NextPart(line, ':', account.name) || !NextPart(line, ':', password) || !NextPart(line, ':', uid_text) ||
      !NextPart(line, ':', gid_text) || !NextPart(line, ':', skipped) || !NextPart(line, ':', skipped)) {
    return false;
  }
  account.shell = line;
  const std::optional<std::uint64_t> uid = ParseUnsigned(uid_text);
  const std::optional<std::uint64_t> gid = ParseUnsigned(gid_text);
  if (!uid.has_value() || !gid.has_value() || account.name.empty()) return false;
  account.uid = *uid;
  account.gid = *gid;
  return true;
}

bool MayLogIn(std::string_view shell) {
  return !shell.ends_with("/nologin") && !shell.ends_with("/false") && !shell.ends_with("/sync");
}

// The groups that make an administrator, by the distributions' habit.
bool IsAdministrators(std::string_view group) {
  return group == "sudo" || group == "wheel" || group == "admin" || group == "root";
}

struct Administrators {
  std::set<std::string_view> names;
  std::set<std::uint64_t> gids;
};

Administrators ParseAdministrators(std::string_view group) {
  Administrators result;
  std::string_view line;
  while (NextLine(group, line)) {
    std::string_view name;
    std::string_view skipped;
    std::string_view gid_text;
    if (!NextPart(line, ':', name) || !NextPart(line, ':', skipped) || !NextPart(line, ':', gid_text)) continue;
    if (!IsAdministrators(name)) continue;
    if (const std::optional<std::uint64_t> gid = ParseUnsigned(gid_text)) result.gids.insert(*gid);
    std::string_view member;
    while (NextPart(line, ',', member)) result.names.insert(member);
  }
  return result;
}

class UserInventory final : public InventorySource {
 public:
  explicit UserInventory(Platform& platform) : platform_(platform) {}
  std::string_view group() const override { return "user"; }

  absl::Status Collect(std::vector<Fact>& facts) override {
    std::string passwd;
    std::string group;
    const absl::Status status = platform_.ReadFile("/etc/passwd", passwd);
    if (!status.ok()) return status;
    if (!platform_.ReadFile("/etc/group", group).ok()) group.clear();
    ParseAccounts(passwd, group, facts);
    return absl::PermissionDeniedError("not permitted: whether accounts are locked, and how old passwords are");
  }

 private:
  Platform& platform_;
};

}  // namespace

void ParseAccounts(std::string_view passwd, std::string_view group, std::vector<Fact>& facts) {
  const Administrators administrators = ParseAdministrators(group);
  std::string_view line;
  while (NextLine(passwd, line)) {
    Account account;
    if (!ParseAccount(line, account)) continue;
    const bool is_person = account.uid >= kPersonUidMin && account.uid != kNobodyUid;
    const bool may_log_in = MayLogIn(account.shell);
    if (!is_person && !may_log_in && account.uid != 0) continue;  // a package's own account
    const bool is_administrator =
        account.uid == 0 || administrators.names.contains(account.name) || administrators.gids.contains(account.gid);
    AddFact(facts, StrCat(account.name, "/uid"), StrCat(account.uid));
    AddFact(facts, StrCat(account.name, "/administrator"), is_administrator ? "yes" : "no");
    AddFact(facts, StrCat(account.name, "/login_shell"), may_log_in ? "yes" : "no");
  }
}

std::unique_ptr<InventorySource> MakeUserInventory(Platform& platform) {
  return std::make_unique<UserInventory>(platform);
}

}  // namespace steward::agent
