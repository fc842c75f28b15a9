// Errors of the management API in the Connect protocol's form.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace steward::collector {

// "invalid_argument"
std::string_view ConnectCode(absl::StatusCode code);
// The HTTP status that the Connect protocol gives a code.
unsigned ConnectHttpStatus(absl::StatusCode code);
// {"code":"invalid_argument","message":"..."}; bytes of the message that are not UTF-8 are escaped.
std::string ConnectErrorBody(const absl::Status& status);

}  // namespace steward::collector
