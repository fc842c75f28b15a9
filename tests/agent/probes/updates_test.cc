// Updates that wait are counted by kind, from what apt and dnf print; whether they install themselves is read where both read it.
#include "agent/probes/updates.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "agent/probes/apt_config.h"
#include "agent/probes/package_updates.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

// Of apt 2.6 on Debian 12, shortened; the last three as Ubuntu 22.04 writes them.
constexpr std::string_view kApt =
    "Inst base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])\n"
    "Conf base-files (12.4+deb12u15 Debian:12.15/oldstable [amd64])\n"
    "Inst libgcrypt20-dev [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []\n"
    "Inst liblzma5 [5.4.1-1] (5.4.1-1+deb12u2 Debian-Security:12/oldstable-security [amd64])\n"
    "Inst libpam-modules-bin [1.5.2-6+deb12u1] (1.5.2-6+deb12u2 Debian:12.15/oldstable [amd64]) "
    "[libpam-modules:amd64 on libpam-modules-bin:amd64] [libpam-modules:amd64 ]\n"
    "Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian-Security:12/oldstable-security [amd64])\n"
    "Remv old [1]\n"
    "Inst openssl:i386 [3.0.2-0ubuntu1.15] (3.0.2-0ubuntu1.18 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [i386])\n"
    "Inst jq [1.6-2.1ubuntu3] (1.6-2.1ubuntu3.1 Ubuntu:22.04/jammy-updates [amd64])\n"
    "Inst xml [1] (2 UbuntuESMApps:22.04/jammy-apps-security [all])\n";

TEST(AptUpgrades, NameVersionsAndKind) {
  const PendingUpdates updates = ParseAptUpgrades(kApt).value_or(PendingUpdates());
  ASSERT_EQ(updates.size(), 7u);
  EXPECT_EQ(updates.at("base-files").installed, "12.4+deb12u11");
  EXPECT_EQ(updates.at("base-files").candidate, "12.4+deb12u15");
  EXPECT_FALSE(updates.at("base-files").is_security);
  EXPECT_TRUE(updates.at("libgcrypt20-dev").is_security);
  EXPECT_TRUE(updates.at("liblzma5").is_security);
  EXPECT_FALSE(updates.at("libpam-modules-bin").is_security);
  EXPECT_TRUE(updates.at("openssl:i386").is_security);
  EXPECT_FALSE(updates.at("jq").is_security);
  EXPECT_TRUE(updates.at("xml").is_security);
  EXPECT_FALSE(updates.contains("linux-image-6.1.0-40-amd64")) << "nothing of it is installed that could be old";
}

TEST(AptUpgrades, WhatIsNotUnderstoodIsNotCountedAsNone) {
  for (const std::string_view text : {"Inst", "Inst x", "Inst x [1", "Inst x [1] (", "Inst x [1] ()", "Inst x [1] 2", "\xff\nInst \x01"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseAptUpgrades(text).status())) << text;
  }
  for (const std::string_view text : {"", "\n\n", "Reading package lists...\nConf x (1)\n"}) {
    EXPECT_EQ(ParseAptUpgrades(text)->size(), 0u) << text;
  }
}

constexpr std::string_view kDnf =
    "\n"
    "bash.x86_64                        5.1.8-9.el9_4                    baseos   \n"
    "kernel.x86_64                      5.14.0-427.13.1.el9_4            baseos   \n"
    "glibc.i686                         2.34-100.el9_4.2                 baseos   \n"
    "java-17-openjdk-headless-slowdebug-with-a-long-name.x86_64\n"
    "                                   1:17.0.11.0.9-2.el9              appstream\n"
    "tzdata.noarch                      2024a-1.el9                      baseos   \n"
    "Obsoleting Packages\n"
    "new.x86_64                         1-1                              baseos   \n"
    "    old.x86_64                     0-1                              @System  \n"
    "\nsecurity:\n"
    "\n"
    "kernel.x86_64                      5.14.0-427.13.1.el9_4            baseos   \n"
    "glibc.i686                         2.34-100.el9_4.2                 baseos   \n";

