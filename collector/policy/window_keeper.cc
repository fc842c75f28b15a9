#include "collector/policy/window_keeper.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/issues/proto_time.h"
#include "collector/policy/window_request.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr char kSettingKey[] = "windows";

absl::StatusOr<v1::WindowList> ReadList(StorageReader& reader) {
  const auto text = reader.GetSetting(kSettingKey);
  if (!text.ok()) return text.status();
  v1::WindowList list;
  if (*text && !list.ParseFromString(**text)) return absl::DataLossError("the stored maintenance windows cannot be understood");
  return list;
}

// What is over for long goes, so that the list stays short.
void Prune(const WindowZones& zones, absl::Time now, v1::WindowList& list) {
  auto& windows = *list.mutable_windows();
  const auto is_old = [&](const v1::MaintenanceWindow& window) {
    const absl::TimeZone zone = zones.Of(window.site());
    const v1::MaintenanceWindow listed = ListedWindow(window, zone, now);
    const absl::Time end = listed.has_end_time() ? GetTime(listed.end_time()) : GetTime(window.ended_time());
    return listed.state() == "over" && now - end > WindowKeeper::kKeptAfter;
  };
  windows.erase(std::remove_if(windows.begin(), windows.end(), is_old), windows.end());
}

// What Store does not know.
AuditRecord AuditOf(const Actor& actor, const char* action, const std::string& reason) {
  AuditRecord record;
  record.actor = actor.record;
  record.action = action;
  record.reason = reason;
  return record;
}

std::string ScopeText(const v1::MaintenanceWindow& window) {
  std::string text;
  if (!window.machine().empty()) StrAppend(&text, " machine ", window.host_name().empty() ? window.machine() : window.host_name());
  if (!window.class_().empty()) StrAppend(&text, " class ", window.class_());
  if (!window.site().empty()) StrAppend(&text, " site ", window.site());
  return text;
}

}  // namespace

WindowKeeper::WindowKeeper(Storage& storage, Clock& clock, boost::asio::any_io_executor executor)
    : storage_(storage), clock_(clock), executor_(std::move(executor)) {}

WindowKeeper::~WindowKeeper() { *alive_ = false; }

absl::Status WindowKeeper::Load() {
  const absl::Status read = storage_.Read([&](StorageReader& reader) {
    auto list = ReadList(reader);
    if (list.ok()) added_ = *std::move(list);
    return list.status();
  });
  if (read.ok()) Publish();
  return read;
}

void WindowKeeper::UsePolicy(const PolicyConfig& policy, WindowZones zones) {
  of_policy_.clear();
  for (const WindowConfig& config : policy.windows) of_policy_.push_back(KeptWindow(config));
  book_.SetZones(std::move(zones));
  Publish();
}

void WindowKeeper::Publish() {
  std::vector<Window> windows;
  for (const v1::MaintenanceWindow& window : of_policy_) windows.push_back(WindowOf(window));
  for (const v1::MaintenanceWindow& window : added_.windows()) {
    if (window.proposal().empty()) windows.push_back(WindowOf(window));
  }
  book_.SetWindows(std::move(windows));
}

void WindowKeeper::Post(std::function<void()> task, std::function<void(absl::Status)> refuse) {
  boost::asio::post(executor_, [alive = std::weak_ptr(alive_), task = std::move(task), refuse = std::move(refuse)] {
    if (const auto still = alive.lock(); still && *still) return task();
    refuse(absl::UnavailableError("the collector is stopping"));
  });
}

void WindowKeeper::Store(Change change, AuditRecord audit, Done done) {
  struct Outcome {
    v1::WindowList list;
    v1::MaintenanceWindow window;
  };
  auto outcome = std::make_shared<Outcome>();
  storage_.Write(
      [outcome, change = std::move(change), audit = std::move(audit), zones = book_.zones(),
       now = clock_.WallNow()](StorageTransaction& transaction) mutable -> absl::Status {
        auto list = ReadList(transaction);
        if (!list.ok()) return list.status();
        Prune(zones, now, *list);
        auto window = change(*list);
        if (!window.ok()) return window.status();
        audit.time = now;
        audit.object = StrCat("window ", window->id());
        audit.to = StrCat(WindowTimes(WindowOf(*window), zones.Of(window->site())), ",", ScopeText(*window));
        if (audit.reason.empty()) audit.reason = window->title();
        *outcome = {*std::move(list), *std::move(window)};
        if (absl::Status status = transaction.PutSetting(kSettingKey, outcome->list.SerializeAsString()); !status.ok()) return status;
        return transaction.AddAudit(audit);
      },
      [this, alive = std::weak_ptr(alive_), executor = executor_, outcome, done = std::move(done)](const absl::Status& status) {
        boost::asio::post(executor, [this, alive, outcome, done, status] {
          if (!status.ok()) return done(status);
          if (const auto still = alive.lock(); still && *still) {
            added_ = std::move(outcome->list);
            Publish();
          }
          done(outcome->window);
        });
      });
}

