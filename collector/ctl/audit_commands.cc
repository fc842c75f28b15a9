#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

#include "absl/strings/escaping.h"
#include "base/text.h"
#include "collector/audit/audit_chain.h"
#include "collector/ctl/output.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

AuditRecord RecordOf(const v1::AuditEntry& entry) {
  return {.number = entry.number(),
          .time = absl::FromUnixMillis(google::protobuf::util::TimeUtil::TimestampToMilliseconds(entry.time())),
          .actor = entry.actor(),
          .action = entry.action(),
          .object = entry.object(),
          .from = entry.from(),
          .to = entry.to(),
          .reason = entry.reason(),
          .basis = entry.basis(),
          .hash = entry.hash()};
}

// All entries, page by page; `end` is the last answer, which says what was written last.
absl::Status ForEachEntry(const CtlContext& context, const std::function<absl::Status(const v1::AuditEntry&)>& take,
                          v1::ListAuditEntriesResponse& end) {
  v1::ListAuditEntriesRequest request;
  while (true) {
    end.Clear();
    if (absl::Status called = context.api.Call("AuditService/ListAuditEntries", request, end); !called.ok()) return called;
    for (const v1::AuditEntry& entry : end.entries()) {
      if (absl::Status status = take(entry); !status.ok()) return status;
      if (entry.number() <= request.after()) return absl::InternalError("the collector's pages do not go on");
      request.set_after(entry.number());
    }
    if (end.entries_size() == 0) return absl::OkStatus();
  }
}

absl::Status CheckFile(const std::string& path, AuditVerifier& verifier) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(StrCat(path, " cannot be read: ", strerror(errno)));
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    v1::AuditEntry entry;
    const auto parsed = google::protobuf::util::JsonStringToMessage(line, &entry);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(StrCat(path, ":", number, ": is no line of `stewardctl audit export`"));
    }
    verifier.Check(RecordOf(entry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AuditExport(const CtlContext& context) {
  v1::ListAuditEntriesResponse end;
  return ForEachEntry(context, [&](const v1::AuditEntry& entry) {
    std::string line;
    const auto printed = google::protobuf::util::MessageToJsonString(entry, &line);
    if (!printed.ok()) return absl::InternalError(StrCat("an entry cannot be written as JSON: ", printed.ToString()));
    context.out << line << '\n';
    return absl::OkStatus();
  }, end);
}

absl::Status AuditVerify(const CtlContext& context, const std::string& file) {
  AuditVerifier verifier;
  absl::Status status;
  if (file.empty()) {
    v1::ListAuditEntriesResponse end;
    status = ForEachEntry(context, [&](const v1::AuditEntry& entry) {
      verifier.Check(RecordOf(entry));
      return absl::OkStatus();
    }, end);
    if (status.ok()) verifier.CheckEnd(end.last_number(), end.last_number() == 0 ? AuditSeed() : end.last_hash());
  } else {
    status = CheckFile(file, verifier);
  }
  if (!status.ok()) return status;
  if (!verifier.faults().empty()) {
    std::string text = StrCat("the trail is not as it was written (", verifier.checked(), " entries checked):");
    for (const std::string& fault : verifier.faults()) StrAppend(&text, "\n  ", Printable(fault));
    return absl::FailedPreconditionError(text);
  }
  context.out << "The trail is as it was written: " << verifier.checked() << " entries.\n";
  context.notes << "Compare its end with what you noted before: entry " << verifier.last_number() << ", "
                << absl::BytesToHexString(verifier.last_hash()).substr(0, 16) << ".\n";
  return absl::OkStatus();
}

}  // namespace steward::collector
