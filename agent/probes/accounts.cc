#include "agent/probes/accounts.h"

#include <algorithm>
#include <array>
#include <map>

#include "agent/platform/linux/utmp.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::uint64_t kPersonUidMin = 1000;
constexpr std::uint64_t kNobodyUid = 65534;
constexpr absl::Duration kInterval = absl::Hours(1);

// Groups that make an administrator by the distributions' habit, those whose members can become root by what they may use,
// and adm, which reads all logs.
constexpr std::array<std::string_view, 4> kAdministrators = {"admin", "root", "sudo", "wheel"};
constexpr std::array<std::string_view, 7> kPowerful = {"adm", "disk", "docker", "incus-admin", "libvirt", "lxd", "shadow"};

constexpr Metric kAccounts = {.name = "steward_accounts",
                              .help = "Accounts of this machine that may log in, by kind: root, person, system."};
constexpr Metric kPrivileged = {.name = "steward_privileged_accounts",
                                .help = "Accounts that may become root, or read what only root should."};
constexpr Metric kRootKeys = {.name = "steward_root_ssh_keys", .help = "SSH keys that let their holders in as root."};
constexpr Metric kPasswords = {.name = "steward_account_passwords",
                               .help = "Accounts that may log in, by the state of their password: locked, none, set."};
constexpr Metric kDormant = {.name = "steward_dormant_accounts",
                             .help = "People's accounts that are not locked and were not used for 45 days."};

template <std::size_t kCount>
bool IsOneOf(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool MayLogIn(std::string_view shell) {
  return !shell.ends_with("/nologin") && !shell.ends_with("/false") && !shell.ends_with("/sync");
}

bool ParseAccount(std::string_view line, LocalAccount& account) {
  std::string_view name, password, uid_text, gid_text, full_name, home;
  if (!NextPart(line, ':', name) || !NextPart(line, ':', password) || !NextPart(line, ':', uid_text) ||
      !NextPart(line, ':', gid_text) || !NextPart(line, ':', full_name) || !NextPart(line, ':', home)) {
    return false;
  }
  const std::optional<std::uint64_t> uid = ParseUnsigned(uid_text);
  const std::optional<std::uint64_t> gid = ParseUnsigned(gid_text);
  if (!uid.has_value() || !gid.has_value() || name.empty()) return false;
  account.name = std::string(name);
  account.uid = *uid;
  account.gid = *gid;
  account.may_log_in = MayLogIn(line);
  account.is_person = *uid >= kPersonUidMin && *uid != kNobodyUid;
  account.is_administrator = *uid == 0;
  if (*uid == 0) account.privileged_by.emplace_back("uid 0");
  return true;
}

void AddReason(LocalAccount& account, std::string reason, bool makes_administrator) {
  account.is_administrator = account.is_administrator || makes_administrator;
  const auto at = std::lower_bound(account.privileged_by.begin(), account.privileged_by.end(), reason);
  if (at == account.privileged_by.end() || *at != reason) account.privileged_by.insert(at, std::move(reason));
}

struct Group {
  std::string_view name;
  std::optional<std::uint64_t> gid;
  std::string_view members;  // comma between

  bool Has(const LocalAccount& account) const {
    std::string_view rest = members;
    std::string_view member;
    while (NextPart(rest, ',', member)) {
      if (member == account.name) return true;
    }
    return gid == account.gid;
  }
};

std::vector<Group> ParseGroups(std::string_view text) {
  std::vector<Group> groups;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view name, password, gid;
    if (!NextPart(line, ':', name) || !NextPart(line, ':', password) || !NextPart(line, ':', gid)) continue;
    groups.push_back({name, ParseUnsigned(gid), line});
  }
  return groups;
}

// False: not there, not permitted, or too large.
bool ReadLoginRecords(Platform& platform, std::string_view path, std::string& content) {
  const absl::StatusOr<FileAttributes> attributes = platform.Attributes(path);
  if (attributes.ok() && attributes->bytes > kLoginRecordsBytesMax) return false;
  return platform.ReadFile(path, content).ok();
}

// lastlog has log-ins by SSH and at the console, wtmp those at the desktop, too.
void AddLogins(Platform& platform, LocalAccounts& result) {
  const absl::StatusOr<SystemName> system = platform.Name();
  const UtmpLayout& layout = UtmpLayoutOf(system.ok() ? system->machine : "");
  std::string records;
  // An empty one is of a system that writes it no more.
  if (ReadLoginRecords(platform, "/var/log/lastlog", records) && !records.empty()) {
    result.knows_logins = true;
    for (LocalAccount& account : result.accounts) account.last_login = LastLogin(records, account.uid, layout);
  }
  if (!ReadLoginRecords(platform, "/var/log/wtmp", records)) return;
  std::map<std::string_view, absl::Time> newest;
  for (const UtmpRecord& record : ParseUtmp(records, layout)) {
    if (record.type != kUtmpUserProcess) continue;
    absl::Time& time = newest.try_emplace(record.user, absl::InfinitePast()).first->second;
    time = std::max(time, record.time);
  }
  for (LocalAccount& account : result.accounts) {
    const auto found = newest.find(account.name);
    if (found != newest.end()) account.last_login = std::max(account.last_login, found->second);
  }
}

