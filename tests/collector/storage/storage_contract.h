// The ground of the contract tests: each runs against every implementation of Storage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "collector/storage/storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {

struct StorageKind {
  std::string name;
  std::function<std::unique_ptr<Storage>(const std::filesystem::path& folder)> open;
};

inline void PrintTo(const StorageKind& kind, std::ostream* out) { *out << kind.name; }

// A folder of its own that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline constexpr char kMachine[] = "11111111-2222-4333-8444-555555555555";
inline constexpr char kOtherMachine[] = "99999999-2222-4333-8444-555555555555";

inline absl::Time At(double seconds) { return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(seconds); }

MachineRecord TestMachine(const std::string& id = kMachine, const std::string& host = "alpha");
BatchRecord TestBatch(std::uint64_t epoch, std::uint64_t segment, std::uint64_t sequence,
                      const std::string& samples = "payload");

class StorageContract : public testing::TestWithParam<StorageKind> {
 protected:
  StorageContract() : storage_(GetParam().open(folder_.path())) {}

  absl::Status Write(Storage::WriteFunction write) { return storage_->WriteAndWait(std::move(write)); }
  // What `read` returns, out of a Read of its own.
  template <class Function>
  auto Read(Function read) {
    decltype(read(std::declval<StorageReader&>())) result = absl::UnknownError("not run");
    const absl::Status status = storage_->Read([&](StorageReader& reader) {
      result = read(reader);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return result;
  }
  void PutMachine(const MachineRecord& machine = TestMachine()) {
    const absl::Status status = Write([&](StorageTransaction& t) { return t.PutMachine(machine); });
    ASSERT_TRUE(status.ok()) << status;
  }
  absl::StatusOr<AppendResult> Append(const BatchRecord& batch);
  std::vector<SequenceInterval> Committed(std::uint64_t epoch, const std::string& machine = kMachine);

  TemporaryFolder folder_;
  std::unique_ptr<Storage> storage_;
};

}  // namespace steward::collector
