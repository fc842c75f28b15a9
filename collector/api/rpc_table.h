// The methods of the management API, by descriptor: what is registered here is served as POST /<service>/<method>.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/api/caller.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace steward::collector {

enum class RpcEncoding { kJson, kProto };

// Filled before use, then read by any thread.
class RpcTable {
 public:
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;
  template <typename Request, typename Response>
  using Handler = std::function<void(const Caller&, const Request&, Done<Response>)>;
  // The serialized response.
  using RpcDone = std::function<void(absl::StatusOr<std::string>)>;

  // Serves `method` ("steward.v1.MachineService.ListMachines") by `handler`, which answers on any thread, once.
  // Throws std::logic_error if there is no such method or its types are others: a mistake in the program.
  template <typename Request, typename Response>
  void Add(const std::string& method, Handler<Request, Response> handler) {
    AddErased(method, Request::descriptor(), Response::descriptor(),
              {.new_request = [] { return std::make_unique<Request>(); },
               .call = [handler = std::move(handler)](const Caller& caller, const google::protobuf::Message& request,
                                                      ErasedDone done) {
                 handler(caller, static_cast<const Request&>(request),
                         [done = std::move(done)](const absl::StatusOr<Response>& response) {
                           if (response.ok()) {
                             done(absl::OkStatus(), &*response);
                           } else {
                             done(response.status(), nullptr);
                           }
                         });
               }});
  }
  // The same for a handler that answers at once.
  template <typename Request, typename Response>
  void AddImmediate(const std::string& method,
                    std::function<absl::StatusOr<Response>(const Caller&, const Request&)> handler) {
    Add<Request, Response>(method, [handler = std::move(handler)](const Caller& caller, const Request& request,
                                                                  Done<Response> done) { done(handler(caller, request)); });
  }

  // Checks rights, parses, calls, serializes. `service` and `method` as in the path; `done` is called once, on any thread.
  // Unimplemented: no such method; PermissionDenied: not for this role; InvalidArgument: not such a message.
  void Call(std::string_view service, std::string_view method, RpcEncoding encoding, const std::string& body,
            const Caller& caller, RpcDone done) const;

  // Full names, sorted.
  std::vector<std::string> Methods() const;

 private:
  using ErasedDone = std::function<void(const absl::Status&, const google::protobuf::Message*)>;
  struct Entry {
    std::function<std::unique_ptr<google::protobuf::Message>()> new_request;
    std::function<void(const Caller&, const google::protobuf::Message&, ErasedDone)> call;
  };

  void AddErased(const std::string& method, const google::protobuf::Descriptor* request,
                 const google::protobuf::Descriptor* response, Entry entry);

  absl::flat_hash_map<std::string, Entry> entries_;
};

}  // namespace steward::collector
