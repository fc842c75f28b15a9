// Calls the collector's management API: over its local socket or over HTTP(S) with a token.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace steward::collector {

// Where the collector is. Either `server` or `data_dir`.
struct ApiAddress {
  std::string server;      // https://collector.example:7480; http only on the loopback, as the token would be readable
  std::string token_file;  // holds an API token; needed with `server`
  std::string ca_file;     // PEM; empty: the system's certificate authorities
  std::string on_behalf;   // the person that the user of the local socket acts for
  std::string data_dir;    // <data_dir>/collector.sock
};

class ApiClient {
 public:
  // InvalidArgument: the address is not usable, e.g. a token file that cannot be read.
  static absl::StatusOr<ApiClient> Make(const ApiAddress& address);

  // Calls `method` ("MachineService/ListMachines"). Errors are the collector's own, or Unavailable and PermissionDenied with
  // what to do when it cannot be reached.
  absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response) const;

 private:
  ApiClient() = default;

  absl::Status Unreachable(int curl_code, long os_error, const std::string& what) const;

  std::string base_url_;
  std::string socket_path_;  // empty: over HTTP(S)
  std::string data_dir_;
  std::string token_;
  std::string ca_file_;
  std::string on_behalf_;
};

}  // namespace steward::collector
