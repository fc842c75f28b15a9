#include <sstream>

#include "base/text.h"
#include "collector/config/load_config.h"
#include "collector/ctl/output.h"
#include "collector/ctl/policy_command_line.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

Colour ColourOf(char kind) {
  if (kind == '+') return Colour::kGood;
  if (kind == '-') return Colour::kBad;
  return kind == '@' ? Colour::kSoft : Colour::kNone;
}

void PrintDifference(const CtlContext& context, const std::string& difference) {
  std::istringstream lines(difference);
  for (std::string line; std::getline(lines, line);) {
    context.out << Coloured(Printable(line), ColourOf(line.empty() ? ' ' : line.front()), context.colours) << '\n';
  }
}

void PrintWarnings(const CtlContext& context, const google::protobuf::RepeatedPtrField<std::string>& warnings) {
  for (const std::string& warning : warnings) context.notes << "Look: " << Printable(warning) << ".\n";
}

std::string VersionText(const v1::PolicyVersion& version) {
  return version.number() == 0 ? "what collector.toml says" : StrCat("version ", version.number());
}

}  // namespace

absl::Status PolicyShow(const CtlContext& context, const std::optional<std::uint64_t>& number) {
  v1::GetPolicyRequest request;
  if (number) request.set_number(*number);
  v1::GetPolicyResponse response;
  if (absl::Status called = context.api.Call("PolicyService/GetPolicy", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  const v1::PolicyVersion& version = response.version();
  context.out << version.text();  // as it was written: it goes into a file, is edited and applied
  context.notes << (version.text().empty() ? "Nothing is decided otherwise than the catalogue has it" : "This is") << " ("
                << VersionText(version) << (version.in_force() ? ", in force" : "") << ").\n";
  return absl::OkStatus();
}

absl::Status PolicyCheck(const CtlContext& context, const std::string& file) {
  const auto text = ReadConfigFile(file);
  if (!text.ok()) return text.status();
  v1::CheckPolicyRequest request;
  request.set_text(*text);
  request.set_name(file);
  v1::CheckPolicyResponse response;
  if (absl::Status called = context.api.Call("PolicyService/CheckPolicy", request, response); !called.ok()) return called;
  if (context.json) {
    if (absl::Status printed = PrintJson(context, response); !printed.ok()) return printed;
  } else if (response.mistakes().empty()) {
    context.out << file << ": good" << (response.difference().empty() ? "; it says what the newest version says\n" : "\n");
    PrintDifference(context, response.difference());
  }
  PrintWarnings(context, response.warnings());
  if (response.mistakes().empty()) return absl::OkStatus();
  std::string mistakes;
  for (const std::string& mistake : response.mistakes()) StrAppend(&mistakes, mistakes.empty() ? "" : "\n", Printable(mistake));
  return absl::InvalidArgumentError(mistakes);
}

absl::Status PolicyApply(const CtlContext& context, const PolicyApplyArguments& arguments) {
  const auto text = ReadConfigFile(arguments.file);
  if (!text.ok()) return text.status();
  v1::ApplyPolicyRequest request;
  request.set_text(*text);
  request.set_name(arguments.file);
  request.set_reason(arguments.reason);
  if (arguments.effective) {
    *request.mutable_effective_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(*arguments.effective));
  }
  v1::ApplyPolicyResponse response;
  if (absl::Status called = context.api.Call("PolicyService/ApplyPolicy", request, response); !called.ok()) return called;
  PrintWarnings(context, response.warnings());
  if (context.json) return PrintJson(context, response);
  const v1::PolicyVersion& version = response.version();
  context.out << "Version " << version.number() << " is "
              << (version.in_force() ? "in force.\n" : StrCat("planned for ", BothTimes(true, version.effective_time(), context.now), ".\n"));
  PrintDifference(context, version.difference());
  return absl::OkStatus();
}

absl::Status PolicyHistory(const CtlContext& context, bool differences) {
  v1::ListPolicyVersionsResponse response;
  if (absl::Status called = context.api.Call("PolicyService/ListPolicyVersions", v1::ListPolicyVersionsRequest(), response); !called.ok()) {
    return called;
  }
  if (context.json) return PrintJson(context, response);
  Table table({"VERSION", "IN FORCE", "FROM", "APPLIED", "BY", "WHY"});
  for (const v1::PolicyVersion& version : response.versions()) {
    const auto time = [](bool present, const google::protobuf::Timestamp& at) {
      return present ? absl::FormatTime("%Y-%m-%d %H:%M", TimeOf(at), absl::LocalTimeZone()) : std::string();
    };
    table.AddRow({std::to_string(version.number()), Cell(version.in_force() ? "yes" : "", Colour::kGood),
                  time(version.has_effective_time(), version.effective_time()),
                  time(version.has_applied_time(), version.applied_time()), version.author(), version.reason()});
  }
  table.Print(context.out, context.colours);
  if (!differences) return absl::OkStatus();
  for (const v1::PolicyVersion& version : response.versions()) {
    if (version.number() == 0) continue;
    PrintHeading(context, StrCat("Version ", version.number(), ", beside the one before"));
    PrintDifference(context, version.difference());
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
