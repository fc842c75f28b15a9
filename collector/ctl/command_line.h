// The command line of stewardctl.
#pragma once

namespace steward::collector {

// Runs one command. 0: done; 1: failed, stderr says why; 2: wrong usage.
int RunCommandLine(int argc, char** argv);

}  // namespace steward::collector
