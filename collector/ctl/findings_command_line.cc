#include "collector/ctl/findings_command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "collector/ctl/time_argument.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

// What the options fill in; one for both commands, as only one is run.
struct Texts {
  std::vector<std::string> types;
  std::string site, reason, review;
};

// One request a type; without types one for the site.
std::vector<v1::ReleaseFindingsRequest> RequestsOf(const Texts& texts) {
  if (texts.types.empty() && texts.site.empty()) {
    throw CLI::RequiredError("TYPE or --site: which of them (`stewardctl findings list` shows them); one of the two");
  }
  v1::ReleaseFindingsRequest request;
  request.set_site(texts.site);
  request.set_reason(texts.reason);
  if (!texts.review.empty()) {
    const auto date = ParseDateArgument(texts.review, absl::Now());
    if (!date.ok()) throw CLI::ValidationError("--accept-until", std::string(ToStd(date.status().message())));
    *request.mutable_accept_until() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(*date));
  }
  std::vector<v1::ReleaseFindingsRequest> requests(std::max<std::size_t>(1, texts.types.size()), request);
  for (std::size_t i = 0; i < texts.types.size(); ++i) requests[i].set_type(texts.types[i]);
  return requests;
}

}  // namespace

void AddFindingsCommands(CLI::App& findings, Run& run) {
  const auto texts = std::make_shared<Texts>();
  CLI::App* list = findings.add_subcommand("list", "by site and type; nobody was told of them one by one and no clock runs");
  list->add_option("--site", texts->site, "of this site only");
  list->callback([&run, texts] { run = [texts](const CtlContext& context) { return FindingsList(context, texts->site); }; });
  CLI::App* release = findings.add_subcommand(
      "release", "they become issues like others, with messages and clocks that begin now; or they are accepted as they are");
  release->add_option("TYPE", texts->types, "of issue, one or more; without any, all of --site");
  release->add_option("--site", texts->site, "of this site only");
  CLI::Option* reason = release->add_option("--reason", texts->reason, "why, for the records");
  release->add_option("--accept-until", texts->review, "accept them until this review: 2026-12-24, 90d")->needs(reason);
  release->callback([&run, texts] {
    run = [requests = RequestsOf(*texts)](const CtlContext& context) { return FindingsRelease(context, requests); };
  });
}

}  // namespace steward::collector