TEST(DnfUpdates, NamesAndKindAcrossBrokenLines) {
  const PendingUpdates updates = ParseDnfUpdates(kDnf, "x86_64");
  ASSERT_EQ(updates.size(), 5u);
  EXPECT_EQ(updates.at("bash").candidate, "5.1.8-9.el9_4");
  EXPECT_FALSE(updates.at("bash").is_security);
  EXPECT_TRUE(updates.at("kernel").is_security);
  EXPECT_TRUE(updates.at("glibc.i686").is_security);
  EXPECT_EQ(updates.at("java-17-openjdk-headless-slowdebug-with-a-long-name").candidate, "1:17.0.11.0.9-2.el9");
  EXPECT_TRUE(updates.contains("tzdata"));
  EXPECT_TRUE(ParseDnfUpdates("", "x86_64").empty());
  EXPECT_TRUE(ParseDnfUpdates("\nsecurity:\n", "").empty());
  EXPECT_TRUE(ParseDnfUpdates("Security: kernel-5.14 is an installed security update\n a b\n\xff.\x01 \n", "").empty());
}

TEST(AptConfig, ScopesNamesAndCommentsAreReadAsAptDoes) {
  AptSettings settings;
  ParseAptConfig(
      "// a comment\nAPT::Periodic::Update-Package-Lists \"1\"; # another\n"
      "APT { /* one\n more */ Periodic { Unattended-Upgrade \"0\"; Enable 1; }; NeverAutoRemove { \"^linux\"; }; };\n"
      "apt::periodic::unattended-upgrade \"7d\";\nUnfinished \"x",
      settings);
  EXPECT_EQ(settings["apt::periodic::update-package-lists"], "1");
  EXPECT_EQ(settings["apt::periodic::unattended-upgrade"], "7d");
  EXPECT_EQ(settings["apt::periodic::enable"], "1");
  EXPECT_FALSE(settings.contains("unfinished"));
  for (const std::string_view text : {"{{{{", "}}}};;\"", "/*", "//", "a\"", "\"\"", "a b c d"}) ParseAptConfig(text, settings);
}

TEST(DpkgLog, TheLastUpgradeInLocalTime) {
  constexpr std::string_view kLog =
      "2026-11-20 01:00:00 upgrade bash:amd64 5.2.15-2 5.2.15-3\n"
      "2026-11-22 09:30:00 upgrade libc6:amd64 2.36-9 2.36-10\n"
      "2026-11-22 09:31:00 status installed an upgrade helper\n"
      "2026-11-22 09:32:00 install x <none> 1\n";
  EXPECT_EQ(LastUpgrade(kLog, 7200), absl::FromUnixSeconds(1795332600));
  for (const std::string_view text : {"", " upgrade ", "0000 upgrade x", "2026-11-22T09:30:00 upgrade x", "xxxx-xx-xx 09:30:00 upgrade "}) {
    EXPECT_EQ(LastUpgrade(text, 0), std::nullopt) << text;
  }
}

class UpdatesTest : public testing::Test {
 protected:
  void BeDebian() {
    machine_.files["/var/lib/dpkg/status"] = "";
    machine_.files["/usr/bin/unattended-upgrade"] = "";
    machine_.files["/etc/apt/apt.conf.d/20auto-upgrades"] =
        "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n";
    machine_.tools[Tool::kAptUpgrades] = std::string(kApt);
  }
  void Modify(const std::string& path, std::int64_t seconds) {
    machine_.attributes[path] = {.modified = absl::FromUnixSeconds(seconds)};
  }
  absl::Status Collect() {
    collected_ = {};
    return MakeUpdatesProbe(machine_, updates_)->Collect(collected_);
  }
  std::int64_t Unattended() {
    EXPECT_TRUE(Collect().ok());
    return collected_.Integer("steward_updates_automatic{mechanism=unattended-upgrades}");
  }

  AnsweringPlatform machine_;
  std::shared_ptr<PackageUpdates> updates_ = std::make_shared<PackageUpdates>(machine_);
  Collected collected_;
};

