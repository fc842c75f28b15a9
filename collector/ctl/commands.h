// What each command of stewardctl does once its arguments are read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/ctl/api_client.h"
#include "steward/v1/management.pb.h"
#include "steward/v1/window.pb.h"

namespace steward::collector {

// What every command gets.
struct CtlContext {
  const ApiClient& api;
  std::ostream& out;    // what was asked for; a program may read it
  std::ostream& notes;  // what only a person needs to know
  bool json = false;
  bool colours = false;
  absl::Time now;
};

// A command whose arguments are read.
using Run = std::function<absl::Status(const CtlContext&)>;

struct TokenCreateArguments {
  std::string site;
  std::string machine_class;
  std::uint32_t uses = 1;
  std::optional<absl::Duration> expires;
  std::vector<std::string> addresses;
  bool api = false;
  std::string role;
};
absl::Status TokenCreate(const CtlContext& context, const TokenCreateArguments& arguments);
absl::Status TokenList(const CtlContext& context);
absl::Status TokenRevoke(const CtlContext& context, const std::string& id);

absl::Status Machines(const CtlContext& context, bool include_retired);
absl::Status MachineShow(const CtlContext& context, const std::string& machine, std::uint32_t days);
// `as` empty: the one that it may be.
absl::Status MachineApprove(const CtlContext& context, const std::string& machine, const std::string& as);
absl::Status MachineWatched(const CtlContext& context, const std::string& machine);
absl::Status MachineRetire(const CtlContext& context, const std::string& machine, const std::string& reason);
absl::Status MachineDelete(const CtlContext& context, const std::string& machine, const std::string& reason, bool retire);

struct IssuesArguments {
  bool all = false;  // those that are over too
  std::string machine;
  std::string type;
};
absl::Status Issues(const CtlContext& context, const IssuesArguments& arguments);
absl::Status IssueShow(const CtlContext& context, const std::string& id);

absl::Status IssueAct(const CtlContext& context, const v1::ActOnIssueRequest& request);
absl::Status IssueCreate(const CtlContext& context, const v1::CreateIssueRequest& request);
absl::Status IssueDrill(const CtlContext& context, const v1::DrillIssueRequest& request);

// Of a site, or all.
absl::Status FindingsList(const CtlContext& context, const std::string& site);
// One after the other, until one is refused.
absl::Status FindingsRelease(const CtlContext& context, const std::vector<v1::ReleaseFindingsRequest>& requests);

absl::Status WindowAdd(const CtlContext& context, const v1::AddWindowRequest& request);
absl::Status WindowList(const CtlContext& context, bool all);
absl::Status WindowConfirm(const CtlContext& context, const v1::ConfirmWindowRequest& request);
absl::Status WindowRemove(const CtlContext& context, const v1::RemoveWindowRequest& request);

// All entries as lines of JSON.
absl::Status AuditExport(const CtlContext& context);
// Of the collector's trail, or of an export. FailedPrecondition: it is not as it was written; the output says where.
absl::Status AuditVerify(const CtlContext& context, const std::string& file);

struct SamplesArguments {
  std::string machine;
  std::string metric;
  std::optional<absl::Time> from;
  std::optional<absl::Time> to;
  std::optional<absl::Duration> step;
  std::string function;
  struct Matcher {
    std::string name;
    std::string op;  // =, !=, =~, !~
    std::string value;
  };
  std::vector<Matcher> labels;
};
absl::Status Samples(const CtlContext& context, const SamplesArguments& arguments);

absl::Status ChannelTest(const CtlContext& context, const std::string& channel);
absl::Status Deliveries(const CtlContext& context, const std::string& state);
absl::Status DeliveryRetry(const CtlContext& context, const std::string& key, const std::string& channel);

absl::Status CollectorStatus(const CtlContext& context);

}  // namespace steward::collector
