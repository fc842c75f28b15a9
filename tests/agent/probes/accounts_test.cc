// Who may become root and why, and how often somebody failed to log in.
#include "agent/probes/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "agent/platform/linux/utmp.h"
#include "agent/probes/failed_logins.h"
#include "base/text.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nsyslog:x:104:110::/:/usr/sbin/nologin\n"
    "maria:x:1000:1000:Maria M:/home/maria:/bin/bash\njaan:x:1001:1001::/home/jaan:/bin/bash\n"
    "backup:x:34:34::/:/usr/sbin/nologin\ncut:x:7\n:x:1:1::/:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n";
constexpr std::string_view kGroup = "root:x:0:\nadm:x:4:syslog,maria\nsudo:x:27:maria\ndocker:x:999:jaan\nops:x:1001:\ncut\n";

std::string Json(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
  return escaped;
}

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() {
    Write("etc/passwd", kPasswd);
    Write("etc/group", kGroup);
  }
  void Write(std::string_view file, std::string_view text) {
    const std::filesystem::path path = directory_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void Answer(std::string_view shadow, std::string_view privileges, std::string_view failed) {
    Write("steward/syscalls.json",
          StrCat(R"({"uname": {"machine": "x86_64"}, "wall_time_ns": 1800000000000000000, "tools": {)",
                 R"("shadow-state": {"output": ")", Json(shadow), R"("}, "privileges": {"output": ")", Json(privileges),
                 R"("}, "failed-logins": {"output": ")", Json(failed), R"("}}})"));
  }
  Collected Collect(std::unique_ptr<Probe> (*make)(Platform&)) {
    Collected collected;
    auto platform = NewRecordedPlatform(directory_.path().string());
    EXPECT_TRUE(platform.ok()) << platform.status();
    const absl::Status status = make(**platform)->Collect(collected);
    EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
    return collected;
  }

  TempDir directory_;
};

TEST_F(AccountsTest, WhatOnlyRootKnowsHasNoSeriesWithoutRoot) {
  Write("steward/syscalls.json", R"({"tools": {"privileges": {"error": "PERMISSION_DENIED", "message": "x"}}})");
  const Collected collected = Collect(&MakeAccountsProbe);
  EXPECT_EQ(collected.Integer("steward_accounts{kind=root}"), 1);
  EXPECT_EQ(collected.Integer("steward_accounts{kind=person}"), 2);
  EXPECT_EQ(collected.Integer("steward_accounts{kind=system}"), 0);
  EXPECT_EQ(collected.Integer("steward_privileged_accounts"), 3) << "root, maria by sudo, jaan by docker; nobody logs in as syslog";
  EXPECT_FALSE(collected.Has("steward_account_passwords{state=set}"));
  EXPECT_FALSE(collected.Has("steward_root_ssh_keys"));
  EXPECT_FALSE(collected.Has("steward_dormant_accounts"));
}

TEST_F(AccountsTest, WithRootsAnswers) {
  Answer("root\tlocked\t\nmaria\tset\t19800\njaan\tnone\t0\nghost\tset\t1\njaan\tbroken\t1\n",
         "sudo\tbackup\tsome\nsudo\t%ops\tall\nsudo\troot\tall\nkey\tSHA256:abc\tops@example\nkey\n", "");
  std::string lastlog(1002 * kUtmpLayout32.lastlog_bytes, '\0');
  const std::uint32_t recently = 1'800'000'000 - 86'400;
  const std::uint32_t long_ago = 1'800'000'000 - 50 * 86'400;
  std::memcpy(lastlog.data() + 1000 * kUtmpLayout32.lastlog_bytes, &recently, sizeof(recently));
  std::memcpy(lastlog.data() + 1001 * kUtmpLayout32.lastlog_bytes, &long_ago, sizeof(long_ago));
  Write("var/log/lastlog", lastlog);
  Collected collected = Collect(&MakeAccountsProbe);
  EXPECT_EQ(collected.Integer("steward_privileged_accounts"), 3) << "root, maria, jaan; some commands make nobody root who cannot log in";
  EXPECT_EQ(collected.Integer("steward_root_ssh_keys"), 1);
  EXPECT_EQ(collected.Integer("steward_account_passwords{state=none}"), 1);
  EXPECT_EQ(collected.Integer("steward_account_passwords{state=locked}"), 1);
  EXPECT_EQ(collected.Integer("steward_dormant_accounts"), 1);

  std::string wtmp(kUtmpLayout32.record_bytes, '\0');  // jaan at the desktop, which lastlog does not know
  wtmp[0] = kUtmpUserProcess;
  std::memcpy(wtmp.data() + 44, "jaan", 4);
  std::memcpy(wtmp.data() + kUtmpLayout32.time_at, &recently, sizeof(recently));
  Write("var/log/wtmp", wtmp + "cut");
  EXPECT_EQ(Collect(&MakeAccountsProbe).Integer("steward_dormant_accounts"), 0);
}

