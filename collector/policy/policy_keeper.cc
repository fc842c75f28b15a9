#include "collector/policy/policy_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/issues/proto_time.h"
#include "collector/policy/policy_text.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr char kCountKey[] = "policy-versions";

std::string KeyOf(std::uint64_t number) { return StrCat("policy-version/", number); }

// 0: none was applied.
absl::StatusOr<std::uint64_t> ReadCount(StorageReader& reader) {
  const auto text = reader.GetSetting(kCountKey);
  if (!text.ok()) return text.status();
  std::uint64_t count = 0;
  if (*text && !absl::SimpleAtoi(**text, &count)) return absl::DataLossError("the number of policy versions cannot be understood");
  return count;
}

absl::StatusOr<v1::PolicyVersion> ReadVersion(StorageReader& reader, std::uint64_t number) {
  const auto text = reader.GetSetting(KeyOf(number));
  if (!text.ok()) return text.status();
  v1::PolicyVersion version;
  if (*text && version.ParseFromString(**text)) return version;
  return absl::DataLossError(StrCat("version ", number, " of the policy cannot be understood"));
}

std::vector<std::string> MistakesOf(const absl::Status& status) {
  return absl::StrSplit(status.message(), '\n', absl::SkipEmpty());
}

std::string DateText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", GetTime(time), absl::LocalTimeZone());
}

}  // namespace

PolicyKeeper::PolicyKeeper(Parts parts) : parts_(std::move(parts)), timer_(parts_.clock.NewTimer(parts_.executor)) {
  v1::PolicyVersion first;
  first.set_text(parts_.first_text);
  first.set_author("collector.toml");
  versions_.push_back(std::move(first));
}

PolicyKeeper::~PolicyKeeper() { *alive_ = false; }

