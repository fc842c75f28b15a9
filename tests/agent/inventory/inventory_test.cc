// The inventory's parsers from text, and what recorded machines say about themselves.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/inventory/bundle.h"
#include "agent/inventory/inventory.h"
#include "agent/inventory/job.h"
#include "agent/inventory/package.h"
#include "agent/inventory/peripheral.h"
#include "agent/inventory/power.h"
#include "agent/inventory/processor.h"
#include "agent/inventory/service.h"
#include "agent/inventory/smbios.h"
#include "agent/inventory/update.h"
#include "agent/inventory/user.h"
#include "agent/inventory/volume.h"
#include "agent/platform/platform.h"
#include "agent/probes/package_updates.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

std::string Value(const std::vector<Fact>& facts, const std::string& key) {
  for (const Fact& fact : facts) {
    if (fact.key == key) return fact.value;
  }
  return "(none)";
}

std::unique_ptr<Platform> Recorded(const std::string& machine) {
  auto platform = NewRecordedPlatform(STEWARD_SOURCE_DIR "/tests/fixtures/linux/" + machine);
  EXPECT_TRUE(platform.ok()) << platform.status();
  return *std::move(platform);
}

TEST(Dpkg, OnlyWhatIsInstalledAndAForeignArchitectureApart) {
  std::vector<Fact> facts;
  ParseDpkgStatus(
      "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: x\n Package: no\n\n"
      "Package: b\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 2\n\n\n"
      "Package: d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5\n\n"
      "Package: a\nStatus: install ok installed\nArchitecture: i386\nVersion: 3\n\n"
      "Package: c\nStatus: hold ok installed\nArchitecture: all\nVersion: 4",
      facts);
  EXPECT_EQ(facts.size(), 4u);
  EXPECT_EQ(Value(facts, "a"), "1");
  EXPECT_EQ(Value(facts, "a:i386"), "3");
  EXPECT_EQ(Value(facts, "b"), "(none)");
  EXPECT_EQ(Value(facts, "c"), "4");
}

TEST(Rpm, VersionsOfOneNameStandTogether) {
  std::vector<Fact> facts;
  ParseRpmList("kernel\t5.1-1\tx86_64\tv\nkernel\t5.1-2\tx86_64\tv\nbash\t5\nnonsense\n\t1\ngpg-pubkey\t1-1\n", facts);
  EXPECT_EQ(facts.size(), 2u);
  EXPECT_EQ(Value(facts, "kernel"), "5.1-1, 5.1-2");
}

TEST(RpmList, APackageOfASecondArchitectureGoesByItsName) {
  std::vector<Fact> facts;
  ParseRpmList(
      "glibc\t2.41-11\ti686\tv\nglibc\t2.41-11\tx86_64\tv\nbash\t5.2-1\tx86_64\tv\n"
      "tzdata\t2025b-1\tnoarch\tv\n",
      facts);
  EXPECT_EQ(facts.size(), 4u);
  EXPECT_EQ(Value(facts, "glibc"), "2.41-11");
  EXPECT_EQ(Value(facts, "glibc.i686"), "2.41-11") << "as dnf calls its update";
  EXPECT_EQ(Value(facts, "tzdata"), "2025b-1");
}

TEST(Apk, EachStanzaIsAPackage) {
  std::vector<Fact> facts;
  ParseApkDatabase("C:Q1x=\nP:busybox\nV:1.36.1-r29\nA:x86_64\n\nP:musl\nV:1.2.5-r0\n\n\nV:9\n\nP:cut", facts);
  EXPECT_EQ(facts.size(), 2u);
  EXPECT_EQ(Value(facts, "busybox"), "1.36.1-r29");
  EXPECT_EQ(Value(facts, "musl"), "1.2.5-r0");
}

