#include "collector/report/privacy_report.h"

#include <set>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Statement.h"
#include "boost/json.hpp"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;

TEST(PrivacyReport, NamesEveryTableOnce) {
  const TemporaryDirectory folder;
  const auto path = folder.path() / "collector.db";
  ASSERT_TRUE(OpenSqliteStorage(path).ok());
  SQLite::Database database(path.string());
  SQLite::Statement query(database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  std::multiset<std::string> stored, told;
  while (query.executeStep()) stored.insert(query.getColumn(0).getString());
  for (const KeptKind& kind : KeptKinds(Config())) told.insert(kind.tables.begin(), kind.tables.end());
  EXPECT_EQ(stored, told) << "whoever adds a table says in collector/report/privacy_report.cc what is in it, why and how long";
}

TEST(PrivacyReport, TellsTheSettingsAsTheyAre) {
  Config config;
  config.backup.keep = 3;
  config.backup.directory = "/srv/backups";
  config.channels.emplace_back();
  config.channels.back().name = "partner";
  config.channels.back().type = "webhook";
  const std::string text = PrivacyReportText(config);
  for (const char* words : {"30 days", "400 days", "newest 3", "/srv/backups", "partner (webhook)", "keystrokes", "15s"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
  EXPECT_EQ(text.find("nobody: no [[channel]]"), std::string::npos);
  EXPECT_THAT(PrivacyReportText(Config()), HasSubstr("nobody: no [[channel]]"));
}

TEST(PrivacyReport, IsJsonForPrograms) {
  const boost::json::value report = boost::json::parse(PrivacyReportJson(Config()));
  for (const boost::json::value& kind : report.at("kinds").as_array()) {
    for (const char* field : {"what", "why", "kept", "readers"}) EXPECT_FALSE(kind.at(field).as_string().empty()) << field;
  }
  EXPECT_GT(report.at("never").as_array().size(), 3u);
}

}  // namespace
}  // namespace steward::collector
