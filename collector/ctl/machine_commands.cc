#include <algorithm>

#include "base/human_text.h"
#include "base/text.h"
#include "collector/ctl/output.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {
namespace {

constexpr int kChangesPrinted = 10;

Cell StateCell(const v1::Machine& machine) {
  if (machine.state() == "retired") return {"retired", Colour::kSoft};
  return machine.up() ? Cell("up", Colour::kGood) : Cell("down", Colour::kBad);
}

// Bytes by the size people read; every other value as it is.
std::string FactText(const v1::MachineFact& fact) {
  const bool is_size = fact.key().size() > 5 && fact.key().compare(fact.key().size() - 5, 5, "bytes") == 0 &&
                       !fact.value().empty() && fact.value().find_first_not_of("0123456789") == std::string::npos;
  if (!is_size) return fact.value();
  const double bytes = std::strtod(fact.value().c_str(), nullptr);
  return bytes < 1000 ? fact.value() : ByteSize(bytes) + " (" + fact.value() + ")";
}

void PrintMachine(const CtlContext& context, const v1::Machine& machine) {
  Details details;
  details.Add("Machine", machine.instance() + (machine.instance() == machine.host_name() ? "" : " (" + machine.host_name() + ")"));
  details.Add("Id", machine.id());
  details.Add("State", StateCell(machine).text);
  details.Add("Last seen", BothTimes(machine.has_last_seen_time(), machine.last_seen_time(), context.now));
  if (!machine.may_be_machine_id().empty()) {
    details.Add("May be", machine.may_be_machine_id() + ", set up anew: it has the same hardware, and that one is silent" +
                              " (`stewardctl machine approve " + machine.instance() + "`)");
  }
  details.AddIfAny("Goes on as", machine.continued_as_id());
  details.AddIfAny("Site", machine.site());
  details.AddIfAny("Class", machine.class_());
  details.AddIfAny("System", machine.operating_system());
  details.AddIfAny("Agent", machine.agent_version());
  details.AddIfAny("Address", machine.address());
  details.Add("Interval", absl::FormatDuration(absl::Seconds(machine.interval().seconds()) +
                                               absl::Nanoseconds(machine.interval().nanos())));
  details.Add("Enrolled", BothTimes(machine.has_enrolled_time(), machine.enrolled_time(), context.now));
  if (machine.has_certificate_expire_time()) {
    details.Add("Certificate", "until " + BothTimes(true, machine.certificate_expire_time(), context.now));
  }
  details.Print(context);
}

void PrintInventory(const CtlContext& context, const v1::GetMachineResponse& response) {
  if (response.facts().empty()) {
    context.out << "\nNo inventory has arrived yet.\n";
    return;
  }
  std::string group;
  Table table({"GROUP", "FACT", "VALUE"});
  for (const v1::MachineFact& fact : response.facts()) {
    table.AddRow({fact.group() == group ? "" : fact.group(), fact.key(), FactText(fact)});
    group = fact.group();
  }
  PrintHeading(context, "Inventory");
  table.Print(context.out, context.colours);
}

void PrintChanges(const CtlContext& context, const v1::GetMachineResponse& response) {
  if (response.changes().empty()) return;
  PrintHeading(context, "Newest changes");
  Table table({"WHEN", "FACT", "BEFORE", "AFTER"});
  for (int i = 0; i < std::min(response.changes_size(), kChangesPrinted); ++i) {
    const v1::ChangeEntry& change = response.changes(i);
    table.AddRow({Ago(true, change.time(), context.now), change.group() + " " + change.key(),
                  change.has_old_value() ? change.old_value() : "-", change.has_new_value() ? change.new_value() : "-"});
  }
  table.Print(context.out, context.colours);
}

// Machines that were probably set up anew.
void PrintOffers(const CtlContext& context, const v1::ListMachinesResponse& response) {
  for (const v1::Machine& machine : response.machines()) {
    if (machine.may_be_machine_id().empty()) continue;
    const auto old = std::find_if(response.machines().begin(), response.machines().end(),
                                  [&](const v1::Machine& other) { return other.id() == machine.may_be_machine_id(); });
    const std::string name = old == response.machines().end() ? "" : old->instance() + ", ";
    context.out << '\n' << Printable(machine.instance()) << " may be " << Printable(name) << machine.may_be_machine_id()
                << ", set up anew: `stewardctl machine approve " << Printable(machine.instance()) << "`\n";
  }
}

// Asks for a change of a machine and says what became of it: its name, its id, `outcome` of the answer.
template <class Response, class Request, class Outcome>
absl::Status Change(const CtlContext& context, const char* method, const Request& request, Outcome outcome) {
  Response response;
  const absl::Status called = context.api.Call(StrCat("MachineService/", method), request, response);
  if (!called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  context.out << Printable(response.machine().instance()) << " (" << response.machine().id() << ") " << outcome(response) << '\n';
  return absl::OkStatus();
}

}  // namespace

absl::Status Machines(const CtlContext& context, bool include_retired) {
  v1::ListMachinesRequest request;
  request.set_include_retired(include_retired);
  v1::ListMachinesResponse response;
  if (absl::Status called = context.api.Call("MachineService/ListMachines", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  Table table({"MACHINE", "STATE", "LAST SEEN", "SITE", "CLASS", "ISSUES", "SYSTEM", "ID"});
  for (const v1::Machine& machine : response.machines()) {
    table.AddRow({machine.instance(), StateCell(machine), Ago(machine.has_last_seen_time(), machine.last_seen_time(), context.now),
                  machine.site(), machine.class_(),
                  Cell(std::to_string(machine.open_issues()), machine.open_issues() > 0 ? Colour::kWarning : Colour::kSoft),
                  machine.operating_system(), Cell(machine.id(), Colour::kSoft)});
  }
  if (table.empty()) {
    context.out << "No machine is enrolled yet. `stewardctl token create` makes a token; on the machine, as root:"
                << " steward-agent enroll TOKEN\n";
  } else {
    table.Print(context.out, context.colours);
    PrintOffers(context, response);
  }
  return absl::OkStatus();
}

absl::Status MachineShow(const CtlContext& context, const std::string& machine, std::uint32_t days) {
  v1::GetMachineRequest request;
  request.set_machine(machine);
  request.set_coverage_days(days);
  v1::GetMachineResponse response;
  if (absl::Status called = context.api.Call("MachineService/GetMachine", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintMachine(context, response.machine());
  if (!response.issues().empty()) {
    PrintHeading(context, "Open issues");
    Table table({"SEVERITY", "ISSUE", "OPENED", "ID"});
    for (const v1::Issue& issue : response.issues()) {
      table.AddRow({Cell(issue.severity(), SeverityColour(issue.severity())), issue.title(),
                    Ago(issue.has_opened_time(), issue.opened_time(), context.now), issue.id()});
    }
    table.Print(context.out, context.colours);
  }
  PrintCoverage(context, response);
  PrintInventory(context, response);
  for (const v1::InventoryNote& note : response.notes()) {
    context.out << Printable(note.group()) << " is missing: " << Printable(note.note()) << '\n';
  }
  PrintChanges(context, response);
  return absl::OkStatus();
}

absl::Status MachineWatched(const CtlContext& context, const std::string& machine) {
  v1::ListWatchedRequest request;
  request.set_machine(machine);
  v1::ListWatchedResponse response;
  if (absl::Status called = context.api.Call("IssueService/ListWatched", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  Table table({"ISSUE", "WATCHED", ""});
  const auto add = [&](const v1::WatchedType& type) {
    const bool is_watched = type.why_not().empty();
    table.AddRow({type.type(), is_watched ? Cell("yes", Colour::kGood) : Cell("no", Colour::kWarning),
                  is_watched ? Cell(type.subjects() == 1 ? "" : StrCat(type.subjects(), " subjects")) : Cell(type.why_not())});
  };
  for (const bool is_watched : {true, false}) {
    for (const v1::WatchedType& type : response.types()) {
      if (type.why_not().empty() == is_watched) add(type);
    }
  }
  table.Print(context.out, context.colours);
  return absl::OkStatus();
}

absl::Status MachineApprove(const CtlContext& context, const std::string& machine, const std::string& as) {
  v1::ApproveMachineRequest request;
  request.set_machine(machine);
  request.set_as(as);
  return Change<v1::ApproveMachineResponse>(context, "ApproveMachine", request, [](const auto& response) {
    return StrCat("goes on for ", response.retired().id(), ", which is retired; its history stays there.");
  });
}

absl::Status MachineRetire(const CtlContext& context, const std::string& machine, const std::string& reason) {
  v1::RetireMachineRequest request;
  request.set_machine(machine);
  request.set_reason(reason);
  return Change<v1::RetireMachineResponse>(context, "RetireMachine", request, [](const auto&) {
    return "is retired: it may not connect any more, its history stays.";
  });
}

absl::Status MachineDelete(const CtlContext& context, const std::string& machine, const std::string& reason, bool retire) {
  v1::DeleteMachineRequest request;
  request.set_machine(machine);
  request.set_reason(reason);
  request.set_retire(retire);
  return Change<v1::DeleteMachineResponse>(context, "DeleteMachine", request, [](const auto&) {
    return "is deleted with its samples, inventory and issues. Backups made before still hold them.";
  });
}

}  // namespace steward::collector