TEST(Bundles, SnapsByVersionAndFlatpaksByBranchAndCommit) {
  AnsweringPlatform machine;
  machine.files["/snap/README"] = "x";
  machine.files["/snap/bin/firefox"] = "x";
  machine.files["/snap/firefox/current/meta/snap.yaml"] = "name: firefox\nversion: '131.0-2'\nsummary: x\n";
  machine.files["/snap/core22/current/meta/snap.yaml"] = "name: core22\nversion: 20240823\n";
  machine.files["/var/lib/flatpak/app/org.gimp.GIMP/current/active/metadata"] = "x";
  machine.real_paths["/var/lib/flatpak/app/org.gimp.GIMP/current/active"] =
      "/var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/3f2a1c0b9d8e7f6a5b4c";
  std::vector<Fact> facts;
  AddBundles(machine, facts);
  EXPECT_EQ(facts.size(), 3u);
  EXPECT_EQ(Value(facts, "snap:firefox"), "131.0-2");
  EXPECT_EQ(Value(facts, "snap:core22"), "20240823");
  EXPECT_EQ(Value(facts, "flatpak:org.gimp.GIMP"), "stable 3f2a1c0b9d8e");
}

TEST(Accounts, PeopleAndAdministratorsWithoutFullNames) {
  LocalAccounts all;
  all.accounts = ParsePasswd(
      "root:x:0:0:root:/root:/bin/bash\nmaria:x:1000:1000:Maria M:/home/maria:/bin/bash\n"
      "daemon:x:1:1::/:/usr/sbin/nologin\ntoor:x:0:0::/root:/bin/sh\nbroken\n:x:1:1::/:/bin/sh\n"
      "jaan:x:1001:1001::/:/bin/sh\n");
  AddGroups("sudo:x:27:x,maria\n", all.accounts);
  AddShadowState("maria\tset\t19800\njaan\tlocked\t0\n", all.accounts);
  all.root_keys = {{"SHA256:abc", "ops"}};
  all.knows_logins = true;
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  all.accounts[1].last_login = now - absl::Hours(24);
  all.accounts.back().last_login = now - absl::Hours(24 * 100);
  std::vector<Fact> facts;
  AddAccountFacts(all, now, facts);
  EXPECT_EQ(Value(facts, "maria/privileged_by"), "group sudo");
  EXPECT_EQ(Value(facts, "maria/password_changed"), "2024-03-18");
  EXPECT_EQ(Value(facts, "maria/last_login"), "within 30 days") << "no diary of anybody's days";
  EXPECT_EQ(Value(facts, "jaan/last_login"), "2026-10-07");
  EXPECT_EQ(Value(facts, "jaan/password"), "locked");
  EXPECT_EQ(Value(facts, "root/ssh_key/SHA256:abc"), "ops");
  EXPECT_EQ(Value(facts, "maria/administrator"), "yes");
  EXPECT_EQ(Value(facts, "toor/administrator"), "yes");
  EXPECT_EQ(Value(facts, "daemon/uid"), "(none)");
  for (const Fact& fact : facts) EXPECT_EQ(fact.value.find("Maria M"), std::string::npos);
}

TEST(UnitFile, TheProgramWithoutItsArguments) {
  const UnitFile unit = ParseUnitFile(
      "[Unit]\nUser=nobody\n[Service]\nExecStartPre=/bin/x\nExecStart=-!/usr/sbin/app --password=secret\n"
      "ExecStart=/second\nUser= app \n[Install]\nUser=other\n");
  EXPECT_EQ(unit.program, "/usr/sbin/app");
  EXPECT_EQ(unit.account, "app");
}

TEST(UnitFile, WhenATimerElapses) {
  const UnitFile unit = ParseUnitFile(
      "[Unit]\nOnFailure=mail.service\n[Timer]\nOnBootSec=5min\nOnCalendar=\nOnCalendar=*-*-* 6:00\nRandomizedDelaySec=1h\n[Install]\nX=1\n");
  EXPECT_EQ(unit.schedule, "OnBootSec=5min, OnCalendar=*-*-* 6:00");
}

TEST(Crontab, JobsWithTheirProgramButNoArguments) {
  std::vector<Fact> facts;
  ParseCrontab("/etc/cron.d/x",
               "# m h\nSHELL=/bin/sh\nMAILTO = \"\"\n\n17 *\t* * *   root cd / && run-parts\n@daily www-data /usr/bin/tool --password=secret\n"
               "*/5 1-3 * * mon backup\n1 2 3\n@reboot\n09,39 * * * * root [ -x /x ] && /x\n\xff\x01\n",
               facts);
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(Value(facts, "/etc/cron.d/x/1"), "17 * * * * root");
  EXPECT_EQ(Value(facts, "/etc/cron.d/x/2"), "@daily www-data /usr/bin/tool");
  EXPECT_EQ(Value(facts, "/etc/cron.d/x/3"), "09,39 * * * * root");
}

