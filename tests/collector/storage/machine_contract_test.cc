// Machines and tokens.
#include <string>
#include <vector>

#include "tests/collector/storage/storage_kinds.h"

namespace steward::collector {
namespace {

using MachineContract = StorageContract;

TEST_P(MachineContract, GivesAMachineBackAsItWasPut) {
  MachineRecord machine = TestMachine();
  machine.state = MachineState::kRetired;
  machine.last_seen_time = At(44);
  machine.continued_as = kOtherMachine;
  PutMachine(machine);
  const auto stored = Read([](StorageReader& r) { return r.GetMachine(kMachine); });
  EXPECT_EQ(stored->id, machine.id);
  EXPECT_EQ(stored->host_name, machine.host_name);
  EXPECT_EQ(stored->instance, machine.instance);
  EXPECT_EQ(stored->site, machine.site);
  EXPECT_EQ(stored->machine_class, machine.machine_class);
  EXPECT_EQ(stored->state, machine.state);
  EXPECT_EQ(stored->hardware_fingerprint, machine.hardware_fingerprint);
  EXPECT_EQ(stored->operating_system, machine.operating_system);
  EXPECT_EQ(stored->agent_version, machine.agent_version);
  EXPECT_EQ(stored->address, machine.address);
  EXPECT_EQ(stored->enrolled_time, machine.enrolled_time);
  EXPECT_EQ(stored->certificate_expire_time, machine.certificate_expire_time);
  EXPECT_EQ(stored->last_seen_time, machine.last_seen_time);
  EXPECT_EQ(stored->interval, machine.interval);
  EXPECT_EQ(stored->continued_as, machine.continued_as);
}

TEST_P(MachineContract, ListsMachinesByHostNameThenId) {
  MachineRecord second = TestMachine(kOtherMachine, "alpha");
  second.instance = "alpha-99999999";
  PutMachine(second);
  PutMachine();
  PutMachine(TestMachine("00000000-2222-4333-8444-555555555555", "beta"));
  const auto machines = Read([](StorageReader& r) { return r.ListMachines(); });
  ASSERT_EQ(machines->size(), 3u);
  EXPECT_EQ((*machines)[0].id, kMachine);
  EXPECT_EQ((*machines)[1].id, kOtherMachine);
  EXPECT_EQ((*machines)[2].host_name, "beta");
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetMachine("x"); }).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(MachineContract, GivesAnInstanceToOneActiveMachineOnly) {
  PutMachine();
  MachineRecord second = TestMachine(kOtherMachine, "alpha");
  const auto put = [&] { return Write([&](StorageTransaction& t) { return t.PutMachine(second); }); };
  EXPECT_EQ(put().code(), absl::StatusCode::kAlreadyExists);
  second.state = MachineState::kRetired;
  EXPECT_TRUE(put().ok());
  second.state = MachineState::kActive;
  second.instance = "";
  EXPECT_TRUE(put().ok());
}

TEST_P(MachineContract, FindsTokensByIdAndBySecret) {
  const auto make_token = [](const std::string& id, double created) {
    TokenRecord token;
    token.id = id;
    token.kind = TokenKind::kApi;
    token.secret_sha256 = std::string(31, '\0') + id.back();
    token.site = "main";
    token.machine_class = "laptop";
    token.role = "viewer";
    token.uses_allowed = 5;
    token.uses = 2;
    token.created_time = At(created);
    token.revoked = true;
    return token;
  };
  for (const auto& record : {make_token("t1", 10), make_token("t2", 20)}) {
    ASSERT_TRUE(Write([&](StorageTransaction& t) { return t.PutToken(record); }).ok());
  }
  const auto found = Read([](StorageReader& r) { return r.FindTokenBySecret(std::string(31, '\0') + "1"); });
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->id, "t1");
  EXPECT_EQ(found->kind, TokenKind::kApi);
  EXPECT_EQ(found->site, "main");
  EXPECT_EQ(found->machine_class, "laptop");
  EXPECT_EQ(found->role, "viewer");
  EXPECT_EQ(found->uses_allowed, 5u);
  EXPECT_EQ(found->uses, 2u);
  EXPECT_EQ(found->created_time, At(10));
  EXPECT_EQ(found->expire_time, absl::InfiniteFuture());
  EXPECT_TRUE(found->revoked);
  EXPECT_EQ(Read([](StorageReader& r) { return r.ListTokens(); })->front().id, "t2");
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetToken("t2"); })->created_time, At(20));
  EXPECT_EQ(Read([](StorageReader& r) { return r.GetToken("t3"); }).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Read([](StorageReader& r) { return r.FindTokenBySecret("x"); }).status().code(),
            absl::StatusCode::kNotFound);
}

INSTANTIATE_TEST_SUITE_P(Every, MachineContract, testing::ValuesIn(StorageKinds()), KindName);

}  // namespace
}  // namespace steward::collector