TEST_F(UpdatesTest, AptIsAskedAgainOnlyIfSomethingItReadsHasChanged) {
  BeDebian();
  Modify("/var/lib/dpkg/status", 100);
  Modify("/var/lib/apt/lists", 100);
  ASSERT_TRUE(Collect().ok());
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=security}"), 4);
  EXPECT_EQ(updates_->Ask()->size(), 7u);
  EXPECT_EQ(machine_.asked[Tool::kAptUpgrades], 1);

  machine_.tools[Tool::kAptUpgrades] = std::string();
  Modify("/var/lib/dpkg/status", 200);
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=security}"), 0);
  EXPECT_EQ(machine_.asked[Tool::kAptUpgrades], 2);

  machine_.now += PackageUpdates::kKept;
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(machine_.asked[Tool::kAptUpgrades], 3);
}

TEST_F(UpdatesTest, AnAnswerThatIsNotUnderstoodIsNotKept) {
  BeDebian();
  machine_.tools[Tool::kAptUpgrades] = std::string("Inst cut\n");
  EXPECT_FALSE(Collect().ok());
  machine_.tools[Tool::kAptUpgrades] = std::string(kApt);
  EXPECT_TRUE(Collect().ok());
}

TEST_F(UpdatesTest, OfDebian) {
  BeDebian();
  Modify("/var/lib/apt/lists", 100);
  Modify("/var/lib/apt/periodic/update-success-stamp", 300);
  machine_.files["/var/log/dpkg.log"] = "";
  machine_.files["/var/log/dpkg.log.1"] = "1970-01-01 00:00:42 upgrade a 1 2\n";
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=security}"), 4);
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=other}"), 3);
  EXPECT_EQ(collected_.Integer("steward_updates_refresh_timestamp_seconds"), 300);
  EXPECT_EQ(collected_.Integer("steward_updates_last_upgrade_timestamp_seconds"), 42);
  EXPECT_EQ(collected_.Integer("steward_updates_automatic{mechanism=unattended-upgrades}"), 1);
}

TEST_F(UpdatesTest, AnyMissingPartTurnsUnattendedUpgradesOff) {
  BeDebian();
  machine_.files["/etc/apt/apt.conf.d/30mine"] = "APT::Periodic::Enable \"0\";";
  EXPECT_EQ(Unattended(), 0);
  machine_.files["/etc/apt/apt.conf.d/30mine"] = "APT::Periodic::Update-Package-Lists \"0\";";
  EXPECT_EQ(Unattended(), 0);
  machine_.files.erase("/etc/apt/apt.conf.d/30mine");
  machine_.files["/etc/apt/apt.conf.d/30mine.dpkg-old"] = "APT::Periodic::Enable \"0\";";
  EXPECT_EQ(Unattended(), 1);
  machine_.real_paths["/etc/systemd/system/apt-daily-upgrade.timer"] = "/dev/null";
  EXPECT_EQ(Unattended(), 0);
  machine_.real_paths.clear();
  machine_.files.erase("/usr/bin/unattended-upgrade");
  EXPECT_EQ(Unattended(), 0);
}

TEST_F(UpdatesTest, OfRpmSystems) {
  machine_.tools[Tool::kDnfUpdates] = std::string(kDnf);
  machine_.files["/var/cache/dnf/baseos-0123456789abcdef/repodata/repomd.xml"] = "";
  Modify("/var/cache/dnf/baseos-0123456789abcdef/repodata/repomd.xml", 500);
  machine_.files["/etc/systemd/system/timers.target.wants/dnf-automatic.timer"] = "";
  machine_.files["/etc/dnf/automatic.conf"] = "[commands]\n#apply_updates = no\napply_updates = yes\n";
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=security}"), 2);
  EXPECT_EQ(collected_.Integer("steward_updates_pending{kind=other}"), 3);
  EXPECT_EQ(collected_.Integer("steward_updates_refresh_timestamp_seconds"), 500);
  EXPECT_EQ(collected_.Integer("steward_updates_automatic{mechanism=dnf-automatic}"), 1);
  machine_.files["/etc/dnf/automatic.conf"] = "apply_updates = no\n";
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_updates_automatic{mechanism=dnf-automatic}"), 0);
}

TEST_F(UpdatesTest, WithoutAPackageManagerThereIsNothingAndAFailingOneIsSaid) {
  EXPECT_TRUE(absl::IsNotFound(Collect()));
  BeDebian();
  machine_.tools[Tool::kAptUpgrades] = absl::UnavailableError("apt-get failed with exit code 100");
  EXPECT_TRUE(absl::IsUnavailable(Collect()));
}

}  // namespace
}  // namespace steward::agent
