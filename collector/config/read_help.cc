// [runbooks], [remote_link], [[responsibility]]: what to do about an issue, how to get onto the machine, whose move it is.
#include <algorithm>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/config/read_policy.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

const std::vector<std::string> kPlaces = {"fqdn", "host", "serial", "address"};

void CheckWord(TableReader& reader, std::string_view key, const std::string& word, std::string_view what,
               const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), word) != known.end()) return;
  std::string text = StrCat("there is no ", what, " \"", word.substr(0, 60), "\"");
  if (const auto nearest = NearestWord(word, known)) StrAppend(&text, "; did you mean \"", *nearest, "\"?");
  else if (known.size() < 10) StrAppend(&text, "; write one of: ", absl::StrJoin(known, ", "));
  else StrAppend(&text, "; `stewardctl machine watched NAME` lists them");
  reader.Error(key, text);
}

// {fqdn} and the like.
void CheckPlaces(TableReader& reader, const std::string& key, const std::string& text) {
  std::size_t at = 0;
  while ((at = text.find('{', at)) != std::string::npos) {
    const std::size_t end = text.find('}', at);
    const std::string place = end == std::string::npos ? "" : text.substr(at + 1, end - at - 1);
    if (std::find(kPlaces.begin(), kPlaces.end(), place) == kPlaces.end()) {
      reader.Error(key, StrCat("\"{", place.substr(0, 20), end == std::string::npos ? "\" does not end" : "}\" is not known",
                               "; a link may have {fqdn}, {host}, {serial} and {address}"));
      return;
    }
    at = end;
  }
}

}  // namespace

void ReadRunbooks(TableReader& reader, const std::vector<std::string>& types, std::map<std::string, std::string>& runbooks) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : reader.table()) keys.emplace_back(key.str());
  for (const std::string& type : keys) {
    CheckWord(reader, type, type, "type of issue", types);
    if (auto link = reader.HttpUrl(type, true)) runbooks[type] = *std::move(link);
  }
}

void ReadRemoteLinks(TableReader& reader, std::map<std::string, std::string>& links) {
  for (const std::string& machine_class : kClasses) {
    const auto link = reader.String(machine_class);
    if (!link) continue;
    CheckPlaces(reader, machine_class, *link);
    const std::size_t scheme = link->find("://");
    if (scheme == std::string::npos || scheme == 0 || link->find(' ') != std::string::npos) {
      reader.Error(machine_class, StrCat("\"", link->substr(0, 60), "\" is no link; write one such as \"rdp://{fqdn}\" or \"ssh://{host}\""));
    }
    links[machine_class] = *link;
  }
}

void ReadResponsibility(TableReader& reader, const std::vector<std::string>& types, std::vector<ResponsibilityConfig>& rows) {
  ResponsibilityConfig row;
  row.party = reader.Word("party", kParties).value_or("");
  if (!reader.Has("party")) reader.Error("party", "[[responsibility]] needs party = \"partner\" or \"it-manager\"");
  row.site = reader.String("site").value_or("");
  row.types = reader.Strings("types").value_or(std::vector<std::string>());
  for (const std::string& type : row.types) CheckWord(reader, "types", type, "type of issue", types);
  row.severities = reader.Strings("severities").value_or(std::vector<std::string>());
  for (const std::string& severity : row.severities) CheckWord(reader, "severities", severity, "severity", kSeverities);
  rows.push_back(std::move(row));
}

}  // namespace steward::collector
