#include "tests/collector/storage/storage_contract.h"

#include <cstdlib>

namespace steward::collector {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "steward-storage-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

MachineRecord TestMachine(const std::string& id, const std::string& host) {
  MachineRecord machine;
  machine.id = id;
  machine.host_name = host;
  machine.instance = host;
  machine.site = "main";
  machine.machine_class = "server";
  machine.hardware_fingerprint = "ff00";
  machine.operating_system = "Debian GNU/Linux 12 (bookworm)";
  machine.agent_version = "0.1.0";
  machine.address = "10.0.0.7";
  machine.enrolled_time = At(0);
  machine.certificate_expire_time = At(90 * 86400);
  machine.interval = absl::Seconds(30);
  return machine;
}

BatchRecord TestBatch(std::uint64_t epoch, std::uint64_t segment, std::uint64_t sequence, const std::string& samples) {
  BatchRecord batch;
  batch.machine_id = kMachine;
  batch.epoch = epoch;
  batch.segment_first_sequence = segment;
  batch.sequence = sequence;
  batch.time = At(15.0 * static_cast<double>(sequence));
  batch.samples = samples;
  batch.sample_count = 150;
  return batch;
}

absl::StatusOr<AppendResult> StorageContract::Append(const BatchRecord& batch) {
  absl::StatusOr<AppendResult> result = absl::UnknownError("not run");
  const absl::Status status = Write([&](StorageTransaction& t) {
    result = t.AppendBatch(batch);
    return result.status();
  });
  EXPECT_EQ(status, result.status());
  return result;
}

std::vector<SequenceInterval> StorageContract::Committed(std::uint64_t epoch, const std::string& machine) {
  const auto intervals = Read([&](StorageReader& r) { return r.CommittedIntervals(machine, epoch); });
  EXPECT_TRUE(intervals.ok()) << intervals.status();
  return intervals.value_or(std::vector<SequenceInterval>());
}

}  // namespace steward::collector
