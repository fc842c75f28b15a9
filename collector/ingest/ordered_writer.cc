#include "collector/ingest/ordered_writer.h"

#include <utility>

#include "boost/asio/post.hpp"
#include "collector/ingest/limits.h"

namespace steward::collector {
namespace {

// Everything else is the disk's or the store's trouble, which passes.
bool IsForGood(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) || absl::IsOutOfRange(status) ||
         absl::IsAlreadyExists(status) || absl::IsNotFound(status) || absl::IsPermissionDenied(status);
}

}  // namespace

OrderedWriter::OrderedWriter(Storage& storage, Clock& clock, boost::asio::any_io_executor core,
                             std::function<void(absl::Status)> on_trouble)
    : storage_(storage), core_(core), on_trouble_(std::move(on_trouble)), retry_(clock.NewTimer(core)) {}

void OrderedWriter::Write(WriteFunction write, Finished finished, std::size_t bytes) {
  auto item = std::make_shared<Item>(Item{std::move(write), std::move(finished), bytes});
  pending_.push_back(item);
  pending_bytes_ += bytes;
  if (!in_trouble_ && !stopped_) Submit(item);
}

void OrderedWriter::Submit(const std::shared_ptr<Item>& item) {
  storage_.Write(
      [item, gate = gate_, round = round_](StorageTransaction& transaction) -> absl::Status {
        if (gate->load() >= round) return absl::AbortedError("an earlier write of this stream failed");
        absl::Status status = item->write(transaction);
        if (!status.ok()) gate->store(round);
        return status;
      },
      // Handed on whole, so that the last reference is dropped on the core thread.
      [self = shared_from_this(), item, round = round_](absl::Status status) mutable {
        if (!status.ok()) self->gate_->store(round);
        const boost::asio::any_io_executor core = self->core_;
        boost::asio::post(core, [self = std::move(self), item, round, status = std::move(status)]() mutable {
          self->OnDone(item, round, std::move(status));
        });
      },
      item->bytes);
}

void OrderedWriter::OnDone(const std::shared_ptr<Item>& item, std::uint64_t round, absl::Status status) {
  if (status.ok() || (IsForGood(status) && round == round_ && !in_trouble_)) {
    // Writes are done in order, so a durable one is always the first that waits.
    if (!pending_.empty() && pending_.front() == item) {
      pending_.pop_front();
      pending_bytes_ -= item->bytes;
    }
    item->finished(std::move(status));
    return;
  }
  if (stopped_ || round != round_ || in_trouble_) return;
  in_trouble_ = true;
  retry_->Start(kStorageRetryDelay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->TryAgain();
  });
  on_trouble_(std::move(status));
}

void OrderedWriter::TryAgain() {
  if (stopped_) return;
  in_trouble_ = false;
  ++round_;
  for (const std::shared_ptr<Item>& item : pending_) Submit(item);
}

void OrderedWriter::Stop() {
  stopped_ = true;
  retry_->Cancel();
}

}  // namespace steward::collector
