#include "agent/report/backup_output.h"

#include <algorithm>
#include <utility>

#include "agent/report/json_fields.h"
#include "base/text.h"
#include "proto/wire/utf8.h"

namespace steward::agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kWhyBytesMax = 500;

class ResticOutput final : public BackupOutput {
 public:
  void Take(std::string_view part) override {
    while (!part.empty()) {
      const std::size_t end = std::min(part.find('\n'), part.size());
      too_long_ = too_long_ || line_.size() + end > kBackupLineBytesMax;
      if (!too_long_) line_.append(part.substr(0, end));
      if (end < part.size()) EndLine();
      part.remove_prefix(std::min(end + 1, part.size()));
    }
  }

  BackupOutcome Finish() override {
    EndLine();
    if (!exit_error_.empty()) return Failed(exit_error_);
    if (!has_summary_) return Failed("restic gave no summary: it did not end, or was called without --json");
    if (is_dry_run_) return Failed("restic was called with --dry-run");
    if (errors_ > 0) return Failed(StrCat(errors_, errors_ == 1 ? " file" : " files", " could not be read: ", first_error_));
    outcome_.ok = true;
    return std::move(outcome_);
  }

 private:
  void EndLine() {
    if (!too_long_ && line_.starts_with('{')) {
      if (const json::value message = ParseJson(line_); message.is_object()) Message(message.as_object());
    }
    line_.clear();
    too_long_ = false;
  }

  void Message(const json::object& message) {
    const std::string_view type = TextField(message, "message_type");
    if (type == "summary") {
      has_summary_ = true;
      const json::value* dry_run = message.if_contains("dry_run");
      is_dry_run_ = dry_run != nullptr && dry_run->is_bool() && dry_run->as_bool();
      outcome_.bytes = UnsignedField(message, "total_bytes_processed");
      outcome_.duration = DurationField(message, "total_duration");
    } else if (type == "error" && TextField(message, "during") != "scan") {  // what matters of those comes again
      if (errors_++ == 0) first_error_ = TextField(message, "item");
    } else if (type == "exit_error") {
      exit_error_ = TextField(message, "message");
      if (exit_error_.empty()) exit_error_ = "restic ended with an error";
    }
  }

  BackupOutcome Failed(std::string_view why) {
    outcome_.why = wire::EscapedUtf8(why, kWhyBytesMax);
    return std::move(outcome_);
  }

  std::string line_;
  bool too_long_ = false;
  bool has_summary_ = false;
  bool is_dry_run_ = false;
  std::uint64_t errors_ = 0;
  std::string first_error_;
  std::string exit_error_;
  BackupOutcome outcome_;
};

class BorgOutput final : public BackupOutput {
 public:
  void Take(std::string_view part) override { text_.append(part.substr(0, kBackupDocumentBytesMax - text_.size())); }

  BackupOutcome Finish() override {
    BackupOutcome outcome;
    std::string_view rest = text_;
    while (!rest.empty()) {
      if (const std::size_t size = rest.front() == '{' ? TakeObject(rest, outcome) : 0; size > 0) rest.remove_prefix(size);
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    if (!outcome.ok) outcome.why = "borg told of no archive: it did not make one, or was called without --json";
    return outcome;
  }

 private:
  // The size of the JSON value at the start of `text`, less one; 0: there is none. What is no archive is a message of --log-json.
  static std::size_t TakeObject(std::string_view text, BackupOutcome& outcome) {
    json::stream_parser parser;
    boost::system::error_code error;
    const std::size_t size = parser.write_some(text.data(), text.size(), error);
    if (error || !parser.done()) return 0;
    const json::value value = parser.release();
    const json::object* archive = value.is_object() ? ObjectField(value.as_object(), "archive") : nullptr;
    if (archive == nullptr) return size - 1;
    outcome.ok = true;
    outcome.duration = DurationField(*archive, "duration");
    if (const json::object* stats = ObjectField(*archive, "stats")) outcome.bytes = UnsignedField(*stats, "original_size");
    return size - 1;
  }

  std::string text_;
};

}  // namespace

std::unique_ptr<BackupOutput> NewResticOutput() { return std::make_unique<ResticOutput>(); }
std::unique_ptr<BackupOutput> NewBorgOutput() { return std::make_unique<BorgOutput>(); }

}  // namespace steward::agent