void WindowKeeper::AddWindow(v1::AddWindowRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) {
  Post([this, request = std::move(request), machine = std::move(machine), actor = std::move(actor), done] {
    const absl::TimeZone zone = book_.zones().Of(machine ? machine->site : request.site());
    const auto window = MakeWindow(request, machine ? &*machine : nullptr, actor, zone, clock_.WallNow());
    if (!window.ok()) return done(window.status());
    const auto add = [window = *window](v1::WindowList& list) -> absl::StatusOr<v1::MaintenanceWindow> {
      if (static_cast<std::size_t>(list.windows_size()) >= kWindowsMax) {
        return absl::ResourceExhaustedError(
            StrCat("there are ", kWindowsMax, " windows already; remove some, or put those of every week into the policy"));
      }
      list.set_added(list.added() + 1);
      v1::MaintenanceWindow& added = *list.add_windows();
      added = window;
      added.set_id(StrCat("w", list.added()));
      return added;
    };
    const bool proposed = !window->proposal().empty();
    spdlog::info("a maintenance window is {} by {}: {}", proposed ? "proposed" : "added", actor.record, request.title());
    Store(add, AuditOf(actor, proposed ? "window-proposed" : "window-added", ""), [this, zone, done](absl::StatusOr<v1::MaintenanceWindow> added) {
      if (added.ok()) added = ListedWindow(*std::move(added), zone, clock_.WallNow());
      done(std::move(added));
    });
  }, done);
}

void WindowKeeper::ConfirmWindow(v1::ConfirmWindowRequest request, Actor actor, Done done) {
  Post([this, request = std::move(request), actor = std::move(actor), done] {
    const absl::Time now = clock_.WallNow();
    const auto confirm = [request, actor, now, zones = book_.zones()](v1::WindowList& list) -> absl::StatusOr<v1::MaintenanceWindow> {
      for (v1::MaintenanceWindow& window : *list.mutable_windows()) {
        if (window.id() != request.id()) continue;
        auto confirmed = ConfirmedWindow(window, actor, zones.Of(window.site()), now);
        if (confirmed.ok()) window = *confirmed;
        return confirmed;
      }
      return absl::NotFoundError(StrCat("there is no window \"", request.id(), "\" that was proposed; `stewardctl window list` shows them"));
    };
    Store(confirm, AuditOf(actor, "window-confirmed", request.reason()), [this, done](absl::StatusOr<v1::MaintenanceWindow> window) {
      if (window.ok()) window = ListedWindow(*window, ZoneOf(*window), clock_.WallNow());
      done(std::move(window));
    });
  }, done);
}

void WindowKeeper::RemoveWindow(v1::RemoveWindowRequest request, Actor actor, Done done) {
  Post([this, request = std::move(request), actor = std::move(actor), done] {
    const absl::Time now = clock_.WallNow();
    for (const v1::MaintenanceWindow& window : of_policy_) {
      if (window.id() == request.id()) return done(CheckRemoval(window, actor, ZoneOf(window), now));
    }
    const auto remove = [request, actor, now, zones = book_.zones()](v1::WindowList& list) -> absl::StatusOr<v1::MaintenanceWindow> {
      for (v1::MaintenanceWindow& window : *list.mutable_windows()) {
        if (window.id() != request.id()) continue;
        if (absl::Status status = CheckRemoval(window, actor, zones.Of(window.site()), now); !status.ok()) return status;
        SetTime(now, *window.mutable_ended_time());
        return window;
      }
      return absl::NotFoundError(StrCat("there is no window \"", request.id(), "\"; `stewardctl window list` shows them"));
    };
    Store(remove, AuditOf(actor, "window-removed", request.reason()), done);
  }, done);
}

void WindowKeeper::ListWindows(v1::ListWindowsRequest request, std::function<void(absl::StatusOr<v1::ListWindowsResponse>)> done) {
  Post([this, request = std::move(request), done] {
    const absl::Time now = clock_.WallNow();
    v1::ListWindowsResponse response;
    const auto add = [&](const v1::MaintenanceWindow& window) {
      v1::MaintenanceWindow listed = ListedWindow(window, ZoneOf(window), now);
      if (listed.state() != "over" || request.include_over()) *response.add_windows() = std::move(listed);
    };
    std::for_each(of_policy_.begin(), of_policy_.end(), add);
    std::for_each(added_.windows().begin(), added_.windows().end(), add);
    const auto begin = [](const v1::MaintenanceWindow& window) { return GetTime(window.begin_time()); };
    std::stable_sort(response.mutable_windows()->begin(), response.mutable_windows()->end(),
                     [&](const auto& a, const auto& b) { return begin(a) < begin(b); });
    done(std::move(response));
  }, done);
}

}  // namespace steward::collector
