#include "collector/backup/archive.h"

#include <cstring>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

// Clear text in the place of a sealed stream.
class TextReader final : public ExactReader {
 public:
  explicit TextReader(std::string text) : text_(std::move(text)) {}
  absl::Status Read(char* to, std::size_t size) override {
    if (text_.size() - at_ < size) return absl::DataLossError("ends early");
    std::memcpy(to, text_.data() + at_, size);
    at_ += size;
    return absl::OkStatus();
  }
  absl::Status ExpectEnd() override { return at_ == text_.size() ? absl::OkStatus() : absl::DataLossError("more"); }

 private:
  const std::string text_;
  std::size_t at_ = 0;
};

std::string Entry(const std::string& name, const std::string& content, std::uint64_t bytes) {
  std::string entry(1, static_cast<char>(name.size()));
  entry += name;
  for (int i = 0; i < 8; ++i) entry += static_cast<char>(bytes >> (8 * i));
  return entry + content;
}
std::string Entry(const std::string& name, const std::string& content) { return Entry(name, content, content.size()); }

const std::string kEnd(1, '\0');

// The names that are read, or why not.
absl::StatusOr<std::string> Names(const std::string& text) {
  TextReader text_reader(text);
  ArchiveReader reader(text_reader);
  std::string names;
  while (true) {
    auto entry = reader.Next();
    if (!entry.ok()) return entry.status();
    if (entry->name.empty()) return names;
    std::string content(entry->bytes, '\0');
    if (absl::Status status = reader.Read(content.data(), content.size()); !status.ok()) return status;
    names += entry->name + "=" + content + " ";
  }
}

TEST(Archive, GivesItsEntriesInOrder) {
  EXPECT_EQ(*Names(Entry("manifest.json", "{}") + Entry("ca.key", "k") + Entry("collector.db", "") + kEnd),
            "manifest.json={} ca.key=k collector.db= ");
}

TEST(Archive, RefusesWhatNoCollectorWrites) {
  const std::string manifest = Entry("manifest.json", "{}");
  for (const std::string& text : {
           std::string(),
           manifest,                                                     // no end
           Entry("ca.key", "k") + kEnd,                                  // without its manifest first
           manifest + manifest + kEnd,                                   // twice
           manifest + Entry("ca.key", "k") + Entry("ca.key", "k") + kEnd,
           manifest + Entry("../../etc/cron.d/x", "k") + kEnd,           // out of the folder
           manifest + Entry("/etc/passwd", "k") + kEnd,
           manifest + Entry(std::string("ca.key\0x", 8), "k") + kEnd,
           manifest + Entry("ca.key", "k", 1 << 30) + kEnd,              // a key of a gigabyte
           manifest + Entry("collector.db", "k", 2) + kEnd,
           manifest + kEnd + "more",
       }) {
    EXPECT_EQ(Names(text).status().code(), absl::StatusCode::kDataLoss) << text;
  }
}

}  // namespace
}  // namespace steward::collector
