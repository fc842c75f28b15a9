// A person, or a program with a token, that acts on issues.
#pragma once

#include <string>

#include "collector/identity/role.h"

namespace steward::collector {

struct Actor {
  std::string record;  // for the records: "Mari Mets (local user 0)", "token 4f1c"
  std::string person;  // whose work it becomes: "Mari Mets"
  Role role = Role::kViewer;
};

}  // namespace steward::collector
