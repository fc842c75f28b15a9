#include "agent/identity/identity_store.h"

#include <filesystem>
#include <fstream>

#include "agent/identity/machine_key.h"
#include "agent/identity/whole_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_collector.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

class IdentityStoreTest : public testing::Test {
 protected:
  FakeCollector collector_;
  TempDir directory_;
  IdentityStore store_{directory_.path() / "state"};
  Identity identity_ = collector_.NewIdentity("machine-1");
  std::filesystem::path Path(const char* name) const { return store_.directory() / name; }
};

TEST_F(IdentityStoreTest, WhatWasCreatedIsLoaded) {
  identity_.addresses = {"inside:7443", "outside.example:7443"};
  identity_.site = "office \"north\"";
  ASSERT_TRUE(store_.Create(identity_).ok());
  const auto loaded = store_.Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->machine_id, "machine-1");
  EXPECT_EQ(loaded->addresses, identity_.addresses);
  EXPECT_EQ(loaded->site, identity_.site);
  EXPECT_EQ(loaded->key_pem, identity_.key_pem);
}

TEST_F(IdentityStoreTest, TheKeyIsReadableForItsOwnerAlone) {
  ASSERT_TRUE(store_.Create(identity_).ok());
  const auto mode = std::filesystem::status(Path("machine.key")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::filesystem::status(store_.directory()).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(IdentityStoreTest, AMachineThatIsNotEnrolledIsToldHow) {
  const auto loaded = store_.Load();
  EXPECT_TRUE(absl::IsNotFound(loaded.status()));
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("steward-agent enroll TOKEN"));
}

TEST_F(IdentityStoreTest, ASecondIdentityIsNotWrittenOverTheFirst) {
  ASSERT_TRUE(store_.Create(identity_).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(store_.Create(collector_.NewIdentity("machine-2"))));
  EXPECT_EQ(store_.Load()->machine_id, "machine-1");
}

TEST_F(IdentityStoreTest, AnInterruptedEnrolmentLeavesNothingBehind) {
  std::filesystem::create_directories(directory_.path() / "state" / "identity.new");
  std::filesystem::create_directories(store_.directory());
  EXPECT_FALSE(store_.Exists());
  EXPECT_TRUE(store_.Create(identity_).ok());
  EXPECT_TRUE(store_.Load().ok());
}

TEST_F(IdentityStoreTest, DamagedFilesAreNamedWithWhatToDo) {
  for (const char* name : {"identity.json", "machine.key", "machine.crt", "ca.crt"}) {
    std::filesystem::remove_all(store_.directory());
    ASSERT_TRUE(store_.Create(identity_).ok());
    std::ofstream(Path(name)) << "garbage";
    const auto loaded = store_.Load();
    EXPECT_TRUE(absl::IsFailedPrecondition(loaded.status())) << name;
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("enrol this machine again")) << name;
    std::filesystem::remove(Path(name));
    EXPECT_FALSE(store_.Load().ok()) << name;
  }
}

TEST_F(IdentityStoreTest, ARenewalInterruptedBetweenItsRenamesIsFinishedByTheNextStart) {
  ASSERT_TRUE(store_.Create(identity_).ok());
  const Identity renewed = collector_.NewIdentity("machine-1");
  // Before the certificate's rename: the old pair counts.
  ASSERT_TRUE(WriteWholeFile(Path("machine.key.new"), renewed.key_pem).ok());
  EXPECT_EQ(store_.Load()->key_pem, identity_.key_pem);
  // After it: the new pair.
  ASSERT_TRUE(WriteWholeFile(Path("machine.crt"), renewed.certificate_pem).ok());
  EXPECT_EQ(store_.Load()->key_pem, renewed.key_pem);
  EXPECT_EQ(store_.Load()->key_pem, renewed.key_pem) << "and again";
}

TEST_F(IdentityStoreTest, ARenewedPairReplacesTheOldOne) {
  ASSERT_TRUE(store_.Create(identity_).ok());
  const Identity renewed = collector_.NewIdentity("machine-1");
  ASSERT_TRUE(store_.ReplaceCertificate(renewed.key_pem, renewed.certificate_pem).ok());
  EXPECT_EQ(store_.Load()->certificate_pem, renewed.certificate_pem);
  EXPECT_FALSE(store_.ReplaceCertificate(identity_.key_pem, renewed.certificate_pem).ok());
}

}  // namespace
}  // namespace steward::agent
