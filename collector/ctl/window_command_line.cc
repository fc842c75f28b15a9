#include "collector/ctl/window_command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/text.h"

namespace steward::collector {
namespace {

// What the options fill in; one for all commands, as only one is run.
struct Texts {
  std::vector<std::string> weekly;
  std::string machine, machine_class, site, from, to, length, title, id, reason;
  bool all = false;
};
using TextsPointer = std::shared_ptr<Texts>;

// "now" and durations from now on are moments; what is left is read by the collector, which knows the sites' clocks.
std::string MomentOf(const std::string& text, absl::Time now) {
  const auto from_now = ParseDuration(text);
  if (!from_now.ok() && text != "now") return text;
  return absl::FormatTime(absl::RFC3339_sec, text == "now" ? now : now + *from_now, absl::UTCTimeZone());
}

v1::AddWindowRequest RequestOf(const Texts& texts) {
  v1::AddWindowRequest request;
  request.set_title(texts.title);
  request.set_machine(texts.machine);
  request.set_class_(texts.machine_class);
  request.set_site(texts.site);
  for (const std::string& day : texts.weekly) request.add_weekly(day);
  const absl::Time now = absl::Now();
  request.set_from(texts.weekly.empty() ? MomentOf(texts.from, now) : texts.from);
  request.set_to(texts.weekly.empty() ? MomentOf(texts.to, now) : texts.to);
  if (texts.length.empty()) return request;
  const auto length = ParseDuration(texts.length);
  if (!length.ok()) throw CLI::ValidationError("--for", std::string(ToStd(length.status().message())));
  request.mutable_duration()->set_seconds(absl::ToInt64Seconds(*length));
  return request;
}

void AddAdd(CLI::App& window, Run& run, const TextsPointer& texts) {
  CLI::App* add = window.add_subcommand(
      "add", "machines may be disturbed then: nobody is told of them and no clock runs. Times are those of the site; the partner "
             "may add a single one of up to 8h, a day ahead, and proposes any other");
  add->add_option("--machine", texts->machine, "id or host name");
  add->add_option("--class", texts->machine_class, "server, desktop or laptop");
  add->add_option("--site", texts->site, "with --class, only those of the site");
  add->add_option("--from", texts->from, "\"2026-12-24 22:00\", now, 2h (from now on); with --weekly a time of the day: 02:00")->required();
  CLI::Option* to = add->add_option("--to", texts->to, "as --from; with --weekly and not behind it, on the next day");
  add->add_option("--for", texts->length, "instead of --to: 90m, 4h")->excludes(to);
  add->add_option("--weekly", texts->weekly, "each week on these days: mon,thu")->delimiter(',')->allow_extra_args(false);
  add->add_option("--title", texts->title, "what is done; people read it")->required();
  add->callback([&run, texts] {
    run = [request = RequestOf(*texts)](const CtlContext& context) { return WindowAdd(context, request); };
  });
}

}  // namespace

void AddWindowCommands(CLI::App& window, Run& run) {
  const auto texts = std::make_shared<Texts>();
  AddAdd(window, run, texts);
  CLI::App* list = window.add_subcommand("list", "those that last or come, the next one first");
  list->add_flag("--all", texts->all, "those that are over too, of 30 days");
  list->callback([&run, texts] { run = [texts](const CtlContext& context) { return WindowList(context, texts->all); }; });
  CLI::App* confirm = window.add_subcommand("confirm", "a window that the partner has proposed holds; the IT manager's choice");
  confirm->add_option("ID", texts->id, "as in `window list`")->required();
  confirm->add_option("--reason", texts->reason, "why, for the records");
  confirm->callback([&run, texts] {
    v1::ConfirmWindowRequest request;
    request.set_id(texts->id);
    request.set_reason(texts->reason);
    run = [request](const CtlContext& context) { return WindowConfirm(context, request); };
  });
  CLI::App* remove = window.add_subcommand("remove", "a window that lasts ends now, one that comes does not come");
  remove->add_option("ID", texts->id, "as in `window list`")->required();
  remove->add_option("--reason", texts->reason, "why, for the records");
  remove->callback([&run, texts] {
    v1::RemoveWindowRequest request;
    request.set_id(texts->id);
    request.set_reason(texts->reason);
    run = [request](const CtlContext& context) { return WindowRemove(context, request); };
  });
}

}  // namespace steward::collector
