// The way from the management API to the issue engine: what people do.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/issues/actor.h"
#include "collector/storage/records.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Thread-safe. `done` is called once, on any thread, when the change is durable or refused.
class IssueDesk {
 public:
  using Done = std::function<void(absl::StatusOr<v1::Issue>)>;

  virtual ~IssueDesk() = default;
  // Errors: IssueBook::Act's; Unavailable: the collector stops, or cannot store anything now.
  virtual void Act(v1::ActOnIssueRequest request, Actor actor, Done done) = 0;
  // Of `machine`, or without it of the request's site. Errors: IssueBook::Create's, and as above.
  virtual void Create(v1::CreateIssueRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) = 0;
  // Errors: IssueJudge::Drill's and IssueBook::Drill's, Unavailable as above.
  virtual void Drill(std::string type, MachineRecord machine, Actor actor, Done done) = 0;
  // Errors: IssueBook::ReleaseFindings's, Unavailable as above.
  virtual void ReleaseFindings(v1::ReleaseFindingsRequest request, Actor actor,
                               std::function<void(absl::StatusOr<std::vector<v1::Issue>>)> done) = 0;
  // Errors: FailedPrecondition: nothing is known of it since the collector started, or it is retired; Unavailable.
  virtual void ListWatched(std::string machine_id, std::function<void(absl::StatusOr<v1::ListWatchedResponse>)> done) = 0;
};

}  // namespace steward::collector