TEST(Updates, AFactAPackageThatWaits) {
  auto machine = Recorded("file-server");
  std::vector<Fact> facts;
  ASSERT_TRUE(MakeUpdateInventory(*machine, std::make_shared<PackageUpdates>(*machine))->Collect(facts).ok());
  EXPECT_EQ(Value(facts, "bash"), "5.1.8-9.el9 -> 5.1.8-10.el9");
  EXPECT_EQ(Value(facts, "kernel"), "5.14.0-362.el9, 5.14.0-427.el9 -> 5.14.0-503.11.1.el9_5 (security)");
  EXPECT_EQ(Value(facts, "tzdata"), "-> 2024b-2.el9");
  facts.clear();
  machine = Recorded("cloud-vm");
  ASSERT_TRUE(MakeUpdateInventory(*machine, std::make_shared<PackageUpdates>(*machine))->Collect(facts).ok());
  EXPECT_EQ(Value(facts, "liblzma5"), "5.4.1-1 -> 5.4.1-1+deb12u2 (security)");
}

TEST(Cpuinfo, CountsSocketsCoresAndThreads) {
  const Processor processor = ParseCpuinfo(
      "processor\t: 0\nmodel name\t: X\nphysical id\t: 0\ncore id\t: 0\n\nprocessor\t: 1\nphysical id\t: 0\n"
      "core id\t: 0\n\nprocessor\t: 2\nphysical id\t: 1\ncore id\t: 0\n");
  EXPECT_EQ(processor.threads, 3);
  EXPECT_EQ(processor.sockets, 2);
  EXPECT_EQ(processor.cores, 2);
}

TEST(Smbios, StopsAtACutStructure) {
  EXPECT_TRUE(ParseMemoryModules("").modules.empty());
  EXPECT_TRUE(ParseMemoryModules(std::string("\x11\xc8\0\0\1\2", 6)).modules.empty());
  EXPECT_TRUE(ParseMemoryModules(std::string("\x11\x02\0\0\0\0", 6)).modules.empty());
  EXPECT_TRUE(ParseMemoryModules(std::string("\x11\x04\0\0ab", 6)).modules.empty());
}

TEST(Arrays, LevelAndMembers) {
  std::vector<Fact> facts;
  ParseArrays("Personalities : [raid1]\nmd0 : active raid1 sdb1[1](F) sda1[0]\n  1 blocks\n", facts);
  EXPECT_EQ(Value(facts, "md0/level"), "raid1");
  EXPECT_EQ(Value(facts, "md0/members"), "sda1, sdb1");
}

// A base block by VESA's layout; `tail` goes into the last two descriptors.
std::string Edid(const std::string& tail) {
  std::string edid("\x00\xff\xff\xff\xff\xff\xff\x00\x10\xac\xc4\xa0\x4c\x31\x32\x30\x05\x1d\x01\x04\xa5\x3c\x22", 23);
  edid.resize(90, '\x01');
  edid += tail;
  edid.resize(127, '\0');
  unsigned sum = 0;
  for (const char byte : edid) sum += static_cast<unsigned char>(byte);
  edid += static_cast<char>(256 - sum % 256);
  return edid;
}

TEST(Edid, WhatADisplaySaysOfItself) {
  const auto display = ParseEdid(Edid(std::string("\0\0\0\xff\0" "7MT0186B1SCL\n", 18) + std::string("\0\0\0\xfc\0" "DELL U2719D\n ", 18)));
  ASSERT_TRUE(display.has_value());
  EXPECT_EQ(display->maker, "DEL");
  EXPECT_EQ(display->model, "DELL U2719D");
  EXPECT_EQ(display->serial, "7MT0186B1SCL");
  EXPECT_EQ(display->year, 2019);
  EXPECT_EQ(display->width_cm, 60);
  EXPECT_EQ(display->height_cm, 34);
}

