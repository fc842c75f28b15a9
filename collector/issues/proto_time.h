// absl::Time as protobuf's Timestamp and back.
#pragma once

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace steward::collector {

inline void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const timespec spec = absl::ToTimespec(time);
  out.set_seconds(spec.tv_sec);
  out.set_nanos(static_cast<std::int32_t>(spec.tv_nsec));
}

inline absl::Time GetTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace steward::collector
