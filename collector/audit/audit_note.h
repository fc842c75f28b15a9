// Who changes something, when and why: handed along to the transaction that changes it, so that the change and its entry in
// the audit trail are stored together or not at all. Every method of the management API that changes something takes one,
// or the Actor that it is made of; tests/collector/api/audit_test.cc holds the list.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/audit/audit_chain.h"

namespace steward::collector {

struct AuditNote {
  std::string actor;  // as in AuditRecord
  absl::Time time;
  std::string reason;

  // What it does to `object`. Names of people and machines do not belong in there: the trail is kept longer than they are.
  AuditRecord Of(std::string_view action, std::string object, std::string from = "", std::string to = "") const {
    AuditRecord record;
    record.time = time;
    record.actor = actor;
    record.action = action;
    record.object = std::move(object);
    record.from = std::move(from);
    record.to = std::move(to);
    record.reason = reason;
    return record;
  }
};

}  // namespace steward::collector
