// How far a target has got, kept in the storage: a setting of its own, by the target's name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/storage/storage.h"

namespace steward::collector {

struct RemoteWritePlace {
  std::string cursor;     // StorageReader::ReadCommits
  absl::Time level_time;  // when the receiver last had all that was committed, on the collector's wall clock
};

// Used on `executor`, which is one thread.
class KeptCursor {
 public:
  KeptCursor(Storage& storage, boost::asio::any_io_executor executor, const std::string& target)
      : storage_(storage), executor_(std::move(executor)), target_(target), key_("remote_write/" + target) {}

  // None: a new target. Errors: of the storage.
  absl::StatusOr<std::optional<RemoteWritePlace>> Load();
  // Queues it; while one is written only the newest of the following is kept. What a crash or a full disk leaves
  // unwritten is sent once more.
  void Keep(RemoteWritePlace place);

 private:
  void Write();

  Storage& storage_;
  boost::asio::any_io_executor executor_;
  const std::string target_, key_;
  std::optional<RemoteWritePlace> waiting_;
  bool writing_ = false;
  bool failing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
