// Text inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace steward::collector {

// With & < > " ' as entities: safe between tags and inside a quoted attribute.
std::string Html(std::string_view text);

}  // namespace steward::collector
