// What root's own answers let through: the judgement, and no secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "agent/platform/linux/tools/account_secrets.h"
#include "agent/platform/linux/tools/failed_logins.h"
#include "agent/platform/linux/tools/firewall.h"
#include "agent/platform/linux/tools/ssh_settings.h"
#include "agent/platform/linux/utmp.h"
#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Recorded(std::string_view name) {
  std::ifstream file(StrCat(STEWARD_SOURCE_DIR "/tests/fixtures/tools/", name), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

InputPolicy OfNft(std::string_view json) {
  const absl::StatusOr<InputPolicy> policy = InputPolicyOfNft(json);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.value_or(InputPolicy());
}

TEST(Firewall, APolicyOfDropRefusesBothFamiliesInInet) {
  const InputPolicy policy = OfNft(Recorded("nft-drop.json"));
  EXPECT_TRUE(policy.refuses_ipv4);
  EXPECT_TRUE(policy.refuses_ipv6);
}

TEST(Firewall, AClosingRejectIsAsGoodAsAPolicy) {
  EXPECT_TRUE(OfNft(Recorded("nft-firewalld-fail2ban.json")).refuses_ipv4);
  EXPECT_TRUE(OfNft(Recorded("nft-firewalld-fail2ban.json")).refuses_ipv6);
  EXPECT_TRUE(OfNft(Recorded("nft-of-iptables.json")).refuses_ipv4);
  EXPECT_FALSE(OfNft(Recorded("nft-of-iptables.json")).refuses_ipv6) << "ip6tables has no rule";
}

TEST(Firewall, AListOfBlockedAddressesIsNoFirewall) {
  const std::string both = Recorded("nft-firewalld-fail2ban.json");
  const std::string fail2ban = StrCat("{\"nftables\": [", both.substr(both.find("{\"table\": {\"family\": \"ip\", \"name\": \"filter\"")));
  EXPECT_FALSE(OfNft(fail2ban).refuses_ipv4);
  EXPECT_FALSE(OfNft("{\"nftables\": []}").refuses_ipv4);
}

TEST(Firewall, JumpsInARingAndOtherShapesEndIt) {
  EXPECT_FALSE(OfNft(R"({"nftables":[{"chain":{"family":"ip","table":"t","name":"c","type":"filter","hook":"input","policy":"accept"}},
      {"rule":{"family":"ip","table":"t","chain":"c","expr":[{"jump":{"target":"c"}}]}},
      {"rule":{"family":"ip","table":"t","chain":"c","expr":"drop"}}, {"rule":[]}, 7, {"chain":{"name":1}}]})").refuses_ipv4);
  EXPECT_FALSE(InputPolicyOfNft("").ok());
  EXPECT_FALSE(InputPolicyOfNft("{\"nftables\":{}}").ok());
  EXPECT_FALSE(InputPolicyOfNft(std::string(100'000, '[')).ok());
}

TEST(Firewall, IptablesOfTheOlderKind) {
  EXPECT_TRUE(RefusesByIptables("-P INPUT DROP\n-P FORWARD ACCEPT\n-A INPUT -i lo -j ACCEPT\n"));
  EXPECT_TRUE(RefusesByIptables("-P INPUT ACCEPT\n-N x\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j x\n-A x ! -i lo -j REJECT --reject-with icmp-port-unreachable\n"));
  EXPECT_FALSE(RefusesByIptables("-P INPUT DROP\n-A INPUT -m comment --comment \"a -j DROP b\" -j ACCEPT\n"));
  EXPECT_FALSE(RefusesByIptables("-P INPUT ACCEPT\n-A INPUT -s 192.0.2.1/32 -j DROP\n-A INPUT -i lo -j DROP\n"));
  EXPECT_FALSE(RefusesByIptables("-P INPUT\n-A\n-A INPUT -j\n\"\n"));
}

TEST(SshSettings, OnlyWhatIsJudged) {
  EXPECT_EQ(ReduceSshSettings("port 22\npermitrootlogin without-password\nhostkey /etc/ssh/k\nbanner secret\nportx 1\npasswordauthentication yes\n"),
            "port 22\npermitrootlogin without-password\npasswordauthentication yes\n");
}

TEST(ShadowState, NeverAHash) {
  const std::string reduced = ReduceShadow(
      "root:$6$salt$hashhash:19700:0:99999:7:::\nmaria:!$y$j9T$abc$def:19800:0:99999:7:::\nguest::0:0:99999:7:::\n"
      "daemon:*:19000:0:99999:7:::\nold:!!:x:::::\ncut\n:!:1:\n");
  EXPECT_EQ(reduced, "root\tset\t19700\nmaria\tlocked\t19800\nguest\tnone\t0\ndaemon\tlocked\t19000\nold\tlocked\t\n");
}

TEST(Sudoers, WhoMayBecomeRoot) {
  EXPECT_EQ(ReduceSudoers("# User alice\nDefaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n"
                          "User_Alias OPS = jaan, %ops\nOPS ALL = NOPASSWD: /usr/bin/systemctl restart \\\n   nginx\n"
                          "Cmnd_Alias X = /bin/true\n#1001 ALL=(ALL) NOPASSWD: ALL # why\na, b ALL=ALL\n@includedir /etc/sudoers.d\n"),
            "sudo\troot\tall\nsudo\t%sudo\tall\nsudo\tjaan\tsome\nsudo\t%ops\tsome\nsudo\t#1001\tall\nsudo\ta\tall\nsudo\tb\tall\n");
  EXPECT_EQ(ReduceSudoers("User_Alias A = A\nA ALL=ALL\n"), "sudo\tA\tall\n") << "an alias of itself ends";
  EXPECT_EQ(ReduceSudoers("\\\n\\"), "");
}

TEST(AuthorizedKeys, FingerprintAndCommentOnly) {
  const std::string key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ2dnZ2dnZ2dnZ2dnZ2dnZ2dnZ2dnZ2dnZ2dnZ2dnZ2d";
  const std::string reduced = ReduceAuthorizedKeys(
      StrCat("# ours\nssh-ed25519 ", key, " ops@example\r\nfrom=\"192.0.2.1\",command=\"x\" ssh-ed25519 ", key, "\nssh-rsa ???\nssh-rsa\n"));
  EXPECT_THAT(reduced, HasSubstr("key\tSHA256:"));
  EXPECT_THAT(reduced, HasSubstr("\tops@example\n"));
  EXPECT_THAT(reduced, Not(HasSubstr(key.substr(20, 20))));
  EXPECT_EQ(std::count(reduced.begin(), reduced.end(), '\n'), 2);
}

std::string Record(const UtmpLayout& layout, std::string_view user, std::string_view host, std::int64_t seconds,
                   const std::vector<unsigned char>& address) {
  std::string record(layout.record_bytes, '\0');
  record[0] = 6;
  std::memcpy(record.data() + 44, user.data(), user.size());
  std::memcpy(record.data() + 76, host.data(), host.size());
  std::memcpy(record.data() + layout.time_at, &seconds, layout.time_bytes);
  std::copy(address.begin(), address.end(), record.begin() + static_cast<std::ptrdiff_t>(layout.address_at));
  return record;
}

class FailedLogins : public testing::TestWithParam<const UtmpLayout*> {};
INSTANTIATE_TEST_SUITE_P(Layouts, FailedLogins, testing::Values(&kUtmpLayout32, &kUtmpLayout64));

TEST_P(FailedLogins, OfTheLastHourWithoutWhatStrangersTyped) {
  const UtmpLayout& layout = *GetParam();
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const std::string long_name(32, 'n');
  const std::string btmp = Record(layout, "root", "ignored", 1'799'996'400, {192, 0, 2, 1}) +           // an hour ago
                           Record(layout, "root", "bad.example", 1'799'999'000, {192, 0, 2, 7}) +
                           Record(layout, "hunter2", "198.51.100.3", 1'799'999'100, {}) +
                           Record(layout, "maria", "tty1", 1'799'999'200, {}) +
                           Record(layout, long_name, "", 1'799'999'300, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) +
                           Record(layout, "root", "", 1'800'000'100, {192, 0, 2, 7}) +                  // tomorrow's
                           std::string(100, 'x');
  EXPECT_EQ(ReduceBtmp(btmp, layout, {"root", "maria"}, now),
            "1799999000\troot\t192.0.2.7\n1799999100\t\t198.51.100.3\n1799999200\tmaria\t\n1799999300\t\t2001:db8::1\n");
}

TEST(FailedLogins, OnlyTheEndOfALargeFileIsRead) {
  const TempDir directory;
  const std::string path = directory.path().string() + "/btmp";
  std::filesystem::create_directories(directory.path() / "etc");
  std::ofstream(directory.path() / "etc/passwd") << "root:x:0:0::/root:/bin/sh\n";
  {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < kFailedLoginsMax + 10; ++i) file << Record(kUtmpLayoutHere, "root", "", 1'799'999'000, {192, 0, 2, 7});
    file << "cut";
  }
  const RootedFiles files(directory.path().string());
  const auto lines = AskFailedLogins(files, path, absl::FromUnixSeconds(1'800'000'000), absl::Seconds(5));
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ(static_cast<std::size_t>(std::count(lines->begin(), lines->end(), '\n')), kFailedLoginsMax);
  EXPECT_THAT(*lines, testing::StartsWith("1799999000\troot\t192.0.2.7\n"));
}

TEST(FailedLogins, FromTheJournalWhereThereIsNoBtmp) {
  EXPECT_EQ(ReduceSshJournal("1799999000.123456 srv sshd[812]: Failed password for root from 192.0.2.7 port 40022 ssh2\n"
                             "1799999001.1 srv sshd[812]: Failed password for invalid user a from b port 1 from 198.51.100.3 port 4 ssh2\n"
                             "1799999002.1 srv sshd-session[9]: Failed publickey for maria from 2001:db8::1 port 4 ssh2: ED25519\n"
                             "1799999002.1 srv sshd[9]: Accepted password for root from 192.0.2.7 port 4\nFailed\n]: Failed  for  from  port \n",
                             {"root", "maria"}),
            "1799999000\troot\t192.0.2.7\n1799999001\t\t198.51.100.3\n1799999002\tmaria\t2001:db8::1\n");
}

TEST(Lastlog, IsIndexedByTheAccountsNumber) {
  std::string lastlog(3 * 292 + 5, '\0');
  const std::uint32_t seconds = 1'700'000'000;
  std::memcpy(lastlog.data() + 2 * 292, &seconds, sizeof(seconds));
  EXPECT_EQ(LastLogin(lastlog, 2, kUtmpLayout32), absl::FromUnixSeconds(1'700'000'000));
  EXPECT_EQ(LastLogin(lastlog, 1, kUtmpLayout32), absl::InfinitePast());
  EXPECT_EQ(LastLogin(lastlog, 3, kUtmpLayout32), absl::InfinitePast());
  EXPECT_EQ(LastLogin(lastlog, ~std::uint64_t{0}, kUtmpLayout32), absl::InfinitePast());
}

TEST(RootsAnswers, FromTheFilesOfAMachine) {
  const TempDir directory;
  const auto write = [&](const std::string& file, std::string_view text) {
    std::filesystem::create_directories((directory.path() / file).parent_path());
    std::ofstream(directory.path() / file) << text;
  };
  const RootedFiles files(directory.path().string());
  EXPECT_TRUE(absl::IsNotFound(AskPrivileges(files).status()));
  EXPECT_TRUE(absl::IsNotFound(AskDmiSerials(files).status()));
  EXPECT_TRUE(absl::IsNotFound(AskShadowState(files).status()));
  write("etc/sudoers", "root ALL=(ALL:ALL) ALL\n");
  write("etc/sudoers.d/90-cloud", "admin ALL=(ALL) NOPASSWD:ALL\n");
  write("etc/sudoers.d/old.dpkg-new", "ghost ALL=ALL\n");
  write("sys/class/dmi/id/product_serial", "PF1ABCDE\n");
  write("sys/class/dmi/id/board_serial", " \n");
  EXPECT_EQ(*AskPrivileges(files), "sudo\troot\tall\nsudo\tadmin\tall\n");
  EXPECT_EQ(*AskDmiSerials(files), "product_serial\tPF1ABCDE\n");
}

}  // namespace
}  // namespace steward::agent
