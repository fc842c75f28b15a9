// Who asks, and what the roles may do. The one table of rights of the management API is in caller.cc.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/identity/role.h"

namespace steward::collector {

struct Caller {
  Role role = Role::kViewer;
  std::string name;       // for the records: "token 4f1c", "local user 0"
  std::string on_behalf;  // the local socket: the person that this user says it acts for; mostly empty
};

struct Actor;
struct AuditNote;

// Both, for the records: "Mari Mets (local user 0)".
std::string WhoActs(const Caller& caller);
Actor ActorOf(const Caller& caller);
AuditNote NoteOf(const Caller& caller, absl::Time now, std::string reason = "");

// Whether the role may call a method, named as in its descriptor: "steward.v1.MachineService.ListMachines".
// A method that the table does not name is the owner's alone.
bool MayCall(Role role, std::string_view method);

// The words of those roles that may, for messages: "owner, it-manager".
std::string RolesThatMayCall(std::string_view method);

// The console shows machines and issues: everyone but a scraper.
inline bool MayReadConsole(Role role) { return role != Role::kMetrics; }

}  // namespace steward::collector
