#include "collector/api/connect_error.h"

#include "base/text.h"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "proto/wire/utf8.h"

namespace steward::collector {
namespace {

constexpr std::size_t kMessageBytesMax = 4096;

struct Code {
  absl::StatusCode status;
  std::string_view word;
  unsigned http;
};
constexpr Code kCodes[] = {
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const Code& Find(absl::StatusCode status) {
  for (const Code& code : kCodes) {
    if (code.status == status) return code;
  }
  return kCodes[1];
}

}  // namespace

std::string_view ConnectCode(absl::StatusCode code) { return Find(code).word; }

unsigned ConnectHttpStatus(absl::StatusCode code) { return Find(code).http; }

std::string ConnectErrorBody(const absl::Status& status) {
  boost::json::object body;
  body["code"] = ConnectCode(status.code());
  body["message"] = wire::EscapedUtf8(ToStd(status.message()), kMessageBytesMax);
  return boost::json::serialize(body);
}

}  // namespace steward::collector
