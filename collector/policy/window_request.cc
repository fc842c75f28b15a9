#include "collector/policy/window_request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/duration.h"
#include "base/text.h"
#include "collector/config/weekdays.h"
#include "collector/issues/lifecycle.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTitleMax = 200;  // bytes
constexpr std::array<std::string_view, 3> kClasses = {"server", "desktop", "laptop"};
constexpr char kCivilFormat[] = "%Y-%m-%d %H:%M";

std::string DayTimeText(absl::Duration time) {
  const std::int64_t minutes = absl::ToInt64Minutes(time);
  return absl::StrFormat("%02d:%02d", minutes / 60, minutes % 60);
}

std::string MomentText(const WindowMoment& moment) {
  if (moment.absolute) return absl::FormatTime(absl::RFC3339_sec, *moment.absolute, absl::UTCTimeZone());
  return absl::FormatTime(kCivilFormat, absl::FromCivil(moment.civil, absl::UTCTimeZone()), absl::UTCTimeZone());
}

absl::Status CheckScope(const v1::AddWindowRequest& request) {
  if (request.title().empty()) return absl::InvalidArgumentError("say what is done in the window: it is what people read of it");
  if (request.title().size() > kTitleMax) return absl::InvalidArgumentError(StrCat("the title is longer than ", kTitleMax, " bytes"));
  if (request.machine().empty() && request.class_().empty() && request.site().empty()) {
    return absl::InvalidArgumentError("name a machine, a class or a site: which machines may be disturbed");
  }
  const bool known = request.class_().empty() || std::find(kClasses.begin(), kClasses.end(), request.class_()) != kClasses.end();
  if (!known) return absl::InvalidArgumentError(StrCat("there is no class \"", request.class_(), "\": server, desktop or laptop"));
  if (request.to().empty() == !request.has_duration()) {
    return absl::InvalidArgumentError("say when the window ends, or how long it is: one of the two");
  }
  return absl::OkStatus();
}

absl::Status ReadWeekly(const v1::AddWindowRequest& request, v1::MaintenanceWindow& window) {
  for (const std::string& day : request.weekly()) {
    if (!ParseWeekday(day)) {
      return absl::InvalidArgumentError(StrCat("\"", day, "\" is not a day: mon, tue, wed, thu, fri, sat or sun"));
    }
    window.add_weekly(day);
  }
  const auto from = ParseDayTime(request.from());
  auto to = request.to() == "24:00" ? absl::Hours(24) : ParseDayTime(request.to());
  if (from && request.has_duration()) {
    const absl::Duration length = absl::Seconds(request.duration().seconds());
    if (length <= absl::ZeroDuration() || length >= absl::Hours(24)) {
      return absl::InvalidArgumentError("a weekly window is longer than nothing and shorter than a day");
    }
    to = *from + length;
    if (*to >= absl::Hours(24)) *to -= absl::Hours(24);
  }
  if (!from || !to || *from == *to) {
    return absl::InvalidArgumentError("a weekly window has times of the day, the site's: from 02:00 to 06:00");
  }
  window.set_from(DayTimeText(*from));
  window.set_to(DayTimeText(*to));
  return absl::OkStatus();
}

absl::Status ReadOnce(const v1::AddWindowRequest& request, absl::TimeZone zone, absl::Time now, v1::MaintenanceWindow& window) {
  const auto from = ParseWindowMoment(request.from());
  if (!from.ok()) return from.status();
  WindowMoment to;
  if (request.has_duration()) {
    const absl::Duration length = absl::Seconds(request.duration().seconds());
    if (from->absolute) to.absolute = *from->absolute + length;
    else to.civil = absl::ToCivilSecond(from->In(zone) + length, zone);
  } else {
    const auto read = ParseWindowMoment(request.to());
    if (!read.ok()) return read.status();
    to = *read;
  }
  if (to.In(zone) <= from->In(zone)) return absl::InvalidArgumentError("the window ends before it begins");
  if (to.In(zone) <= now) return absl::InvalidArgumentError("the window is over already");
  if (to.In(zone) - from->In(zone) > kWindowMax) {
    return absl::InvalidArgumentError(StrCat("a window is ", absl::ToInt64Hours(kWindowMax) / 24,
                                             " days long at most; what is away for longer is retired, or its issues are snoozed or accepted"));
  }
  window.set_from(MomentText(*from));
  window.set_to(MomentText(to));
  return absl::OkStatus();
}

bool MayDecide(const Actor& actor) { return actor.role == Role::kOwner || actor.role == Role::kItManager; }

// The catalogue's table of roles: what the partner may not announce by itself, and so proposes. Empty: it may.
std::string WhyNotByPartner(const v1::MaintenanceWindow& window, absl::TimeZone zone, absl::Time now) {
  if (!window.weekly().empty()) return "it comes every week";
  const Window plain = WindowOf(window);
  const absl::Duration length = plain.end.In(zone) - plain.begin.In(zone);
  if (length > kPartnerWindowMax) return StrCat("it is ", DurationText(length), " long, more than ", DurationText(kPartnerWindowMax));
  if (plain.begin.In(zone) - now < kPartnerWindowAhead) {
    return StrCat("it begins ", absl::FormatTime(kCivilFormat, plain.begin.In(zone), zone), ", less than ",
                  DurationText(kPartnerWindowAhead), " ahead");
  }
  return "";
}

}  // namespace

