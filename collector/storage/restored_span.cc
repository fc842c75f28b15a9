#include "collector/storage/restored_span.h"

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace steward::collector {
namespace {

constexpr char kSetting[] = "restored";  // a line each: milliseconds of the backup, of the restoring
constexpr std::size_t kKept = 100;

}  // namespace

absl::StatusOr<std::vector<RestoredSpan>> ListRestored(StorageReader& reader) {
  const auto setting = reader.GetSetting(kSetting);
  if (!setting.ok()) return setting.status();
  std::vector<RestoredSpan> spans;
  const std::string text = setting->value_or("");
  for (const auto& line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    std::int64_t backup_ms = 0, restore_ms = 0;
    if (words.size() != 2 || !absl::SimpleAtoi(words[0], &backup_ms) || !absl::SimpleAtoi(words[1], &restore_ms))
      continue;
    spans.push_back({absl::FromUnixMillis(backup_ms), absl::FromUnixMillis(restore_ms)});
  }
  return spans;
}

absl::Status NoteRestored(StorageTransaction& transaction, const RestoredSpan& span) {
  if (span.backup_time >= span.restore_time) return absl::OkStatus();
  auto spans = ListRestored(transaction);
  if (!spans.ok()) return spans.status();
  spans->push_back(span);
  std::string text;
  for (std::size_t i = spans->size() > kKept ? spans->size() - kKept : 0; i < spans->size(); ++i) {
    absl::StrAppend(&text, absl::ToUnixMillis((*spans)[i].backup_time), " ",
                    absl::ToUnixMillis((*spans)[i].restore_time), "\n");
  }
  return transaction.PutSetting(kSetting, text);
}

}  // namespace steward::collector
