// The page that links in messages lead to: one issue as it stands now, in the words of the messages. For reading only.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "collector/delivery/message_text.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// A whole HTML document. NotFound: no such issue; else the storage's errors.
absl::StatusOr<std::string> IssuePage(Storage& storage, std::string_view id, TextSettings settings);

}  // namespace steward::collector
