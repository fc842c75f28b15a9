// Several messages in one: what it says.
#pragma once

#include "collector/delivery/message_text.h"

namespace steward::collector {

// Issues by severity, worst first, then in the order they were told; of each issue its last word only.
MessageText TextOfBundle(const Notification& bundle, const TextSettings& settings);

}  // namespace steward::collector
