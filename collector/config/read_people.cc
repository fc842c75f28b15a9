// [[person]] and [party.*]: who is told, and when nobody is there.
#include <algorithm>

#include "base/text.h"
#include "collector/config/read_hours.h"
#include "collector/config/read_policy.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

void CheckName(const toml::table& table, std::string_view key, const std::string& name, std::string_view what,
               const std::vector<std::string>& known, ConfigErrors& errors) {
  const toml::node* node = table.get(key);
  if (node == nullptr || name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string text = StrCat("there is no ", what, " \"", name.substr(0, 60), "\"");
  if (const auto nearest = NearestWord(name, known)) StrAppend(&text, "; did you mean \"", *nearest, "\"?");
  else StrAppend(&text, "; add [[", what, "]] name = \"", name.substr(0, 60), "\"");
  errors.Add(node->source().begin, text);
}

}  // namespace

void ReadPerson(TableReader& reader, std::vector<PersonConfig>& people) {
  PersonConfig person;
  person.name = reader.RequiredString("name").value_or("");
  if (std::any_of(people.begin(), people.end(), [&](const PersonConfig& other) { return other.name == person.name; })) {
    reader.Error("name", StrCat("another [[person]] is called \"", person.name, "\"; each needs a name of its own"));
  }
  person.party = reader.Word("party", kParties).value_or("");
  if (!reader.Has("party")) reader.Error("party", "[[person]] needs party = \"partner\" or \"it-manager\"");
  person.channel = reader.RequiredString("channel").value_or("");
  ReadHours(reader, true, person.week);
  ReadHolidays(reader, person.holidays);
  person.deputy = reader.String("deputy").value_or("");
  people.push_back(std::move(person));
}

void ReadParties(TableReader& reader, std::map<std::string, PartyConfig>& parties) {
  reader.NamedTables("party", kParties, [&](const std::string& name, TableReader& one) {
    parties[name] = {one.String("lead").value_or(""), one.String("fallback").value_or("")};
  });
}

void CheckPeople(const toml::table& document, const PolicyConfig& policy, const std::vector<ChannelConfig>& channels,
                 ConfigErrors& errors) {
  std::vector<std::string> names, addresses;
  for (const PersonConfig& person : policy.people) names.push_back(person.name);
  for (const ChannelConfig& channel : channels) addresses.push_back(channel.name);
  const toml::array* people = document["person"].as_array();
  for (std::size_t i = 0; people != nullptr && i < people->size() && i < policy.people.size(); ++i) {
    const toml::table* table = people->get(i)->as_table();
    if (table == nullptr) return;
    CheckName(*table, "channel", policy.people[i].channel, "channel", addresses, errors);
    CheckName(*table, "deputy", policy.people[i].deputy, "person", names, errors);
  }
  for (const auto& [name, party] : policy.parties) {
    const toml::table* table = document["party"][name].as_table();
    if (table == nullptr) continue;
    CheckName(*table, "lead", party.lead, "person", names, errors);
    CheckName(*table, "fallback", party.fallback, "channel", addresses, errors);
  }
}

}  // namespace steward::collector
