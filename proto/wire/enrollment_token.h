// The string a person copies to enrol a machine: "stw1-" and base64url of an EnrollmentToken with its CRC-32.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "steward/v1/enrollment.pb.h"

namespace steward::wire {

std::string FormatEnrollmentToken(const v1::EnrollmentToken& token);

// White space around it is ignored. InvalidArgument: not a token, cut short or altered; says what to do.
absl::StatusOr<v1::EnrollmentToken> ParseEnrollmentToken(std::string_view text);

}  // namespace steward::wire
