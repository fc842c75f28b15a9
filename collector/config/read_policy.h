// The parts of load_config.h that read what people decide.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/config/config.h"
#include "collector/config/table_reader.h"

namespace steward::collector {

// Each appends what the table describes; its mistakes are noted at the reader.
void ReadSite(TableReader& reader, std::vector<SiteConfig>& sites);
void ReadGroup(TableReader& reader, std::vector<GroupConfig>& groups);
// [service_level], a table a severity.
void ReadServiceLevels(TableReader& reader, std::map<std::string, ServiceLevelConfig>& levels);
// A window may name a site that no [[site]] describes: machines name theirs when they enrol.
void ReadWindow(TableReader& reader, std::vector<WindowConfig>& windows);
// `types`: of issues that there are.
void ReadRunbooks(TableReader& reader, const std::vector<std::string>& types, std::map<std::string, std::string>& runbooks);
void ReadRemoteLinks(TableReader& reader, std::map<std::string, std::string>& links);
// [first_weeks]
void ReadFirstWeeks(TableReader& reader, FirstWeeksConfig& first_weeks);
void ReadPerson(TableReader& reader, std::vector<PersonConfig>& people);
void ReadParties(TableReader& reader, std::map<std::string, PartyConfig>& parties);
// Whether the people and channels that they name are there; when all of the document is read.
void CheckPeople(const toml::table& document, const PolicyConfig& policy, const std::vector<ChannelConfig>& channels,
                 ConfigErrors& errors);
// [[register]]
void ReadRegister(TableReader& reader, std::vector<RegisterEntry>& entries);
void ReadResponsibility(TableReader& reader, const std::vector<std::string>& types, std::vector<ResponsibilityConfig>& rows);

}  // namespace steward::collector
