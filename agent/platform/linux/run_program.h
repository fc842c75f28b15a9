// Runs one of the few external programs the agent needs: no shell, a fixed environment, an end in any case.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

struct ProgramEnd {
  int exit_code = 0;
  std::string output;  // what it wrote to its standard output
};

// `command`: the program's path and its arguments. It runs in a process group of its own, which is killed with all that
// it has started once `deadline` has passed. NotFound: no such program. DeadlineExceeded: it took too long.
// ResourceExhausted: it printed more than `bytes_max`. Unavailable: it could not be started, or a signal ended it.
// A program that not even a kill ends (it waits for a dead device) is left to the kernel after a second; until it has ended
// the same command is refused as DeadlineExceeded, so that nothing piles up. Thread-safe.
absl::StatusOr<ProgramEnd> RunProgram(const std::vector<std::string>& command, absl::Duration deadline,
                                      std::size_t bytes_max);

// This process is about to end: programs that run are killed, their callers hear Cancelled within moments, as do all that come
// later. Thread-safe.
void EndPrograms();
bool ProgramsAreEnded();

}  // namespace steward::agent
