#include "agent/status_json.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/human_text.h"
#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace json = boost::json;

// Empty where there is none.
std::string TimeText(absl::Time time) {
  return time == absl::InfinitePast() ? std::string() : absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

std::string Ago(const json::object& object, const char* key, absl::Time now) {
  absl::Time time;
  std::string error;
  const json::value* text = object.if_contains(key);
  if (text == nullptr || !text->is_string() || !absl::ParseTime(absl::RFC3339_full, std::string(text->as_string().c_str()), &time, &error)) {
    return "never";
  }
  return RelativeTime(time, now);
}

std::string TextOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string().c_str()) : std::string();
}

std::int64_t NumberOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

bool BoolOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

json::object ProbeObject(const ProbeHealth& probe) {
  json::object object;
  object["name"] = probe.name;
  object["state"] = !probe.enabled ? "disabled" : probe.absent ? "absent" : probe.error.empty() ? "ok" : "failing";
  if (!probe.error.empty()) object["error"] = probe.error;
  object["lastSuccessTime"] = TimeText(probe.success_time);
  object["failures"] = probe.failures;
  object["durationMs"] = absl::ToDoubleMilliseconds(probe.duration);
  return object;
}

}  // namespace

std::string FormatStatusJson(const StatusReport& report) {
  json::object object;
  object["machineId"] = report.identity.machine_id;
  object["hostName"] = report.host_name;
  object["site"] = report.identity.site;
  object["version"] = report.version;
  object["pid"] = static_cast<std::int64_t>(getpid());
  object["startedTime"] = TimeText(report.start_time);
  object["collector"] = report.uplink.address;
  object["collectorVersion"] = report.uplink.collector_version;
  object["connected"] = report.uplink.connected;
  object["notConnectedReason"] = report.uplink.reason;
  object["connectedChangeTime"] = TimeText(report.uplink.since);
  object["lastSampleTime"] = TimeText(report.sample_time);
  object["intervalSeconds"] = absl::ToDoubleSeconds(report.interval);
  object["series"] = report.series;
  object["lastAcknowledgedTime"] = TimeText(report.uplink.acknowledged_time);
  object["lastAcknowledgedEpoch"] = absl::StrFormat("%016x", report.uplink.acknowledged_epoch);
  object["lastAcknowledgedSequence"] = report.uplink.acknowledged_sequence;
  object["spoolBytes"] = report.spool.bytes;
  object["batchesWaiting"] = report.spool.batches_waiting;
  object["batchesGivenUp"] = report.spool.batches_given_up;
  object["batchesRefused"] = report.uplink.refused_batches;
  object["refusal"] = report.uplink.refusal;
  object["spoolFault"] = report.spool.fault;
  json::array probes;
  for (const ProbeHealth& probe : report.probes) probes.push_back(ProbeObject(probe));
  object["probes"] = std::move(probes);
  return json::serialize(object);
}

absl::StatusOr<std::string> StatusInWords(const std::string& text, absl::Time now) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return absl::InvalidArgumentError("the agent's answer is not understood");
  const json::object& status = value.as_object();
  std::string out;
  absl::StrAppend(&out, "machine       ", TextOf(status, "machineId"), " (", TextOf(status, "hostName"), ")\n");
  absl::StrAppend(&out, "agent         ", TextOf(status, "version"), ", pid ", NumberOf(status, "pid"), ", started ",
                  Ago(status, "startedTime", now), "\n");
  absl::StrAppend(&out, "collector     ", TextOf(status, "collector"), ", ",
                  BoolOf(status, "connected") ? "connected" : "not connected", "\n");
  if (const std::string reason = TextOf(status, "notConnectedReason"); !reason.empty()) {
    absl::StrAppend(&out, "              ", reason, "\n");
  }
  absl::StrAppend(&out, "last sample   ", Ago(status, "lastSampleTime", now), ", every ",
                  absl::FormatDuration(absl::Seconds(NumberOf(status, "intervalSeconds"))), ", ", NumberOf(status, "series"),
                  " series\n");
  absl::StrAppend(&out, "acknowledged  ", Ago(status, "lastAcknowledgedTime", now), ", batch ",
                  NumberOf(status, "lastAcknowledgedSequence"), "\n");
  absl::StrAppend(&out, "spool         ", ByteSize(static_cast<double>(NumberOf(status, "spoolBytes"))), ", ",
                  NumberOf(status, "batchesWaiting"), " batches waiting, ", NumberOf(status, "batchesGivenUp"), " given up\n");
  if (const std::string fault = TextOf(status, "spoolFault"); !fault.empty()) absl::StrAppend(&out, "              ", fault, "\n");
  if (const std::string refusal = TextOf(status, "refusal"); !refusal.empty()) {
    absl::StrAppend(&out, "refused       ", NumberOf(status, "batchesRefused"), " batches: ", refusal, "\n");
  }
  std::string well;
  std::string failing;
  const json::value* probes = status.if_contains("probes");
  for (const json::value& item : probes != nullptr && probes->is_array() ? probes->as_array() : json::array()) {
    if (!item.is_object()) continue;
    const json::object& probe = item.as_object();
    const std::string state = TextOf(probe, "state");
    if (state == "failing") {
      absl::StrAppend(&failing, "failing       ", TextOf(probe, "name"), ": ", TextOf(probe, "error"), " (last success ",
                      Ago(probe, "lastSuccessTime", now), ")\n");
    } else if (state == "ok") {
      absl::StrAppend(&well, well.empty() ? "" : " ", TextOf(probe, "name"));
    }
  }
  absl::StrAppend(&out, "probes        ", well, "\n", failing);
  return out;
}

}  // namespace steward::agent
