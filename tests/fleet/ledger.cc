#include "tests/fleet/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "boost/json/object.hpp"
#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "proto/wire/descriptor.h"

namespace steward::fleet {
namespace {

constexpr std::size_t kNoteBytes = 4096 + 256;  // room for any path

absl::Status WriteAll(int file, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::write(file, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return absl::ErrnoToStatus(errno, "ledger");
    data.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

// {"metric":...,"labels":{...},"value":
std::string SeriesText(const v1::SeriesDescriptor& series) {
  boost::json::object labels;
  for (const v1::Label& label : series.labels()) labels[label.name()] = label.value();
  return absl::StrCat(R"("metric":)", boost::json::serialize(boost::json::string(series.metric())), R"(,"labels":)",
                      boost::json::serialize(labels), R"(,"value":)");
}

void AppendNumber(double value, std::string& out) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(digits, end);
}

// How much of the ledger `path` holds: all of it, unless the note names a last batch that no spool ever took.
absl::StatusOr<std::uint64_t> SizeThatHolds(const std::string& note, const std::string& path, std::uint64_t size,
                                            const std::function<bool(const InHand&)>& is_held) {
  if (note.find_first_not_of(' ') == std::string::npos) return size;
  try {
    const boost::json::object fields = boost::json::parse(note).as_object();
    const InHand in_hand{.machine = fields.at("machine").as_string().c_str(),
                         .epoch = fields.at("epoch").to_number<std::uint64_t>(),
                         .sequence = fields.at("sequence").to_number<std::uint64_t>()};
    if (fields.at("ledger").as_string() != path || is_held(in_hand)) return size;
    return std::min(fields.at("offset").to_number<std::uint64_t>(), size);
  } catch (const std::exception& error) {
    return absl::DataLossError(absl::StrCat("the note of the batch in hand is damaged: ", error.what()));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::filesystem::path& file,
                                                     const std::filesystem::path& note,
                                                     const std::function<bool(const InHand&)>& is_held) {
  const std::string path = std::filesystem::absolute(file).string();
  const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) return absl::ErrnoToStatus(errno, path);
  const int in_hand = ::open(note.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (in_hand < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, note.string());
    ::close(out);
    return status;
  }
  std::unique_ptr<Ledger> ledger(new Ledger(out, in_hand, path));  // closes both
  struct stat found {};
  if (::fstat(out, &found) != 0) return absl::ErrnoToStatus(errno, path);
  std::string text;
  std::getline(std::ifstream(note), text);
  auto size = SizeThatHolds(text, path, static_cast<std::uint64_t>(found.st_size), is_held);
  if (!size.ok()) return size.status();
  if (::ftruncate(out, static_cast<off_t>(*size)) != 0) return absl::ErrnoToStatus(errno, path);
  ledger->size_ = *size;
  if (absl::Status status = ledger->Settle(); !status.ok()) return status;
  return ledger;
}

Ledger::~Ledger() {
  ::close(file_);
  ::close(note_);
}

absl::Status Ledger::Note(std::string text) {
  if (text.size() >= kNoteBytes) return absl::InvalidArgumentError("the ledger's path is too long");
  text.resize(kNoteBytes, ' ');
  text.back() = '\n';
  if (::pwrite(note_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return absl::ErrnoToStatus(errno, "note of the batch in hand");
  }
  return absl::OkStatus();
}

absl::Status Ledger::Write(const InHand& in_hand, absl::Time time, const v1::DescriptorSet& series,
                           const wire::SampleBatch& batch) {
  const std::string head =
      absl::StrCat(R"({"machine":")", in_hand.machine, R"(","time":")",
                   absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()), R"(",)");
  text_.clear();
  std::uint64_t count = 0;
  for (const wire::GroupSample& group : batch.groups) {
    for (const wire::SeriesValue& value : group.values) {
      const v1::SeriesDescriptor& descriptor = series.series(static_cast<int>(value.series - 1));
      absl::StrAppend(&text_, head, SeriesText(descriptor));
      AppendNumber(wire::ScaledValue(descriptor, value.value), text_);
      text_ += "}\n";
      ++count;
    }
  }
  absl::Status status = Note(boost::json::serialize(boost::json::object{{"machine", in_hand.machine},
                                                                         {"epoch", in_hand.epoch},
                                                                         {"sequence", in_hand.sequence},
                                                                         {"offset", size_},
                                                                         {"ledger", path_}}));
  if (status.ok()) status = WriteAll(file_, text_);
  if (!status.ok()) return status;
  size_ += text_.size();
  samples_ += count;
  return absl::OkStatus();
}

absl::Status Ledger::Settle() { return Note(""); }

}  // namespace steward::fleet
