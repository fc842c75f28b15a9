#include "collector/policy/help_to_act.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/text.h"

namespace steward::collector {
namespace {

// What a machine says of itself goes into a link that people click: nothing in it may end or extend the part it stands in.
std::string Encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '.' || c == '-' || c == '_' || c == ':') encoded += c;
    else absl::StrAppendFormat(&encoded, "%%%02X", byte);
  }
  return encoded;
}

std::string PlaceOf(const std::string& name, const MachinePlaces& places) {
  if (name == "host") return places.host;
  if (name == "fqdn") return places.fqdn;
  if (name == "serial") return places.serial;
  return name == "address" ? places.address : "";
}

}  // namespace

std::string FillLink(const std::string& link, const MachinePlaces& places) {
  std::string filled;
  std::size_t at = 0;
  while (at < link.size()) {
    const std::size_t open = std::min(link.find('{', at), link.size());
    StrAppend(&filled, link.substr(at, open - at));
    if (open == link.size()) break;
    const std::size_t end = link.find('}', open);
    const std::string place = end == std::string::npos ? "" : PlaceOf(link.substr(open + 1, end - open - 1), places);
    if (place.empty()) return "";
    StrAppend(&filled, Encoded(place));
    at = end + 1;
  }
  return filled;
}

void HelpToAct::UsePolicy(const PolicyConfig& policy) {
  runbooks_ = policy.runbooks;
  remote_links_ = policy.remote_links;
  known_.clear();
}

void HelpToAct::Fill(v1::Issue& issue) {
  const auto runbook = runbooks_.find(issue.type());
  issue.set_runbook(runbook == runbooks_.end() ? "" : runbook->second);
  const auto link = remote_links_.find(issue.class_());
  if (link == remote_links_.end() || issue.machine_id().empty()) return issue.clear_remote_link();
  const auto [known, is_new] = known_.try_emplace(issue.machine_id());
  if (is_new || ++known->second.used > kAskedAgain) known->second = {places_of_(issue.machine_id()), 0};
  issue.set_remote_link(FillLink(link->second, known->second.places));
}

}  // namespace steward::collector
