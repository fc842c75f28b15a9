#include "base/text.h"
#include "collector/ctl/output.h"

namespace steward::collector {
namespace {

std::string WhereText(const v1::MaintenanceWindow& window) {
  std::string text = !window.host_name().empty() ? window.host_name() : window.machine();
  if (!window.class_().empty()) StrAppend(&text, text.empty() ? "" : ", ", "each ", window.class_());
  if (!window.site().empty()) StrAppend(&text, text.empty() ? "" : ", ", window.site());
  return text;
}

void PrintWindow(const CtlContext& context, const v1::MaintenanceWindow& window, const char* what) {
  context.out << "Window " << Printable(window.id()) << " " << what << ": " << Printable(WhereText(window)) << ", "
              << Printable(window.times()) << " by the site's clock (" << Printable(window.title()) << ").\n";
}

const char* WhatNow(const v1::MaintenanceWindow& window) {
  if (window.state() == "proposed") return "is proposed";
  return window.state() == "active" ? "has begun" : "is planned";
}

}  // namespace

absl::Status WindowAdd(const CtlContext& context, const v1::AddWindowRequest& request) {
  v1::AddWindowResponse response;
  if (absl::Status called = context.api.Call("WindowService/AddWindow", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintWindow(context, response.window(), WhatNow(response.window()));
  if (response.window().state() != "proposed") return absl::OkStatus();
  context.notes << "Nothing is held back until the IT manager confirms it, because " << Printable(response.window().proposal())
                << ": stewardctl window confirm " << Printable(response.window().id()) << "\n";
  return absl::OkStatus();
}

absl::Status WindowConfirm(const CtlContext& context, const v1::ConfirmWindowRequest& request) {
  v1::ConfirmWindowResponse response;
  if (absl::Status called = context.api.Call("WindowService/ConfirmWindow", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintWindow(context, response.window(), WhatNow(response.window()));
  return absl::OkStatus();
}

absl::Status WindowList(const CtlContext& context, bool all) {
  v1::ListWindowsRequest request;
  request.set_include_over(all);
  v1::ListWindowsResponse response;
  if (absl::Status called = context.api.Call("WindowService/ListWindows", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  Table table({"ID", "STATE", "WHERE", "WHEN", "BEGINS", "WHAT", "BY"});
  for (const v1::MaintenanceWindow& window : response.windows()) {
    table.AddRow({window.id(), Cell(window.state(), window.state() == "active" || window.state() == "proposed" ? Colour::kWarning : Colour::kNone), WhereText(window),
                  window.times(), Ago(window.has_begin_time(), window.begin_time(), context.now), window.title(), window.author()});
  }
  if (table.empty()) {
    context.out << "No maintenance windows.\n";
  } else {
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

absl::Status WindowRemove(const CtlContext& context, const v1::RemoveWindowRequest& request) {
  v1::RemoveWindowResponse response;
  if (absl::Status called = context.api.Call("WindowService/RemoveWindow", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  context.out << "Window " << Printable(response.window().id()) << " is removed.\n";
  return absl::OkStatus();
}

}  // namespace steward::collector
