// [[window]]: when, each week, machines may be disturbed.
#include <algorithm>

#include "base/text.h"
#include "collector/config/read_policy.h"
#include "collector/config/weekdays.h"
#include "collector/config/words.h"

namespace steward::collector {
namespace {

std::optional<absl::Duration> ReadTime(TableReader& reader, std::string_view key, std::string_view example) {
  const auto text = reader.String(key);
  const bool midnight = key == "to" && text && *text == "24:00";
  const auto time = !text ? std::nullopt : midnight ? absl::Hours(24) : ParseDayTime(*text);
  if (!time) {
    const std::string what = text ? StrCat("\"", text->substr(0, 40), "\" is not a time of day") : StrCat("[[window]] needs ", key);
    reader.Error(key, StrCat(what, "; write ", key, " = \"", example, "\""));
  }
  return time;
}

}  // namespace

void ReadWindow(TableReader& reader, std::vector<WindowConfig>& windows) {
  WindowConfig window;
  window.name = reader.RequiredString("name").value_or("");
  if (std::any_of(windows.begin(), windows.end(), [&](const WindowConfig& other) { return other.name == window.name; })) {
    reader.Error("name", StrCat("another [[window]] is called \"", window.name, "\"; each needs a name of its own"));
  }
  window.machine = reader.String("machine").value_or("");
  window.machine_class = reader.Word("class", kClasses).value_or("");
  window.site = reader.String("site").value_or("");
  if (!reader.Has("machine") && !reader.Has("class") && !reader.Has("site")) {
    reader.Error("site", "[[window]] needs site = \"...\", class = \"...\" or machine = \"...\": which machines may be disturbed");
  }
  if (const auto days = ReadWeekdays(reader, "weekly")) window.days = *days;
  if (!reader.Has("weekly")) {
    reader.Error("weekly", "[[window]] needs weekly = [\"sun\"]: the days on which it begins; for a single one there is `stewardctl window add`");
  }
  window.hours.from = ReadTime(reader, "from", "02:00").value_or(absl::ZeroDuration());
  window.hours.to = ReadTime(reader, "to", "06:00").value_or(absl::ZeroDuration());
  if (reader.Has("from") && reader.Has("to") && window.hours.empty()) {
    reader.Error("to", "a window that ends when it begins has no length; write from = \"02:00\" and to = \"06:00\"");
  }
  windows.push_back(std::move(window));
}

}  // namespace steward::collector
