#include "base/text.h"
#include "collector/ctl/output.h"
#include "steward/v1/delivery.pb.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

absl::Status ChannelTest(const CtlContext& context, const std::string& channel) {
  v1::TestChannelRequest request;
  request.set_channel(channel);
  v1::TestChannelResponse response;
  if (absl::Status called = context.api.Call("ChannelService/TestChannel", request, response); !called.ok()) return called;
  if (context.json) {
    if (absl::Status printed = PrintJson(context, response); !printed.ok()) return printed;
  } else if (response.delivered()) {
    context.out << "Delivered. The receiver said: " << Printable(response.answer()) << '\n';
  }
  if (response.delivered()) return absl::OkStatus();
  return absl::UnavailableError(StrCat("not delivered: ", response.answer(), response.remedy().empty() ? "" : "\n",
                                       response.remedy()));
}

absl::Status Deliveries(const CtlContext& context, const std::string& state) {
  v1::ListDeliveriesRequest request;
  request.set_state(state);
  v1::ListDeliveriesResponse response;
  if (absl::Status called = context.api.Call("ChannelService/ListDeliveries", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  constexpr std::size_t kKeyShown = 12;
  Table table({"CREATED", "CHANNEL", "EVENT", "STATE", "TRIES", "ISSUE", "KEY", "LAST ANSWER"});
  for (const v1::Delivery& delivery : response.deliveries()) {
    const Colour colour = delivery.state() == "delivered" ? Colour::kGood
                          : delivery.state() == "dead"    ? Colour::kBad
                                                          : Colour::kWarning;
    table.AddRow({Ago(delivery.has_created_time(), delivery.created_time(), context.now), delivery.channel(), delivery.event(),
                  Cell(delivery.state(), colour), std::to_string(delivery.attempts()), delivery.issue_id(),
                  Cell(delivery.idempotency_key().substr(0, kKeyShown), Colour::kSoft), delivery.last_answer()});
  }
  if (table.empty()) {
    context.out << "No deliveries.\n";
  } else {
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

absl::Status DeliveryRetry(const CtlContext& context, const std::string& key, const std::string& channel) {
  v1::RetryDeliveryRequest request;
  request.set_idempotency_key(key);
  request.set_channel(channel);
  v1::RetryDeliveryResponse response;
  if (absl::Status called = context.api.Call("DeliveryService/RetryDelivery", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  for (const v1::Delivery& delivery : response.deliveries()) {
    context.out << "Sent once more over " << Printable(delivery.channel()) << "; `stewardctl deliveries` shows what comes of it.\n";
  }
  return absl::OkStatus();
}

absl::Status CollectorStatus(const CtlContext& context) {
  v1::GetStatusResponse response;
  if (absl::Status called = context.api.Call("StatusService/GetStatus", v1::GetStatusRequest(), response); !called.ok()) {
    return called;
  }
  if (context.json) return PrintJson(context, response);
  Details details;
  details.Add("Version", response.version());
  details.Add("Machines", StrCat(response.machines_up(), " of ", response.machines(), " up"));
  details.Add("Open issues", StrCat(response.open_issues()));
  details.Add("Samples", StrCat(response.samples_total(), " since the start, ",
                                static_cast<std::int64_t>(response.samples_per_second() + 0.5), " a second"));
  details.Add("Last commit", BothTimes(response.has_last_commit_time(), response.last_commit_time(), context.now));
  details.Add("Agents", response.agents_address());
  details.Add("HTTP", response.http_address());
  details.Print(context);
  return absl::OkStatus();
}

}  // namespace steward::collector
