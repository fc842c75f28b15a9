// The roles of those who ask and act. Words are what people see in tokens and messages.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace steward::collector {

enum class Role { kOwner, kItManager, kPartner, kViewer, kMetrics };

inline constexpr std::array<Role, 5> kRoles = {Role::kOwner, Role::kItManager, Role::kPartner, Role::kViewer, Role::kMetrics};

constexpr std::string_view RoleWord(Role role) {
  switch (role) {
    case Role::kOwner: return "owner";
    case Role::kItManager: return "it-manager";
    case Role::kPartner: return "partner";
    case Role::kViewer: return "viewer";
    case Role::kMetrics: return "metrics";
  }
  return "";
}

// None for a word that is no role.
constexpr std::optional<Role> ParseRole(std::string_view word) {
  for (const Role role : kRoles) {
    if (RoleWord(role) == word) return role;
  }
  return std::nullopt;
}

}  // namespace steward::collector
