#include "collector/ctl/output.h"
#include "google/protobuf/util/time_util.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {
namespace {

std::string UntilText(const CtlContext& context, const v1::Token& record) {
  return BothTimes(record.has_expire_time(), record.expire_time(), context.now);
}

absl::Status CreateApiToken(const CtlContext& context, const TokenCreateArguments& arguments) {
  v1::CreateApiTokenRequest request;
  request.set_role(arguments.role);
  if (arguments.expires) {
    *request.mutable_expires() =
        google::protobuf::util::TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(*arguments.expires));
  }
  v1::CreateApiTokenResponse response;
  if (absl::Status called = context.api.Call("TokenService/CreateApiToken", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  context.out << response.token() << "\n";
  context.notes << "A token of the role " << response.record().role() << ", good until "
              << UntilText(context, response.record()) << ".\nIt is shown only now. Programs send it as the header"
              << " \"Authorization: Bearer TOKEN\".\n";
  return absl::OkStatus();
}

}  // namespace

absl::Status TokenCreate(const CtlContext& context, const TokenCreateArguments& arguments) {
  if (arguments.api) return CreateApiToken(context, arguments);
  v1::CreateEnrollmentTokenRequest request;
  request.set_site(arguments.site);
  request.set_class_(arguments.machine_class);
  request.set_uses(arguments.uses);
  if (arguments.expires) {
    *request.mutable_expires() =
        google::protobuf::util::TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(*arguments.expires));
  }
  for (const std::string& address : arguments.addresses) request.add_addresses(address);
  v1::CreateEnrollmentTokenResponse response;
  if (absl::Status called = context.api.Call("TokenService/CreateEnrollmentToken", request, response); !called.ok()) {
    return called;
  }
  if (context.json) return PrintJson(context, response);
  const v1::Token& record = response.record();
  context.out << response.token() << "\n";
  context.notes << "Good for " << record.uses_allowed()
              << (record.uses_allowed() == 1 ? " machine" : " machines") << ", until " << UntilText(context, record)
              << ".\nIt is shown only now. On the machine, as root: steward-agent enroll TOKEN\n";
  return absl::OkStatus();
}

absl::Status TokenList(const CtlContext& context) {
  v1::ListTokensResponse response;
  if (absl::Status called = context.api.Call("TokenService/ListTokens", v1::ListTokensRequest(), response); !called.ok()) {
    return called;
  }
  if (context.json) return PrintJson(context, response);
  Table table({"ID", "KIND", "STATE", "USED", "FOR", "CREATED", "EXPIRES"});
  for (const v1::Token& token : response.tokens()) {
    const bool api = token.kind() == "api";
    std::string what = api ? "role " + token.role() : token.site();
    if (!token.class_().empty()) what += (what.empty() ? "" : ", ") + token.class_();
    table.AddRow({token.id(), token.kind(), Cell(token.state(), token.state() == "valid" ? Colour::kGood : Colour::kSoft),
                  api ? "" : std::to_string(token.uses()) + " of " + std::to_string(token.uses_allowed()), what,
                  Ago(token.has_created_time(), token.created_time(), context.now),
                  Ago(token.has_expire_time(), token.expire_time(), context.now)});
  }
  if (table.empty()) {
    context.out << "No tokens yet. `stewardctl token create` makes one that enrols a machine.\n";
  } else {
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

absl::Status TokenRevoke(const CtlContext& context, const std::string& id) {
  v1::RevokeTokenRequest request;
  request.set_id(id);
  v1::RevokeTokenResponse response;
  if (absl::Status called = context.api.Call("TokenService/RevokeToken", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  context.out << "Token " << response.record().id() << " is revoked.\n";
  return absl::OkStatus();
}

}  // namespace steward::collector
