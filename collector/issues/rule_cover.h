// What one issue type reaches, on all machines together.
#pragma once

#include <cstddef>

namespace steward::collector {

struct RuleCover {
  std::size_t machines = 0;  // on which it judges something
  std::size_t subjects = 0;  // there, all together
  std::size_t left_out = 0;  // series that it does not judge, because a machine has too many subjects for it
};

}  // namespace steward::collector
