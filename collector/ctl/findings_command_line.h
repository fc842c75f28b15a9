// The arguments of `stewardctl findings`: what was wrong before anybody looked.
#pragma once

#include "collector/ctl/commands.h"

namespace CLI {
class App;
}

namespace steward::collector {

// Adds list and release to `findings`; the one that is chosen is put into `run`. Both outlive the parsing and the run.
void AddFindingsCommands(CLI::App& findings, Run& run);

}  // namespace steward::collector