TEST(Edid, NumbersStandInWhereThereAreNoTexts) {
  const auto display = ParseEdid(Edid(""));
  ASSERT_TRUE(display.has_value());
  EXPECT_EQ(display->model, "a0c4");
  EXPECT_EQ(display->serial, "808595788");
}

TEST(Edid, CutOrChangedIsNone) {
  const std::string edid = Edid("");
  EXPECT_FALSE(ParseEdid("").has_value());
  EXPECT_FALSE(ParseEdid(edid.substr(0, 127)).has_value());
  for (const std::size_t at : {0u, 9u, 60u, 127u}) {
    std::string changed = edid;
    changed[at] ^= '\x10';
    EXPECT_FALSE(ParseEdid(changed).has_value()) << at;
  }
  EXPECT_TRUE(ParseEdid(edid + std::string(128, '\xff')).has_value()) << "what follows are extensions";
}

TEST(Ups, WhatItIsWithoutWhatItMeasures) {
  std::vector<Fact> facts;
  ParseUpsFacts(
      "UPS rack \"Rack\"\nVAR rack battery.charge \"99\"\nVAR rack ups.mfr \"EATON\"\nVAR rack device.model \"5P\"\n"
      "VAR rack battery.mfr.date \"2019/05/31\"\nVAR other ups.model \"x\"\nVAR rack\nUPS\nUPS dead \"\"\nERR dead DRIVER-NOT-CONNECTED\n",
      facts);
  EXPECT_EQ(facts.size(), 3u);
  EXPECT_EQ(Value(facts, "rack/maker"), "EATON");
  EXPECT_EQ(Value(facts, "rack/battery_date"), "2019/05/31");
}

class FailingSource final : public InventorySource {
 public:
  std::string_view group() const override { return "disk"; }
  absl::Status Collect(std::vector<Fact>& facts) override {
    facts = {{"b", "2"}, {"a", "1"}, {"b", "3"}};
    return absl::PermissionDeniedError("not permitted: the rest");
  }
};

TEST(CollectInventory, SortsDropsRepeatsAndKeepsWhatCameBeforeAnError) {
  std::vector<std::unique_ptr<InventorySource>> sources;
  sources.push_back(std::make_unique<FailingSource>());
  const std::vector<InventoryGroup> groups = CollectInventory(sources);
  ASSERT_EQ(groups.size(), 1u);
  ASSERT_EQ(groups[0].facts.size(), 2u);
  EXPECT_EQ(groups[0].facts[0].key, "a");
  EXPECT_EQ(groups[0].facts[1].value, "2");
  EXPECT_EQ(groups[0].note, "not permitted: the rest");
}

TEST(MachineIdentity, ClassFollowsTheRoleThenTheChassis) {
  const auto laptop = Recorded("laptop");
  const MachineIdentity identity = ReadMachineIdentity(*laptop);
  EXPECT_EQ(identity.host_name, "nb-maria");
  EXPECT_EQ(identity.machine_class, "laptop");
  EXPECT_EQ(identity.operating_system, "Ubuntu 24.04.1 LTS");
  EXPECT_EQ(ReadMachineIdentity(*Recorded("file-server")).machine_class, "server");
  EXPECT_EQ(ReadMachineIdentity(*Recorded("cloud-vm")).machine_class, "server");
}

TEST(MachineIdentity, FingerprintIsStableAndTellsMachinesApart) {
  const HardwareFingerprint laptop = ReadMachineIdentity(*Recorded("laptop")).hardware;
  EXPECT_EQ(laptop.with_serials.size(), 64u);
  EXPECT_EQ(laptop.of_addresses.size(), 64u);
  EXPECT_NE(laptop.with_serials, laptop.of_addresses);
  const HardwareFingerprint again = ReadMachineIdentity(*Recorded("laptop")).hardware;
  EXPECT_EQ(laptop.with_serials, again.with_serials);
  EXPECT_EQ(laptop.of_addresses, again.of_addresses);
  const HardwareFingerprint other = ReadMachineIdentity(*Recorded("file-server")).hardware;
  EXPECT_NE(laptop.with_serials, other.with_serials);
  EXPECT_NE(laptop.of_addresses, other.of_addresses);
}

