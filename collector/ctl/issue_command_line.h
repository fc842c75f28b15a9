// The arguments of `stewardctl issue`: what people do about issues.
#pragma once

#include "collector/ctl/commands.h"

namespace CLI {
class App;
}

namespace steward::collector {

// Adds ack, assign, wait, decide, snooze, accept, claim, severity, comment, close and create to `issue`; the one that is
// chosen is put into `run`. Both outlive the parsing and the run.
void AddIssueActions(CLI::App& issue, Run& run);
// `stewardctl drill`.
void AddDrill(CLI::App& program, Run& run);

}  // namespace steward::collector
