#include "collector/backup/sealed_stream.h"

#include <cstring>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;

constexpr char kSecret[] = "a secret of some length";
constexpr int kCheap = 10;

ByteSource From(const std::string& bytes) {
  return [bytes, at = std::size_t{0}](char* to, std::size_t size) mutable -> absl::StatusOr<std::size_t> {
    const std::size_t take = std::min(size, bytes.size() - at);
    std::memcpy(to, bytes.data() + at, take);
    at += take;
    return take;
  };
}

std::string Sealed(const std::string& plain, const std::string& hint = "/etc/key") {
  std::string sealed;
  auto writer = SealedWriter::Open(kSecret, hint, SystemRandom(), [&](std::string_view bytes) {
    sealed += bytes;
    return absl::OkStatus();
  }, kCheap);
  EXPECT_TRUE(writer.ok()) << writer.status();
  EXPECT_TRUE(writer->Write(std::string_view(plain).substr(0, plain.size() / 3)).ok());
  EXPECT_TRUE(writer->Write(std::string_view(plain).substr(plain.size() / 3)).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return sealed;
}

// What is read of `size` bytes, and whether the end is where it should be.
absl::StatusOr<std::string> Opened(const std::string& sealed, std::size_t size, std::string_view secret = kSecret) {
  ByteSource source = From(sealed);
  auto head = ReadSealHead(source);
  if (!head.ok()) return head.status();
  auto reader = SealedReader::Open(*head, secret, source);
  if (!reader.ok()) return reader.status();
  std::string plain(size, '\0');
  absl::Status status = reader->Read(plain.data(), size);
  if (status.ok()) status = reader->ExpectEnd();
  if (!status.ok()) return status;
  return plain;
}

std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

TEST(SealedStream, GivesBackWhatWasWrittenAtEverySize) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kSealedPieceBytes - 1, kSealedPieceBytes, kSealedPieceBytes + 1,
                                 2 * kSealedPieceBytes, 3 * kSealedPieceBytes + 17}) {
    const std::string plain = Pattern(size);
    const auto opened = Opened(Sealed(plain), size);
    ASSERT_TRUE(opened.ok()) << size << ": " << opened.status();
    EXPECT_TRUE(*opened == plain) << size;
  }
}

TEST(SealedStream, SaysWhereTheKeyIsAndHidesTheRest) {
  const std::string sealed = Sealed("the CA's key", "/srv/steward.backup-key");
  const auto head = ReadSealHead(From(sealed));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->hint, "/srv/steward.backup-key");
  EXPECT_EQ(sealed.find("CA's"), std::string::npos);
  EXPECT_NE(Sealed("same"), Sealed("same")) << "each has a salt of its own";
}

TEST(SealedStream, TellsAnotherKeyFromDamage) {
  const std::string sealed = Sealed("content");
  EXPECT_TRUE(absl::IsPermissionDenied(Opened(sealed, 7, "another secret").status()));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    EXPECT_FALSE(Opened(damaged, 7).ok()) << "byte " << at;
  }
}

TEST(SealedStream, NoticesEveryCut) {
  const std::string plain = Pattern(2 * kSealedPieceBytes);
  const std::string sealed = Sealed(plain);
  for (const std::size_t keep : {std::size_t{0}, std::size_t{5}, std::size_t{30}, std::size_t{44}, sealed.size() / 2, sealed.size() - 1,
                                 sealed.size() - kSealedPieceBytes - 16}) {
    EXPECT_EQ(Opened(sealed.substr(0, keep), plain.size()).status().code(), absl::StatusCode::kDataLoss) << keep;
  }
  EXPECT_EQ(Opened(sealed + "x", plain.size()).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Opened(sealed, plain.size() - 1).status().code(), absl::StatusCode::kDataLoss) << "more than was read";
  EXPECT_EQ(Opened(sealed, plain.size() + 1).status().code(), absl::StatusCode::kDataLoss) << "less than was asked for";
}

TEST(SealedStream, NoticesPiecesThatChangedPlaces) {
  const std::string plain = Pattern(3 * kSealedPieceBytes);
  std::string sealed = Sealed(plain, "");
  const std::size_t head = sealed.size() - 3 * (kSealedPieceBytes + 16);
  const std::string first = sealed.substr(head, kSealedPieceBytes + 16);
  const std::string second = sealed.substr(head + first.size(), first.size());
  sealed.replace(head, first.size(), second).replace(head + first.size(), first.size(), first);
  EXPECT_EQ(Opened(sealed, plain.size()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SealedStream, RefusesWhatIsNoBackupOrDemandsTooMuch) {
  EXPECT_THAT(std::string(ReadSealHead(From("SQLite format 3")).status().message()), HasSubstr("not a backup"));
  std::string sealed = Sealed("x");
  sealed[8] = 2;
  EXPECT_THAT(std::string(ReadSealHead(From(sealed)).status().message()), HasSubstr("format 2"));
  sealed[8] = 1;
  sealed[9] = 40;  // a terabyte of memory for its key
  EXPECT_THAT(std::string(ReadSealHead(From(sealed)).status().message()), HasSubstr("damaged"));
}

TEST(SealedStream, HandsOnWhatTheDiskSays) {
  int calls = 0;
  auto writer = SealedWriter::Open(kSecret, "", SystemRandom(), [&](std::string_view) {
    return ++calls > 1 ? absl::ResourceExhaustedError("full") : absl::OkStatus();
  }, kCheap);
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE(absl::IsResourceExhausted(writer->Write(Pattern(2 * kSealedPieceBytes))));
}

}  // namespace
}  // namespace steward::collector