TEST(Inventory, SerialsByRootAndTheDayOfInstallation) {
  const TempDir directory;
  const auto write = [&](const std::string& file, std::string_view text) {
    std::filesystem::create_directories((directory.path() / file).parent_path());
    std::ofstream(directory.path() / file, std::ios::binary) << text;
  };
  write("steward/syscalls.json", R"({
    "file_errors": {"/sys/class/dmi/id/product_serial": {"error": "PERMISSION_DENIED", "message": "x"}},
    "tools": {"dmi-serials": {"output": "product_serial\tPF1ABCDE\nother\tx\ncut\n"}},
    "attributes": {"/etc/machine-id": {"kind":0,"mode":292,"user":0,"group":0,"bytes":33,"modified_ns":1700000000000000000}}})");
  auto platform = NewRecordedPlatform(directory.path().string());
  ASSERT_TRUE(platform.ok()) << platform.status();
  auto sources = MakeInventorySources(**platform, std::make_shared<PackageUpdates>(**platform));
  const std::vector<InventoryGroup> groups = CollectInventory(sources);
  EXPECT_EQ(Value(groups[0].facts, "serial"), "PF1ABCDE");
  EXPECT_EQ(groups[0].note, "");
  EXPECT_EQ(Value(groups[1].facts, "install_date"), "2023-11-14");
}

TEST(Inventory, ReadsTheRecordedLaptop) {
  const auto platform = Recorded("laptop");
  auto sources = MakeInventorySources(*platform, std::make_shared<PackageUpdates>(*platform));
  const std::vector<InventoryGroup> groups = CollectInventory(sources);
  std::vector<Fact> facts;
  std::string names;
  for (const InventoryGroup& group : groups) {
    names += group.group + " ";
    for (const Fact& fact : group.facts) facts.push_back({group.group + "|" + fact.key, fact.value});
  }
  EXPECT_EQ(names, "identity os processor memory disk volume network package user service job update power peripheral "
            "listener posture firmware ");
  EXPECT_EQ(Value(facts, "identity|chassis"), "notebook");
  EXPECT_EQ(Value(facts, "identity|virtual"), "no");
  EXPECT_EQ(Value(facts, "memory|ChannelA-DIMM0/size_bytes"), "8589934592");
  EXPECT_EQ(Value(facts, "memory|slots_free"), "1");
  EXPECT_EQ(Value(facts, "volume|/encrypted"), "yes");
  EXPECT_EQ(Value(facts, "volume|/uuid"), "aaaabbbb-1111-2222-3333-ccccddddeeee");
  EXPECT_EQ(Value(facts, "volume|/boot/encrypted"), "no");
  EXPECT_EQ(Value(facts, "network|gateway"), "192.0.2.1");
  EXPECT_EQ(Value(facts, "network|dns"), "192.0.2.1, 2001:db8::1");
  EXPECT_EQ(Value(facts, "network|wlp2s0/kind"), "wireless");
  EXPECT_EQ(Value(facts, "network|wlp2s0/addresses"), "192.0.2.44/24") << "privacy addresses change daily";
  EXPECT_EQ(Value(facts, "disk|sda/size_bytes"), "(none)") << "a card reader without a card is no disk";
  EXPECT_EQ(Value(facts, "user|maria/administrator"), "yes");
  EXPECT_EQ(Value(facts, "service|getty@tty1.service/program"), "/sbin/agetty");
  EXPECT_EQ(Value(facts, "firmware|secure_boot"), "on");
  EXPECT_EQ(Value(facts, "firmware|tpm_version"), "2.0");
  EXPECT_EQ(Value(facts, "power|BAT0/design_capacity_wh"), "57.0");
  EXPECT_EQ(Value(facts, "power|BAT0/full_capacity_percent_at_least"), "70");
  EXPECT_EQ(Value(facts, "power|BAT0/cycles_at_least"), "300") << "the very number changes daily";
  EXPECT_EQ(Value(facts, "peripheral|display/DEL-7MT0186B1SCL/model"), "DELL U2719D");
  EXPECT_EQ(Value(facts, "peripheral|display/eDP-1/model"), "243d") << "no serial number: known by its socket";
  EXPECT_EQ(Value(facts, "peripheral|printer/VNB3K11111/model"), "HP LaserJet M110w");
}

}  // namespace
}  // namespace steward::agent
