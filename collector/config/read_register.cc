// [[register]]: what people enter because no machine knows it.
#include <algorithm>

#include "base/text.h"
#include "collector/config/read_policy.h"

namespace steward::collector {
namespace {

constexpr RegisterKind kKinds[] = {
    {"warranty", "ends", RegisterScope::kMachine, false}, {"contract", "ends", RegisterScope::kEither, true},
    {"purchase", "bought", RegisterScope::kMachine, false}, {"domain", "ends", RegisterScope::kSite, true},
    {"licence", "ends", RegisterScope::kEither, true},    {"restore-test", "done", RegisterScope::kMachine, false},
};

std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (const RegisterKind& kind : kKinds) names.emplace_back(kind.kind);
  return names;
}

void CheckScope(TableReader& reader, const RegisterKind& kind) {
  const std::string of_kind = StrCat("[[register]] of kind \"", kind.kind, "\" ");
  const bool machine = reader.Has("machine");
  const bool site = reader.Has("site");
  if (kind.scope == RegisterScope::kMachine && site) {
    reader.Error("site", StrCat(of_kind, "is a machine's; write machine = \"srv-file\" and no site"));
  } else if (kind.scope == RegisterScope::kSite && machine) {
    reader.Error("machine", StrCat(of_kind, "is a site's; write site = \"Head office\" and no machine"));
  } else if (machine && site) {
    reader.Error("site", StrCat(of_kind, "is either a machine's or a site's; write one of machine and site"));
  } else if (!machine && !site) {
    reader.Error("kind", StrCat(of_kind, "needs ", kind.scope == RegisterScope::kSite ? "site = \"Head office\"" : "machine = \"srv-file\"",
                                kind.scope == RegisterScope::kEither ? " or site = \"Head office\"" : ""));
  }
}

// One of the date keys of other kinds stands there.
void RefuseOtherDates(TableReader& reader, const RegisterKind& kind) {
  for (const RegisterKind& other : kKinds) {
    if (other.date_key == kind.date_key || !reader.Has(other.date_key)) continue;
    reader.Ignore(other.date_key);
    reader.Error(other.date_key, StrCat("[[register]] of kind \"", kind.kind, "\" has no ", other.date_key, "; write ", kind.date_key, " = 2027-03-01"));
    return;
  }
}

}  // namespace

absl::Span<const RegisterKind> RegisterKinds() { return kKinds; }

const RegisterKind* FindRegisterKind(std::string_view kind) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const RegisterKind& one) { return one.kind == kind; });
  return found == std::end(kKinds) ? nullptr : found;
}

void ReadRegister(TableReader& reader, std::vector<RegisterEntry>& entries) {
  RegisterEntry entry;
  entry.kind = reader.Word("kind", KindNames()).value_or("");
  entry.machine = reader.String("machine").value_or("");
  entry.site = reader.String("site").value_or("");
  entry.name = reader.String("name").value_or("");
  const RegisterKind* kind = FindRegisterKind(entry.kind);
  if (kind == nullptr) {
    if (!reader.Has("kind")) reader.Error("kind", "[[register]] needs kind: warranty, contract, purchase, domain, licence or restore-test");
    for (const RegisterKind& one : kKinds) reader.Ignore(one.date_key);
    return;
  }
  CheckScope(reader, *kind);
  RefuseOtherDates(reader, *kind);
  if (kind->needs_name && !reader.Has("name")) reader.Error("name", StrCat("[[register]] of kind \"", kind->kind, "\" needs name = \"...\": what it is of"));
  if (const auto date = reader.Date(kind->date_key)) entry.date = *date;
  else if (!reader.Has(kind->date_key)) reader.Error(kind->date_key, StrCat("[[register]] of kind \"", kind->kind, "\" needs ", kind->date_key, " = 2027-03-01"));
  const bool again = std::any_of(entries.begin(), entries.end(), [&](const RegisterEntry& other) {
    return other.kind == entry.kind && other.machine == entry.machine && other.site == entry.site && other.name == entry.name;
  });
  if (again && entry.kind != "restore-test") {  // of these the newest counts
    reader.Error("kind", StrCat("another [[register]] says the same of kind \"", kind->kind, "\"", entry.name.empty() ? "" : StrCat(" and name \"", entry.name, "\""),
                                "; keep the one that is right, or give them names"));
  }
  entries.push_back(std::move(entry));
}

}  // namespace steward::collector
