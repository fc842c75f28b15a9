#include "agent/inventory/bundle.h"

#include <string>
#include <string_view>

#include "agent/inventory/facts.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kSnaps = "/snap";
constexpr std::string_view kFlatpaks = "/var/lib/flatpak/app";
constexpr std::size_t kCommitLength = 12;

std::vector<std::string> Names(Platform& platform, std::string_view folder) {
  std::vector<std::string> names;
  if (!platform.ListDirectory(folder, names).ok()) names.clear();
  if (names.size() > kBundlesMax) names.resize(kBundlesMax);
  return names;
}

// Of "version: '131.0'". Empty: it is not told.
std::string_view VersionIn(std::string_view snap_yaml) {
  constexpr std::string_view kKey = "version:";
  std::string_view line;
  while (NextLine(snap_yaml, line)) {
    if (!line.starts_with(kKey)) continue;
    std::string_view version = Trimmed(line.substr(kKey.size()));
    while (!version.empty() && (version.front() == '\'' || version.front() == '"')) version.remove_prefix(1);
    while (!version.empty() && (version.back() == '\'' || version.back() == '"')) version.remove_suffix(1);
    return version;
  }
  return {};
}

void AddSnaps(Platform& platform, std::vector<Fact>& facts) {
  std::string text;
  for (const std::string& name : Names(platform, kSnaps)) {
    if (!platform.ReadFile(StrCat(kSnaps, "/", name, "/current/meta/snap.yaml"), text).ok()) continue;  // "bin", "README"
    AddFact(facts, StrCat("snap:", name), VersionIn(text));
  }
}

// <app>/current/active leads to <app>/<architecture>/<branch>/<commit>.
void AddFlatpaks(Platform& platform, std::vector<Fact>& facts) {
  for (const std::string& name : Names(platform, kFlatpaks)) {
    const auto path = platform.RealPath(StrCat(kFlatpaks, "/", name, "/current/active"));
    if (!path.ok()) continue;
    const std::string_view whole = *path;
    const std::size_t commit = whole.rfind('/');
    if (commit == std::string_view::npos || commit == 0) continue;
    const std::size_t branch = whole.rfind('/', commit - 1);
    if (branch == std::string_view::npos) continue;
    AddFact(facts, StrCat("flatpak:", name),
            StrCat(whole.substr(branch + 1, commit - branch - 1), " ", whole.substr(commit + 1, kCommitLength)));
  }
}

}  // namespace

void AddBundles(Platform& platform, std::vector<Fact>& facts) {
  AddSnaps(platform, facts);
  AddFlatpaks(platform, facts);
}

}  // namespace steward::agent
