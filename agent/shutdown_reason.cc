#include "agent/shutdown_reason.h"

#include <cstring>
#include <string>

namespace steward::agent {
namespace {

// The newest run level record of utmp: '0' halt, '6' reboot; 0 if there is none. Linux' layout, 384 bytes a record.
char RunLevel(const std::string& utmp) {
  constexpr std::size_t kRecordBytes = 384;
  constexpr std::int16_t kRunLevelType = 1;
  char level = 0;
  for (std::size_t at = 0; at + kRecordBytes <= utmp.size(); at += kRecordBytes) {
    std::int16_t type = 0;
    std::memcpy(&type, utmp.data() + at, sizeof type);
    if (type == kRunLevelType) level = utmp[at + 4];  // ut_pid: the level in its low byte
  }
  return level;
}

}  // namespace

v1::MachineEvent::Kind ShutdownReason(Platform& platform) {
  std::string text;
  if (platform.ReadFile("/run/systemd/shutdown/scheduled", text).ok()) {
    return text.find("MODE=reboot") != std::string::npos ? v1::MachineEvent::MACHINE_RESTARTING
                                                         : v1::MachineEvent::MACHINE_SHUTTING_DOWN;
  }
  if (platform.ReadFile("/run/utmp", text).ok()) {
    const char level = RunLevel(text);
    if (level == '6') return v1::MachineEvent::MACHINE_RESTARTING;
    if (level == '0') return v1::MachineEvent::MACHINE_SHUTTING_DOWN;
  }
  // systemd forbids logins while it takes the system down.
  if (platform.Exists("/run/nologin")) return v1::MachineEvent::MACHINE_SHUTTING_DOWN;
  return v1::MachineEvent::AGENT_STOPPED;
}

}  // namespace steward::agent
