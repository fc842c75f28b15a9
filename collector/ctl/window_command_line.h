// The arguments of `stewardctl window`: agreed times in which machines may be disturbed.
#pragma once

#include "collector/ctl/commands.h"

namespace CLI {
class App;
}

namespace steward::collector {

// Adds add, list and remove to `window`; the one that is chosen is put into `run`. Both outlive the parsing and the run.
void AddWindowCommands(CLI::App& window, Run& run);

}  // namespace steward::collector