TEST(Accounts, WhySomebodyIsPrivileged) {
  LocalAccounts all;
  all.accounts = ParsePasswd(kPasswd);
  ASSERT_EQ(all.accounts.size(), 7u);
  AddGroups(kGroup, all.accounts);
  AddPrivileges("sudo\t%ops\tall\nsudo\t#34\tsome\n", kGroup, all);
  EXPECT_THAT(all.accounts[0].privileged_by, ElementsAre("uid 0"));
  EXPECT_THAT(all.accounts[3].privileged_by, ElementsAre("group adm", "group sudo"));
  EXPECT_THAT(all.accounts[4].privileged_by, ElementsAre("group docker", "sudo"));
  EXPECT_TRUE(all.accounts[4].is_administrator);
  EXPECT_THAT(all.accounts[5].privileged_by, ElementsAre("sudo of some commands"));
  EXPECT_FALSE(all.accounts[5].IsPrivileged());
}

TEST(FailedLogins, InsideIsWhatThePrivateAddressesAre) {
  for (const std::string_view inside : {"10.1.2.3", "172.31.0.1", "192.168.7.7", "169.254.1.1", "100.64.0.1", "127.0.0.1", "fd00::1",
                                        "fe80::1", "::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(SourceOf(inside), LoginSource::kInside) << inside;
  }
  for (const std::string_view outside : {"192.0.2.7", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:192.0.2.1", "nonsense"}) {
    EXPECT_EQ(SourceOf(outside), LoginSource::kOutside) << outside;
  }
  EXPECT_EQ(SourceOf(""), LoginSource::kConsole);
}

TEST(FailedLogins, CountsBySourceAndInABurst) {
  std::string lines = "broken\n\t\t\n99999999999999999999\troot\t10.0.0.1\n1000\tmaria\t\n";
  for (int i = 0; i < 9; ++i) lines += StrCat(1000 + i * 30, "\troot\t10.0.0.5\n");  // five fit into two minutes
  for (int i = 0; i < 3; ++i) lines += StrCat(1000 + i, "\t\t192.0.2.", i, "\n");
  const auto counts = CountFailedLogins(lines);
  EXPECT_EQ(counts[0].all, 9);
  EXPECT_EQ(counts[0].greatest, 9);
  EXPECT_EQ(counts[0].greatest_address, "10.0.0.5");
  EXPECT_EQ(counts[0].in_a_burst, 5);
  EXPECT_EQ(counts[1].all, 3);
  EXPECT_EQ(counts[1].greatest, 1);
  EXPECT_EQ(counts[2].all, 1);
}

TEST_F(AccountsTest, OnlyAGuesserFromInsideIsNamed) {
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += StrCat(1000 + i, "\troot\t192.168.1.9\n", 1000 + i, "\troot\t192.0.2.9\n");
  Answer("", "", lines);
  const Collected collected = Collect(&MakeFailedLoginsProbe);
  EXPECT_EQ(collected.Integer("steward_failed_logins{source=inside}"), 8);
  EXPECT_EQ(collected.Integer("steward_failed_logins_burst{source=outside}"), 8);
  EXPECT_EQ(collected.Integer("steward_failed_logins{source=console}"), 0);
  EXPECT_EQ(collected.Integer("steward_failed_logins_guesser{address=192.168.1.9}"), 8);
  EXPECT_FALSE(collected.Has("steward_failed_logins_guesser{address=192.0.2.9}"));
}

}  // namespace
}  // namespace steward::agent
