// Programs that come with what they need, beside the distribution's packages: snaps and flatpaks of the whole machine.
#pragma once

#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

inline constexpr std::size_t kBundlesMax = 500;  // of each kind

// "snap:firefox" = "131.0", by the snap's own description; "flatpak:org.gimp.GIMP" = "stable 3f2a1c0b9d8e": a flatpak has no version,
// but a branch and a commit. Nothing where there are none, or where they may not be read.
void AddBundles(Platform& platform, std::vector<Fact>& facts);

}  // namespace steward::agent
