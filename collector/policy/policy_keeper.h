// Keeps the versions of the policy, and says when another one comes into force.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/policy/policy_desk.h"
#include "collector/policy/policy_reader.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Lives on the core thread; the desk's calls may come from any. Version 0 is the policy part of collector.toml; as soon as
// another one was applied, that part of the file is no longer used. In force is the newest version whose date has come: one
// that is applied takes the place of those that were still to come. Each is one setting, never changed once it is written.
class PolicyKeeper final : public PolicyDesk {
 public:
  static constexpr absl::Duration kAheadMax = absl::Hours(24 * 400);
  static constexpr std::size_t kReasonMax = 1000;  // bytes

  struct Parts {
    Storage& storage;
    Clock& clock;
    boost::asio::any_io_executor executor;
    std::vector<ChannelConfig> channels;
    std::string first_text;                        // version 0
    std::function<void(const Policy& policy)> take;  // on the core thread: it is in force from now on
  };
  explicit PolicyKeeper(Parts parts);
  ~PolicyKeeper() override;

  // Takes up what was stored, and has the version in force taken unless that is 0. Errors: the storage's.
  absl::Status Load();
  void Stop() { timer_->Cancel(); }
  std::uint64_t in_force() const { return in_force_; }

  void GetPolicy(std::optional<std::uint64_t> number, std::function<void(absl::StatusOr<v1::PolicyVersion>)> done) override;
  void CheckPolicy(v1::CheckPolicyRequest request, std::function<void(absl::StatusOr<v1::CheckPolicyResponse>)> done) override;
  void ApplyPolicy(v1::ApplyPolicyRequest request, Actor actor,
                   std::function<void(absl::StatusOr<v1::ApplyPolicyResponse>)> done) override;
  void ListVersions(std::function<void(absl::StatusOr<v1::ListPolicyVersionsResponse>)> done) override;

 private:
  void Post(std::function<void()> task, std::function<void(absl::Status)> refuse);
  // The version that is asked for, without its text if it is to be applied.
  absl::StatusOr<v1::PolicyVersion> MakeVersion(const v1::ApplyPolicyRequest& request, const Actor& actor) const;
  void Store(v1::PolicyVersion version, std::vector<std::string> warnings,
             std::function<void(absl::StatusOr<v1::ApplyPolicyResponse>)> done);
  // Has the newest version taken whose date has come, and comes back for the next one.
  void KeepDates();
  std::vector<std::string> Superseded() const;
  v1::PolicyVersion Shown(const v1::PolicyVersion& version) const;

  Parts parts_;
  std::vector<v1::PolicyVersion> versions_;  // by number
  std::uint64_t in_force_ = 0;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
