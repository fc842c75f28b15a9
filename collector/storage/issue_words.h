// What the storages need to know about an issue: whether it has ended, and its place in a list.
#pragma once

#include <cstdint>

#include "steward/v1/management.pb.h"

namespace steward::collector {

bool IssueHasEnded(const v1::Issue& issue);            // resolved or closed
std::int64_t IssueOpenedMs(const v1::Issue& issue);    // opened, or raised if it is pending still; 0 if neither is set
std::int64_t IssueEndedMs(const v1::Issue& issue);     // resolved, or else opened; meaningful if it has ended

}  // namespace steward::collector
