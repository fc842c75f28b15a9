#include "base/version.h"

namespace steward {

std::string_view Version() { return STEWARD_VERSION; }

}  // namespace steward
