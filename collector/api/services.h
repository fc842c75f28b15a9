// The services of the management API. Each Add... registers one service's methods; a new method is one line in there.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/api/channel_tester.h"
#include "collector/api/rpc_table.h"
#include "collector/coverage/account.h"
#include "collector/identity/machine_registry.h"
#include "collector/identity/token_service.h"
#include "collector/issues/issue_desk.h"
#include "collector/latest/latest.h"
#include "collector/policy/policy_desk.h"
#include "collector/policy/window_desk.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Points of one samples query; more is refused with what to do instead.
inline constexpr std::size_t kSamplePointsMax = 500'000;
inline constexpr std::size_t kChangesShown = 200;
inline constexpr std::size_t kDeliveriesShown = 500;

// What ingest has done so far.
struct IngestProgress {
  std::uint64_t samples_total = 0;  // since the start
  double samples_per_second = 0;    // over the last minute
  absl::Time last_commit_time = absl::InfinitePast();
};

struct CollectorFacts {
  std::string version;
  std::string agents_address;  // host:port
  std::string http_address;    // with scheme
};

// The last `count` days of a machine's coverage record. On the calling thread.
using CoverageDays =
    std::function<absl::StatusOr<std::vector<CoverageDay>>(StorageReader& reader, const MachineRecord& machine, int count)>;

// References outlive the table and every call under way. Storage is read on the calling thread.
// Without `coverage` none is shown.
void AddMachineService(const Clock& clock, const Latest& latest, Storage& storage, MachineRegistry& machines, RpcTable& rpc,
                       CoverageDays coverage = {});
void AddTokenService(TokenService& tokens, RpcTable& rpc);
void AddIssueService(Storage& storage, IssueDesk& desk, RpcTable& rpc);
void AddWindowService(Storage& storage, WindowDesk& desk, RpcTable& rpc);
void AddPolicyService(PolicyDesk& desk, RpcTable& rpc);
void AddAuditService(Storage& storage, RpcTable& rpc);
void AddSampleService(const Clock& clock, Storage& storage, RpcTable& rpc);
void AddChannelService(Storage& storage, ChannelTester& channels, RpcTable& rpc);
// `progress` and `facts` are called on the HTTP thread.
void AddStatusService(const Latest& latest, Storage& storage, std::function<IngestProgress()> progress,
                      std::function<CollectorFacts()> facts, RpcTable& rpc);

}  // namespace steward::collector
