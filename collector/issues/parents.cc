#include "collector/issues/parents.h"

#include <algorithm>
#include <cmath>

#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr double kClockOff = 300;  // seconds

// clang-format off
constexpr ParentRow kTable[] = {
    {"site-unreachable",     ParentScope::kSite,    ParentEffect::kHide,
     {"machine-offline", "agent-silent", "endpoint-down", "internet-down", "dns-failing", "link-quality-poor"}},
    {"ups-on-battery",       ParentScope::kPower,   ParentEffect::kHide,   {"machine-offline"}},
    {"machine-offline",      ParentScope::kHost,    ParentEffect::kHide,   {"machine-offline"}},
    {"machine-offline",      ParentScope::kMachine, ParentEffect::kFreeze, {}},
    {"agent-silent",         ParentScope::kMachine, ParentEffect::kFreeze, {}},
    // Beyond the catalogue: names outside are not found then, and the ways to other places are lost with it.
    {"internet-down",        ParentScope::kSite,    ParentEffect::kHide,
     {"updates-not-working", "dns-failing", "link-quality-poor"}},
    {"internet-down",        ParentScope::kSite,    ParentEffect::kHide,
     {"backup-failed"}, Severity::kNone, Severity::kCritical, 0, "off-site"},
    {"disk-smart-failing",   ParentScope::kSubject, ParentEffect::kHide,
     {"disk-errors-growing", "disk-slow", "filesystem-faulty"}},
    {"os-end-of-life",       ParentScope::kMachine, ParentEffect::kHide,
     {"security-updates-overdue", "updates-not-working"}, Severity::kHigh},
    // The slow forecast is low or medium; the fast one says something new.
    {"disk-space-low",       ParentScope::kSubject, ParentEffect::kHide,
     {"disk-fill-forecast"}, Severity::kHigh, Severity::kMedium},
    {"backup-stale",         ParentScope::kSubject, ParentEffect::kHide,   {"backup-failed"}},
    {"updates-not-working",  ParentScope::kMachine, ParentEffect::kHide,   {"security-updates-overdue"}},
    {"scheduled-job-failed", ParentScope::kSubject, ParentEffect::kHide,   {"service-failed"}},
    {"clock-wrong",          ParentScope::kMachine, ParentEffect::kHide,
     {"certificate-expiring", "backup-stale"}, Severity::kNone, Severity::kCritical, kClockOff},
    {"disk-smart-failing",   ParentScope::kMachine, ParentEffect::kLink,   {"raid-degraded"}},
};
// clang-format on

std::string_view Stem(std::string_view unit) {
  for (const std::string_view suffix : {std::string_view(".service"), std::string_view(".timer")}) {
    if (unit.ends_with(suffix)) unit.remove_suffix(suffix.size());
  }
  return unit;
}

// "/dev/sda1" and "sda1" are on sda, "nvme0n1p2" is on nvme0n1.
bool IsOnDisk(std::string_view device, std::string_view disk) {
  if (device.starts_with("/dev/")) device.remove_prefix(5);
  if (disk.starts_with("/dev/")) disk.remove_prefix(5);
  if (disk.empty() || !device.starts_with(disk)) return false;
  device.remove_prefix(disk.size());
  if (device.starts_with('p')) device.remove_prefix(1);
  return device.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsSameSubject(const v1::Issue& parent, const v1::Issue& child) {
  if (Stem(parent.subject()) == Stem(child.subject())) return true;
  if (parent.type() != "disk-smart-failing") return false;
  const auto device = child.evidence().details().find("device");
  return IsOnDisk(child.subject(), parent.subject()) ||
         (device != child.evidence().details().end() && IsOnDisk(device->second, parent.subject()));
}

bool BeganAfterWith(std::string_view detail, const v1::Issue& parent, const v1::Issue& child) {
  const auto found = child.evidence().details().find(std::string(detail));
  return found != child.evidence().details().end() && found->second != "0" && GetTime(child.raised_time()) >= GetTime(parent.raised_time());
}

}  // namespace

absl::Span<const ParentRow> ParentTable() { return kTable; }

bool IsLinked(ParentScope scope) { return scope == ParentScope::kPower || scope == ParentScope::kHost; }

bool IsChildType(const ParentRow& row, std::string_view type) {
  if (type.empty() || (type == row.parent && !IsLinked(row.scope))) return false;
  if (row.children.front().empty()) return type != "machine-offline" && type != "site-unreachable";  // nothing of a machine explains those
  return std::find(row.children.begin(), row.children.end(), type) != row.children.end();
}

bool Explains(const ParentRow& row, const v1::Issue& parent, const v1::Issue& child) {
  return parent.type() == row.parent && IsChildType(row, child.type()) && parent.id() != child.id() && !parent.drill() && !child.drill() &&
         parent.site() == child.site() &&
         ParseSeverity(parent.severity()) >= row.parent_min && ParseSeverity(child.severity()) <= row.child_max &&
         (row.child_detail.empty() || BeganAfterWith(row.child_detail, parent, child)) &&
         (row.value_min == 0 || std::abs(parent.evidence().latest().value()) >= row.value_min) &&
         (row.scope == ParentScope::kSite || IsLinked(row.scope) != (parent.machine_id() == child.machine_id())) &&
         (row.scope != ParentScope::kSubject || IsSameSubject(parent, child));
}

}  // namespace steward::collector
