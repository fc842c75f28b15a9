#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "collector/api/caller.h"

namespace steward::collector {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kWords = {{{Role::kOwner, "owner"},
                                                                      {Role::kItManager, "it-manager"},
                                                                      {Role::kPartner, "partner"},
                                                                      {Role::kViewer, "viewer"},
                                                                      {Role::kMetrics, "metrics"}}};

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
    {"steward.v1.SampleService.QuerySamples",            true,  true,      true,   true},
    {"steward.v1.ChannelService.TestChannel",            true,  true,      false,  false},
    {"steward.v1.ChannelService.ListDeliveries",         true,  true,      true,   false},
    {"steward.v1.DeliveryService.RetryDelivery",         true,  true,      false,  false},
    {"steward.v1.StatusService.GetStatus",               true,  true,      true,   true},
};
// clang-format on

}  // namespace

std::optional<Role> ParseRole(std::string_view word) {
  for (const auto& [role, name] : kWords) {
    if (name == word) return role;
  }
  return std::nullopt;
}

std::string_view RoleWord(Role role) {
  return std::find_if(kWords.begin(), kWords.end(), [&](const auto& entry) { return entry.first == role; })->second;
}

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
  for (const auto& [role, word] : kWords) {
    if (MayCall(role, method)) StrAppend(&words, words.empty() ? "" : ", ", word);
  }
  return words;
}

}  // namespace steward::collector
