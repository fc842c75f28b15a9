// One question to one name server: has this name an address?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace steward::agent {

// A question for the IPv4 address of `name`, as it goes over the wire (RFC 1035). Empty: `name` can be none.
std::string DnsQuestion(std::string_view name, std::uint16_t id);
// OK: `answer` has at least one record for the question with that id. NotFound: the server says that there is none.
// Unavailable: the server could not do it. InvalidArgument: not an answer to it.
absl::Status JudgeDnsAnswer(std::string_view answer, std::uint16_t id);

// Over UDP, asked twice. Errors as above; DeadlineExceeded: no answer. Waits.
absl::Status AskNameServer(const std::string& server, const std::string& port, std::string_view name, absl::Duration deadline);

}  // namespace steward::agent
