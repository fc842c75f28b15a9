// All targets of [[remote_write]], on a thread of their own: a slow receiver, or a long past to be sent, delays neither
// ingest nor messages to people.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "collector/config/config.h"
#include "collector/storage/storage.h"
#include "prometheus/registry.h"

namespace steward::collector {

class RemoteWriter {
 public:
  // Begins at once. All references outlive the object, whose end leaves what is under way to be sent again.
  // Errors: a secret's file, with what to do.
  static absl::StatusOr<std::unique_ptr<RemoteWriter>> Start(absl::Span<const RemoteWriteConfig> targets,
                                                             Storage& storage, Clock& clock,
                                                             prometheus::Registry& registry);
  virtual ~RemoteWriter() = default;
};

}  // namespace steward::collector
