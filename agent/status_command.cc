#include <iostream>

#include "agent/command_support.h"
#include "agent/commands.h"
#include "agent/status_json.h"
#include "agent/status_socket.h"

namespace steward::agent {

int RunStatusCommand(const std::string& state, bool json) {
  const auto answer = AskStatus(state);
  if (!answer.ok()) return Fail(kFailed, answer.status());
  if (json) {
    std::cout << *answer << std::endl;
    return kDone;
  }
  const auto words = StatusInWords(*answer, absl::Now());
  if (!words.ok()) return Fail(kFailed, words.status());
  std::cout << *words << std::flush;
  return kDone;
}

}  // namespace steward::agent
