// Temperatures, fans and voltages: /sys/class/hwmon.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/probe.h"

namespace steward::agent {

// "temp1_crit_alarm" is sensor temp1 (type temp), element crit_alarm. Element is empty for "pwm1".
struct SensorFile {
  std::string type;
  std::string sensor;
  std::string element;
};
// False for a file that is no sensor's.
bool ParseSensorFile(std::string_view file_name, SensorFile& file);
// Lower case, other than letters, digits, ':' and '_' become '_', none at the ends.
std::string CleanSensorName(std::string_view text);

std::unique_ptr<Probe> MakeHwmonProbe(Platform& platform);

}  // namespace steward::agent
