#include "agent/probes/unit_logs.h"

#include <map>
#include <string>
#include <utility>

#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {

std::vector<Note> ParseUnitLogs(std::string_view text) {
  std::map<std::string, std::string, std::less<>> words;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view service;
    if (!NextPart(line, '\t', service) || service.empty() || line.empty()) continue;
    std::string& told = words[std::string(service)];
    StrAppend(&told, told.empty() ? "" : " / ", line);
  }
  std::vector<Note> notes;
  for (auto& [service, told] : words) notes.push_back({service, "failed", std::move(told)});
  return notes;
}

}  // namespace steward::agent
