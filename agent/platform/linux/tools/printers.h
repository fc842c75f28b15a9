// What CUPS on this machine tells of its printers.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// Tool::kPrinters: `lpstat -l -p` of the machine's own CUPS, not of a server that a client was pointed to. Empty: it has no
// printer, or does not run, which is how CUPS waits on machines that start it on demand.
// NotFound: there is no lpstat (package cups-client).
absl::StatusOr<std::string> AskPrinters(const RootedFiles& files, absl::Duration deadline);

}  // namespace steward::agent
