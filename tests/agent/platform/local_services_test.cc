// Services are asked only while they run, and root hands on no more of a certificate's file than the certificate.
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/platform/linux/tools/certificates.h"
#include "agent/platform/linux/tools/firmware_upgrades.h"
#include "agent/platform/linux/tools/printers.h"
#include "agent/platform/linux/tools/service_state.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

class LocalServicesTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const fs::path file = root_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  RootedFiles Files() { return RootedFiles(root_.path().string()); }
  TempDir root_;
};

TEST_F(LocalServicesTest, WhatSystemdHasNotStartedIsNotAsked) {
  EXPECT_FALSE(IsSystemd(Files()));
  fs::create_directories(root_.path() / "run/systemd/system");
  EXPECT_TRUE(IsSystemd(Files()));
  EXPECT_FALSE(IsRunning(Files(), "cups.service"));
  Write("sys/fs/cgroup/system.slice/cups.service/cgroup.procs", "12\n");
  EXPECT_TRUE(IsRunning(Files(), "cups.service"));
  EXPECT_FALSE(IsRunning(Files(), "fwupd.service"));
}

TEST_F(LocalServicesTest, WithoutTheirProgramsTheyAreNoSourceAndAsleepTheySayNothing) {
  EXPECT_TRUE(absl::IsNotFound(AskPrinters(Files(), absl::Seconds(5)).status()));
  EXPECT_TRUE(absl::IsNotFound(AskFirmwareUpgrades(Files(), absl::Seconds(5)).status()));
  fs::create_directories(root_.path() / "run/systemd/system");
  Write("usr/bin/lpstat", "");
  Write("usr/bin/fwupdmgr", "");
  Write("run/cups/cups.sock", "");
  const auto printers = AskPrinters(Files(), absl::Seconds(5));
  ASSERT_TRUE(printers.ok()) << printers.status();
  EXPECT_EQ(*printers, "");
  const auto firmware = AskFirmwareUpgrades(Files(), absl::Seconds(5));
  ASSERT_TRUE(firmware.ok()) << firmware.status();
  EXPECT_EQ(*firmware, "");
}

TEST_F(LocalServicesTest, OfACertificatesFileTheKeyStaysBehind) {
  EXPECT_EQ(*AskCertificates(Files()), "");
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  Write("etc/letsencrypt/live/www/cert.pem", "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n" + certificate +
                                                 "\n-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n");
  Write("etc/letsencrypt/live/cut/cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
  Write("etc/letsencrypt/live/README", "SECRET");
  const auto answer = AskCertificates(Files());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "/etc/letsencrypt/live/www/cert.pem\n" + certificate + "\n");
}

}  // namespace
}  // namespace steward::agent