absl::Status PolicyKeeper::Load() {
  const absl::Status read = parts_.storage.Read([&](StorageReader& reader) {
    const auto count = ReadCount(reader);
    if (!count.ok()) return count.status();
    for (std::uint64_t number = 1; number <= *count; ++number) {
      auto version = ReadVersion(reader, number);
      if (!version.ok()) return version.status();
      versions_.push_back(*std::move(version));
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  KeepDates();
  if (in_force_ > 0 && !parts_.first_text.empty()) {
    spdlog::warn("version {} of the policy is in force, so what collector.toml says of sites, rules, routes and windows is not used; "
                 "take it out there to have it in one place", in_force_);
  }
  return absl::OkStatus();
}

void PolicyKeeper::KeepDates() {
  const absl::Time now = parts_.clock.WallNow();
  absl::Time next = absl::InfiniteFuture();
  for (std::uint64_t number = versions_.size() - 1; number > in_force_; --number) {
    const absl::Time from = GetTime(versions_[number].effective_time());
    if (from > now) {
      next = std::min(next, from);
      continue;
    }
    const auto policy = ReadPolicy(versions_[number].text(), StrCat("policy ", number), &parts_.channels);
    if (!policy.ok()) {  // it could be read when it was applied: by another version of the program, or with other channels
      spdlog::error("version {} of the policy cannot be used, the one before it holds: {}", number, policy.status().ToString());
      continue;
    }
    spdlog::info("version {} of the policy is in force: {}", number, versions_[number].reason());
    in_force_ = number;
    parts_.take(*policy);
    break;
  }
  timer_->Cancel();
  if (next != absl::InfiniteFuture()) timer_->Start(next - now, [this] { KeepDates(); });
}

void PolicyKeeper::Post(std::function<void()> task, std::function<void(absl::Status)> refuse) {
  boost::asio::post(parts_.executor, [alive = std::weak_ptr(alive_), task = std::move(task), refuse = std::move(refuse)] {
    if (const auto still = alive.lock(); still && *still) return task();
    refuse(absl::UnavailableError("the collector is stopping"));
  });
}

v1::PolicyVersion PolicyKeeper::Shown(const v1::PolicyVersion& version) const {
  v1::PolicyVersion shown = version;
  shown.set_in_force(version.number() == in_force_);
  return shown;
}

void PolicyKeeper::GetPolicy(std::optional<std::uint64_t> number, std::function<void(absl::StatusOr<v1::PolicyVersion>)> done) {
  Post([this, number, done] {
    const std::uint64_t wanted = number.value_or(in_force_);
    if (wanted < versions_.size()) return done(Shown(versions_[wanted]));
    done(absl::NotFoundError(StrCat("there is no version ", wanted, " of the policy; the newest is ", versions_.size() - 1)));
  }, done);
}

void PolicyKeeper::CheckPolicy(v1::CheckPolicyRequest request,
                               std::function<void(absl::StatusOr<v1::CheckPolicyResponse>)> done) {
  Post([this, request = std::move(request), done] {
    v1::CheckPolicyResponse response;
    const auto policy = ReadPolicy(request.text(), request.name().empty() ? "policy" : request.name(), &parts_.channels);
    if (policy.ok()) {
      for (const std::string& warning : PolicyWarnings(*policy)) response.add_warnings(warning);
      response.set_difference(LineDifference(versions_.back().text(), request.text()));
    } else {
      for (const std::string& mistake : MistakesOf(policy.status())) response.add_mistakes(mistake);
    }
    done(std::move(response));
  }, done);
}

absl::StatusOr<v1::PolicyVersion> PolicyKeeper::MakeVersion(const v1::ApplyPolicyRequest& request, const Actor& actor) const {
  if (request.reason().empty()) return absl::InvalidArgumentError("say why the policy changes: the reason is kept with it");
  if (request.reason().size() > kReasonMax) return absl::InvalidArgumentError(StrCat("the reason is longer than ", kReasonMax, " bytes"));
  const absl::Time now = parts_.clock.WallNow();
  v1::PolicyVersion version;
  SetTime(now, *version.mutable_applied_time());
  const absl::Time from = request.has_effective_time() ? GetTime(request.effective_time()) : now;
  if (from < now - absl::Minutes(1)) return absl::InvalidArgumentError("a policy cannot take effect in the past; leave the date out for now");
  if (from > now + kAheadMax) return absl::InvalidArgumentError("a policy takes effect within 400 days");
  SetTime(from, *version.mutable_effective_time());
  if (request.text() == versions_.back().text()) {
    return absl::FailedPreconditionError(StrCat("this is what version ", versions_.back().number(), " says already"));
  }
  version.set_text(request.text());
  version.set_author(actor.record);
  version.set_reason(request.reason());
  version.set_difference(LineDifference(versions_.back().text(), request.text()));
  return version;
}

std::vector<std::string> PolicyKeeper::Superseded() const {
  std::vector<std::string> warnings;
  for (const v1::PolicyVersion& version : versions_) {
    if (version.number() <= in_force_ || GetTime(version.effective_time()) <= parts_.clock.WallNow()) continue;
    warnings.push_back(StrCat("version ", version.number(), ", planned for ", DateText(version.effective_time()),
                              ", does not come into force any more once this one is"));
  }
  return warnings;
}

void PolicyKeeper::ApplyPolicy(v1::ApplyPolicyRequest request, Actor actor,
                               std::function<void(absl::StatusOr<v1::ApplyPolicyResponse>)> done) {
  Post([this, request = std::move(request), actor = std::move(actor), done] {
    const auto policy = ReadPolicy(request.text(), request.name().empty() ? "policy" : request.name(), &parts_.channels);
    if (!policy.ok()) return done(policy.status());
    auto version = MakeVersion(request, actor);
    if (!version.ok()) return done(version.status());
    std::vector<std::string> warnings = PolicyWarnings(*policy);
    for (std::string& warning : Superseded()) warnings.push_back(std::move(warning));
    Store(*std::move(version), std::move(warnings), done);
  }, done);
}

void PolicyKeeper::Store(v1::PolicyVersion version, std::vector<std::string> warnings,
                         std::function<void(absl::StatusOr<v1::ApplyPolicyResponse>)> done) {
  auto stored = std::make_shared<v1::PolicyVersion>(std::move(version));
  parts_.storage.Write(
      [stored](StorageTransaction& transaction) -> absl::Status {
        const auto count = ReadCount(transaction);
        if (!count.ok()) return count.status();
        stored->set_number(*count + 1);
        AuditRecord audit;
        audit.time = GetTime(stored->applied_time());
        audit.actor = stored->author();
        audit.action = "policy-applied";
        audit.object = StrCat("policy ", stored->number());
        audit.to = StrCat("in force from ", absl::FormatTime(absl::RFC3339_sec, GetTime(stored->effective_time()), absl::UTCTimeZone()));
        audit.reason = stored->reason();
        absl::Status status = transaction.PutSetting(KeyOf(stored->number()), stored->SerializeAsString());
        if (status.ok()) status = transaction.PutSetting(kCountKey, std::to_string(stored->number()));
        return status.ok() ? transaction.AddAudit(audit) : status;
      },
      [this, alive = std::weak_ptr(alive_), executor = parts_.executor, stored, warnings = std::move(warnings),
       done = std::move(done)](const absl::Status& status) {
        boost::asio::post(executor, [this, alive, stored, warnings, done, status] {
          if (!status.ok()) return done(status);
          v1::ApplyPolicyResponse response;
          *response.mutable_version() = *stored;
          for (const std::string& warning : warnings) response.add_warnings(warning);
          if (const auto still = alive.lock(); still && *still) {
            versions_.push_back(*stored);
            KeepDates();
            *response.mutable_version() = Shown(*stored);
          }
          done(std::move(response));
        });
      });
}

void PolicyKeeper::ListVersions(std::function<void(absl::StatusOr<v1::ListPolicyVersionsResponse>)> done) {
  Post([this, done] {
    v1::ListPolicyVersionsResponse response;
    for (auto version = versions_.rbegin(); version != versions_.rend(); ++version) {
      *response.add_versions() = Shown(*version);
      response.mutable_versions(response.versions_size() - 1)->clear_text();
    }
    done(std::move(response));
  }, done);
}

}  // namespace steward::collector
