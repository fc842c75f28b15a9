#include "collector/api/caller.h"

#include "base/text.h"
#include "collector/audit/audit_note.h"
#include "collector/issues/actor.h"

namespace steward::collector {
namespace {

struct Right {
  std::string_view method;
  bool owner, it_manager, partner, viewer;
};

// clang-format off
constexpr Right kRights[] = {
    //                                                   owner  it-manager partner viewer
    {"steward.v1.MachineService.ListMachines",           true,  true,      true,   true},
    {"steward.v1.MachineService.GetMachine",             true,  true,      true,   true},
    {"steward.v1.MachineService.RetireMachine",          true,  true,      false,  false},
    {"steward.v1.MachineService.ApproveMachine",         true,  true,      false,  false},
    {"steward.v1.MachineService.DeleteMachine",          true,  true,      false,  false},
    {"steward.v1.TokenService.CreateEnrollmentToken",    true,  true,      true,   false},
    {"steward.v1.TokenService.CreateApiToken",           true,  false,     false,  false},
    {"steward.v1.TokenService.ListTokens",               true,  true,      false,  false},
    {"steward.v1.TokenService.RevokeToken",              true,  true,      false,  false},
    {"steward.v1.IssueService.ListIssues",               true,  true,      true,   true},
    {"steward.v1.IssueService.GetIssue",                 true,  true,      true,   true},
    {"steward.v1.IssueService.ListWatched",              true,  true,      true,   true},
    {"steward.v1.IssueService.ActOnIssue",               true,  true,      true,   false},  // more: lifecycle.cc
    {"steward.v1.IssueService.DrillIssue",               true,  true,      true,   false},
    {"steward.v1.IssueService.ReleaseFindings",          true,  true,      false,  false},
    {"steward.v1.IssueService.CreateIssue",              true,  true,      true,   false},
    {"steward.v1.AuditService.ListAuditEntries",         true,  true,      false,  false},
    {"steward.v1.SampleService.QuerySamples",            true,  true,      true,   true},
    {"steward.v1.ChannelService.TestChannel",            true,  true,      false,  false},
    {"steward.v1.ChannelService.ListDeliveries",         true,  true,      true,   false},
    {"steward.v1.DeliveryService.RetryDelivery",         true,  true,      false,  false},
    {"steward.v1.WindowService.AddWindow",               true,  true,      true,   false},  // more: window_request.cc
    {"steward.v1.WindowService.ConfirmWindow",           true,  true,      false,  false},
    {"steward.v1.WindowService.ListWindows",             true,  true,      true,   true},
    {"steward.v1.WindowService.RemoveWindow",            true,  true,      true,   false},  // as above
    {"steward.v1.PolicyService.GetPolicy",               true,  true,      true,   true},
    {"steward.v1.PolicyService.CheckPolicy",             true,  true,      true,   false},
    {"steward.v1.PolicyService.ApplyPolicy",             true,  true,      false,  false},
    {"steward.v1.PolicyService.ListPolicyVersions",      true,  true,      true,   true},
    {"steward.v1.StatusService.GetStatus",               true,  true,      true,   true},
};
// clang-format on

}  // namespace

std::string WhoActs(const Caller& caller) {
  return caller.on_behalf.empty() ? caller.name : StrCat(caller.on_behalf, " (", caller.name, ")");
}

Actor ActorOf(const Caller& caller) {
  return {.record = WhoActs(caller), .person = caller.on_behalf.empty() ? caller.name : caller.on_behalf, .role = caller.role};
}

AuditNote NoteOf(const Caller& caller, absl::Time now, std::string reason) { return {WhoActs(caller), now, std::move(reason)}; }

bool MayCall(Role role, std::string_view method) {
  for (const Right& right : kRights) {
    if (right.method != method) continue;
    switch (role) {
      case Role::kOwner:
        return right.owner;
      case Role::kItManager:
        return right.it_manager;
      case Role::kPartner:
        return right.partner;
      case Role::kViewer:
        return right.viewer;
      case Role::kMetrics:
        return false;
    }
  }
  return role == Role::kOwner;
}

std::string RolesThatMayCall(std::string_view method) {
  std::string words;
  for (const Role role : kRoles) {
    if (MayCall(role, method)) StrAppend(&words, words.empty() ? "" : ", ", RoleWord(role));
  }
  return words;
}

}  // namespace steward::collector
