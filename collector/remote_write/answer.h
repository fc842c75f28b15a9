// What a receiver's answer to a write request means, and what a person can do about a bad one.
#pragma once

#include <string>

#include "collector/delivery/http_client.h"

namespace steward::collector {

enum class WriteVerdict {
  kTaken,
  kLater,  // no answer, overload, or a setting that is wrong on either side: nothing is lost by waiting
  kTooLarge,
  kOutOfOrder,  // something in it is older than the receiver takes
  kRefused,     // something in it is wrong
};

struct WriteAnswer {
  WriteVerdict verdict = WriteVerdict::kTaken;
  std::string said;    // what came back, or why nothing did; one line
  std::string remedy;  // empty if it was taken
};

WriteAnswer ReadAnswer(const HttpAnswer& answer);

}  // namespace steward::collector
