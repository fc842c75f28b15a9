#include "collector/policy/responsibility.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::array<std::string_view, 4> kSeverities = {"critical", "high", "medium", "low"};
constexpr std::size_t kTypesShown = 5;

bool Has(const std::vector<std::string>& words, std::string_view word) {
  return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

// How narrow a row is: its site counts more than its types, those more than its severities.
int Narrowness(const ResponsibilityConfig& row) {
  return (row.site.empty() ? 0 : 4) + (row.types.empty() ? 0 : 2) + (row.severities.empty() ? 0 : 1);
}

struct Cell {
  std::string_view site, type, severity;
};

// The narrowest rows that fit, all of the same narrowness.
std::vector<const ResponsibilityConfig*> Narrowest(const std::vector<ResponsibilityConfig>& rows, const Cell& cell) {
  std::vector<const ResponsibilityConfig*> narrowest;
  for (const ResponsibilityConfig& row : rows) {
    const bool fits = (row.site.empty() || row.site == cell.site) && Has(row.types, cell.type) && Has(row.severities, cell.severity);
    if (!fits) continue;
    if (!narrowest.empty() && Narrowness(row) < Narrowness(*narrowest.front())) continue;
    if (!narrowest.empty() && Narrowness(row) > Narrowness(*narrowest.front())) narrowest.clear();
    narrowest.push_back(&row);
  }
  return narrowest;
}

std::string Shown(const std::set<std::string>& types) {
  std::vector<std::string> first(types.begin(), std::next(types.begin(), static_cast<std::ptrdiff_t>(std::min(types.size(), kTypesShown))));
  std::string text = absl::StrJoin(first, ", ");
  if (types.size() > kTypesShown) StrAppend(&text, " and ", types.size() - kTypesShown, " more");
  return text;
}

}  // namespace

std::string ResponsibleParty(const std::vector<ResponsibilityConfig>& rows, const v1::Issue& issue, std::string_view otherwise) {
  const auto narrowest = Narrowest(rows, {issue.site(), issue.type(), issue.severity()});
  return narrowest.empty() ? std::string(otherwise) : narrowest.front()->party;
}

std::vector<std::string> CheckResponsibility(const PolicyConfig& policy, const std::vector<std::string>& types) {
  if (policy.responsibility.empty()) return {};
  std::set<std::string> sites = {""};  // those that are not named
  for (const SiteConfig& site : policy.sites) sites.insert(site.name);
  for (const ResponsibilityConfig& row : policy.responsibility) sites.insert(row.site);
  // By site and severity, so that a row that is missing is one line.
  std::map<std::string, std::set<std::string>> gaps, overlaps;
  for (const std::string& site : sites) {
    for (const std::string_view severity : kSeverities) {
      const std::string place = StrCat("issues that are ", severity, site.empty() ? "" : StrCat(" at \"", site, "\""));
      for (const std::string& type : types) {
        const auto rows = Narrowest(policy.responsibility, {site, type, severity});
        if (rows.empty()) gaps[place].insert(type);
        const bool differ = std::any_of(rows.begin(), rows.end(), [&](const auto* row) { return row->party != rows.front()->party; });
        if (differ) overlaps[place].insert(type);
      }
    }
  }
  std::vector<std::string> warnings;
  for (const auto& [place, found] : overlaps) {
    warnings.push_back(StrCat("overlap: two equally narrow [[responsibility]] name different parties for ", place, ": ", Shown(found),
                              "; the first one holds, make one of them narrower"));
  }
  for (const auto& [place, found] : gaps) {
    warnings.push_back(StrCat("gap: no [[responsibility]] for ", place, ": ", Shown(found), "; the party that each rule names holds"));
  }
  return warnings;
}

}  // namespace steward::collector
