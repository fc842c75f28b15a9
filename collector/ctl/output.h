// What several commands print alike.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/ctl/commands.h"
#include "collector/ctl/table.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// The message in protobuf's JSON mapping, fields with default values included.
absl::Status PrintJson(const CtlContext& context, const google::protobuf::Message& message);

absl::Time TimeOf(const google::protobuf::Timestamp& time);
// "2026-11-22 09:12:00 (3 min ago)"; "never" if the field is absent.
std::string BothTimes(bool present, const google::protobuf::Timestamp& time, absl::Time now);
// "3 min ago"; "never" if the field is absent.
std::string Ago(bool present, const google::protobuf::Timestamp& time, absl::Time now);

Colour SeverityColour(const std::string& severity);

// "Name:      value" lines under each other.
class Details {
 public:
  void Add(std::string name, std::string value) { lines_.emplace_back(std::move(name), std::move(value)); }
  void AddIfAny(std::string name, std::string value) {
    if (!value.empty()) Add(std::move(name), std::move(value));
  }
  void Print(const CtlContext& context) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// The days of the coverage record, with what is missing and why.
void PrintCoverage(const CtlContext& context, const v1::GetMachineResponse& response);

// A heading above a part of the output.
void PrintHeading(const CtlContext& context, const std::string& heading);

}  // namespace steward::collector