class AccountsProbe final : public Probe {
 public:
  explicit AccountsProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "accounts"; }
  absl::Duration slow_interval() const override { return kInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::StatusOr<LocalAccounts> all = ReadAccounts(platform_);
    if (!all.ok()) return all.status();
    std::map<std::string_view, std::int64_t> kinds = {{"person", 0}, {"root", 0}, {"system", 0}};
    std::map<std::string_view, std::int64_t> passwords = {{"locked", 0}, {"none", 0}, {"set", 0}};
    std::int64_t privileged = 0;
    std::int64_t dormant = 0;
    const absl::Time used_since = platform_.WallTime().value_or(absl::InfinitePast()) - kDormantAfter;
    for (const LocalAccount& account : all->accounts) {
      privileged += account.IsPrivileged() ? 1 : 0;
      if (!account.may_log_in) continue;
      ++kinds[account.uid == 0 ? "root" : account.is_person ? "person" : "system"];
      if (!account.password.empty()) ++passwords[account.password];
      if (account.is_person && account.password != "locked" && account.last_login < used_since) ++dormant;
    }
    for (const auto& [kind, count] : kinds) sink.Add(kAccounts, {{"kind", kind}}, count);
    sink.Add(kPrivileged, {}, privileged);
    if (all->knows_privileges) sink.Add(kRootKeys, {}, static_cast<std::int64_t>(all->root_keys.size()));
    if (all->knows_logins) sink.Add(kDormant, {}, dormant);
    if (!all->knows_passwords) return absl::OkStatus();
    for (const auto& [state, count] : passwords) sink.Add(kPasswords, {{"state", state}}, count);
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
};

}  // namespace

std::vector<LocalAccount> ParsePasswd(std::string_view text) {
  std::vector<LocalAccount> accounts;
  std::string_view line;
  while (NextLine(text, line)) {
    LocalAccount account;
    if (ParseAccount(line, account)) accounts.push_back(std::move(account));
  }
  return accounts;
}

void AddGroups(std::string_view text, std::vector<LocalAccount>& accounts) {
  for (const Group& group : ParseGroups(text)) {
    const bool makes_administrator = IsOneOf(kAdministrators, group.name);
    if (!makes_administrator && !IsOneOf(kPowerful, group.name)) continue;
    for (LocalAccount& account : accounts) {
      // Root's own group is no reason of its own for root, and all that is locked away has "root" as its group.
      if (account.uid == 0 || !group.Has(account)) continue;
      AddReason(account, StrCat("group ", group.name), makes_administrator);
    }
  }
}

void AddShadowState(std::string_view text, std::vector<LocalAccount>& accounts) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view name, state;
    if (!NextPart(line, '\t', name) || !NextPart(line, '\t', state)) continue;
    if (state != "locked" && state != "none" && state != "set") continue;
    for (LocalAccount& account : accounts) {
      if (account.name != name) continue;
      account.password = std::string(state);
      account.password_day = ParseInteger(line);
    }
  }
}

void AddPrivileges(std::string_view text, std::string_view group, LocalAccounts& result) {
  const std::vector<Group> groups = ParseGroups(group);
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view kind, subject;
    if (!NextPart(line, '\t', kind) || !NextPart(line, '\t', subject) || subject.empty()) continue;
    if (kind == "key") {
      result.root_keys.push_back({std::string(subject), std::string(line)});
      continue;
    }
    if (kind != "sudo") continue;
    const bool all = line == "all";
    for (LocalAccount& account : result.accounts) {
      const bool in_group = subject.front() == '%' && std::any_of(groups.begin(), groups.end(), [&](const Group& one) {
        return one.name == subject.substr(1) && one.Has(account);
      });
      const bool named = subject == account.name || subject == "ALL" || subject == StrCat("#", account.uid);
      if ((in_group || named) && account.uid != 0) AddReason(account, all ? "sudo" : "sudo of some commands", all);
    }
  }
}

absl::StatusOr<LocalAccounts> ReadAccounts(Platform& platform) {
  LocalAccounts result;
  std::string passwd;
  std::string group;
  if (absl::Status status = platform.ReadFile("/etc/passwd", passwd); !status.ok()) return status;
  result.accounts = ParsePasswd(passwd);
  if (!platform.ReadFile("/etc/group", group).ok()) group.clear();
  AddGroups(group, result.accounts);
  const absl::StatusOr<std::string> shadow = platform.RunTool(Tool::kShadowState, kAccountsDeadline);
  result.knows_passwords = shadow.ok();
  if (shadow.ok()) AddShadowState(*shadow, result.accounts);
  const absl::StatusOr<std::string> privileges = platform.RunTool(Tool::kPrivileges, kAccountsDeadline);
  result.knows_privileges = privileges.ok() || absl::IsNotFound(privileges.status());
  if (privileges.ok()) AddPrivileges(*privileges, group, result);
  AddLogins(platform, result);
  return result;
}

std::unique_ptr<Probe> MakeAccountsProbe(Platform& platform) { return std::make_unique<AccountsProbe>(platform); }

}  // namespace steward::agent
