// The fleet's own account of what was sampled, independent of spool, wire and collector: JSON lines
// {machine,time,metric,labels,value}, written before the spool sees the batch.
//
// A process that is killed between ledger and spool leaves samples in the ledger that were never taken in. All batches
// go through one thread, so this is one batch at most, the last in the file: a note beside the state ("in hand") names
// it, and the next start cuts it off if the spool does not hold it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/wire/samples.h"
#include "steward/v1/sample.pb.h"

namespace steward::fleet {

// The batch that the spool is about to take.
struct InHand {
  std::string machine;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
};

class Ledger {
 public:
  // Appends to `file`. `note` is the file of the batch in hand; `is_held` says whether a machine's spool holds it.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const std::filesystem::path& file,
                                                      const std::filesystem::path& note,
                                                      const std::function<bool(const InHand&)>& is_held);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // All values of the batch, in one write. `series` are the descriptors by id - 1.
  absl::Status Write(const InHand& in_hand, absl::Time time, const v1::DescriptorSet& series,
                     const wire::SampleBatch& batch);
  // The spool has it.
  absl::Status Settle();

  std::uint64_t samples() const { return samples_; }

 private:
  Ledger(int file, int note, std::string path) : file_(file), note_(note), path_(std::move(path)) {}
  absl::Status Note(std::string text);

  const int file_;
  const int note_;
  const std::string path_;
  std::uint64_t size_ = 0;
  std::uint64_t samples_ = 0;
  std::string text_;
};

}  // namespace steward::fleet
