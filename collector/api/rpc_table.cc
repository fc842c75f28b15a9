#include "collector/api/rpc_table.h"

#include <algorithm>
#include <exception>
#include <stdexcept>

#include "base/text.h"
#include "collector/api/samples_json.h"
#include "google/protobuf/util/json_util.h"
#include "proto/wire/utf8.h"

namespace steward::collector {
namespace {

absl::Status Parse(RpcEncoding encoding, const std::string& body, google::protobuf::Message& request) {
  const std::string name = request.GetDescriptor()->name();
  if (encoding == RpcEncoding::kProto) {
    if (request.ParseFromString(body)) return absl::OkStatus();
    return absl::InvalidArgumentError(StrCat("the body is not a serialized ", name));
  }
  if (!wire::IsUtf8(body)) return absl::InvalidArgumentError("the body is not UTF-8");
  if (body.empty()) return absl::OkStatus();
  const auto parsed = google::protobuf::util::JsonStringToMessage(body, &request);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("the body is not a ", name, " in JSON: ", std::string(parsed.message().data(), parsed.message().size())));
}

absl::StatusOr<std::string> Serialize(RpcEncoding encoding, const google::protobuf::Message& response) {
  std::string text;
  if (encoding == RpcEncoding::kProto) {
    if (!response.SerializeToString(&text)) return absl::InternalError("the response cannot be serialized");
    return text;
  }
  if (response.GetDescriptor() == v1::QuerySamplesResponse::descriptor()) {
    return SamplesJson(static_cast<const v1::QuerySamplesResponse&>(response));
  }
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;  // "up": false is an answer
  const auto printed = google::protobuf::util::MessageToJsonString(response, &text, options);
  if (!printed.ok()) return absl::InternalError(StrCat("the response cannot be written as JSON: ", printed.ToString()));
  return text;
}

}  // namespace

void RpcTable::AddErased(const std::string& method, const google::protobuf::Descriptor* request,
                         const google::protobuf::Descriptor* response, Entry entry) {
  const auto* described = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method);
  if (described == nullptr || described->input_type() != request || described->output_type() != response) {
    throw std::logic_error("no method " + method + " with these types");
  }
  if (!entries_.emplace(method, std::move(entry)).second) throw std::logic_error("method " + method + " twice");
}

void RpcTable::Call(std::string_view service, std::string_view method, RpcEncoding encoding, const std::string& body,
                    const Caller& caller, RpcDone done) const {
  const std::string full_name = StrCat(service, ".", method);
  const auto entry = entries_.find(full_name);
  if (entry == entries_.end()) {
    done(absl::UnimplementedError(StrCat("there is no method ", service, "/", method)));
    return;
  }
  if (!MayCall(caller.role, full_name)) {
    done(absl::PermissionDeniedError(StrCat("the role ", RoleWord(caller.role), " may not call ", service, "/", method,
                                            "; these may: ", RolesThatMayCall(full_name))));
    return;
  }
  const auto request = entry->second.new_request();
  if (absl::Status parsed = Parse(encoding, body, *request); !parsed.ok()) {
    done(std::move(parsed));
    return;
  }
  entry->second.call(caller, *request,
                     [encoding, done](const absl::Status& status, const google::protobuf::Message* response) {
                       if (!status.ok()) {
                         done(status);
                       } else {
                         done(Serialize(encoding, *response));
                       }
                     });
}

std::vector<std::string> RpcTable::Methods() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace steward::collector