absl::StatusOr<v1::MaintenanceWindow> MakeWindow(const v1::AddWindowRequest& request, const MachineRecord* machine,
                                                 const Actor& actor, absl::TimeZone zone, absl::Time now) {
  if (absl::Status status = CheckScope(request); !status.ok()) return status;
  v1::MaintenanceWindow window;
  window.set_title(request.title());
  window.set_author(actor.record);
  window.set_party(std::string(PartyOf(actor.role)));
  if (machine != nullptr) {
    window.set_machine(machine->id);
    window.set_host_name(machine->host_name);
  }
  window.set_class_(request.class_());
  // The clock of a machine's site is its window's.
  window.set_site(machine != nullptr && request.site().empty() ? machine->site : request.site());
  SetTime(now, *window.mutable_created_time());
  absl::Status status = request.weekly().empty() ? ReadOnce(request, zone, now, window) : ReadWeekly(request, window);
  if (!status.ok()) return status;
  if (MayDecide(actor)) return window;
  if (actor.role != Role::kPartner) {
    return absl::PermissionDeniedError(StrCat("the role ", RoleWord(actor.role), " may not add windows; these may: owner, it-manager, partner"));
  }
  window.set_proposal(WhyNotByPartner(window, zone, now));
  return window;
}

absl::StatusOr<v1::MaintenanceWindow> ConfirmedWindow(v1::MaintenanceWindow window, const Actor& actor, absl::TimeZone zone, absl::Time now) {
  if (!MayDecide(actor)) return absl::PermissionDeniedError("the IT manager confirms windows");
  if (ListedWindow(window, zone, now).state() == "over") return absl::FailedPreconditionError(StrCat("window ", window.id(), " is over"));
  if (window.proposal().empty()) return absl::FailedPreconditionError(StrCat("window ", window.id(), " holds already"));
  window.clear_proposal();
  window.set_confirmed_by(actor.record);
  return window;
}

absl::Status CheckRemoval(const v1::MaintenanceWindow& window, const Actor& actor, absl::TimeZone zone, absl::Time now) {
  if (window.is_policy()) {
    return absl::FailedPreconditionError(StrCat("window \"", window.id(), "\" stands in the policy: take its [[window]] out of it"));
  }
  const bool own = actor.role == Role::kPartner && window.party() == "partner";
  if (!own && actor.role != Role::kOwner && actor.role != Role::kItManager) {
    return absl::PermissionDeniedError(StrCat("window ", window.id(), " is ", window.author(), "'s; the IT manager may remove it"));
  }
  if (ListedWindow(window, zone, now).state() != "over") return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("window ", window.id(), " is over"));
}

Window WindowOf(const v1::MaintenanceWindow& kept) {
  Window window;
  window.id = kept.id();
  window.title = kept.title();
  window.author = kept.author();
  window.party = kept.party();
  window.machine = kept.machine();
  window.machine_class = kept.class_();
  window.site = kept.site();
  window.weekly = !kept.weekly().empty();
  for (const std::string& day : kept.weekly()) window.days[ParseWeekday(day).value_or(0)] = true;
  if (window.weekly) {
    window.hours = {ParseDayTime(kept.from()).value_or(absl::ZeroDuration()),
                    kept.to() == "24:00" ? absl::Hours(24) : ParseDayTime(kept.to()).value_or(absl::ZeroDuration())};
  } else {
    window.begin = ParseWindowMoment(kept.from()).value_or(WindowMoment());
    window.end = ParseWindowMoment(kept.to()).value_or(WindowMoment());
  }
  if (kept.has_ended_time()) window.ended = GetTime(kept.ended_time());
  return window;
}

v1::MaintenanceWindow KeptWindow(const WindowConfig& config) {
  v1::MaintenanceWindow window;
  window.set_id(config.name);
  window.set_title(config.name);
  window.set_author("the policy");
  window.set_party("it-manager");
  window.set_machine(config.machine);
  window.set_host_name(config.machine);
  window.set_class_(config.machine_class);
  window.set_site(config.site);
  for (std::size_t day = 0; day < config.days.size(); ++day) {
    if (config.days[day]) window.add_weekly(std::string(kWeekdays[day]));
  }
  window.set_from(DayTimeText(config.hours.from));
  window.set_to(DayTimeText(config.hours.to));
  window.set_is_policy(true);
  return window;
}

v1::MaintenanceWindow ListedWindow(v1::MaintenanceWindow kept, absl::TimeZone zone, absl::Time now) {
  const Window window = WindowOf(kept);
  const auto last = LastBegun(window, zone, now);
  const bool active = last && now < last->end;
  const auto shown = active ? last : NextBegun(window, zone, now);
  const bool proposed = shown && !kept.proposal().empty();
  kept.set_state(proposed ? "proposed" : active ? "active" : shown ? "planned" : "over");
  kept.set_times(WindowTimes(window, zone));
  if (shown || last) {
    SetTime((shown ? *shown : *last).begin, *kept.mutable_begin_time());
    SetTime((shown ? *shown : *last).end, *kept.mutable_end_time());
  }
  return kept;
}

}  // namespace steward::collector
