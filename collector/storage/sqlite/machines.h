// Machines, tokens and settings in SQL. Machine keys are small integers that stand for the ids in other tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

std::optional<std::int64_t> FindMachineKey(Connection& connection, std::string_view id);
absl::StatusOr<std::int64_t> MachineKey(Connection& connection, std::string_view id);  // NotFound

// The machine's, and those of all that it goes on from. NotFound.
absl::StatusOr<std::vector<std::int64_t>> MachineKeys(Connection& connection, std::string_view id);

absl::StatusOr<std::vector<MachineRecord>> ListMachines(Connection& connection);
absl::StatusOr<MachineRecord> GetMachine(Connection& connection, std::string_view id);
absl::Status PutMachine(Connection& connection, const MachineRecord& machine);

absl::StatusOr<std::vector<TokenRecord>> ListTokens(Connection& connection);
absl::StatusOr<TokenRecord> GetToken(Connection& connection, std::string_view id);
absl::StatusOr<TokenRecord> FindTokenBySecret(Connection& connection, std::string_view secret_sha256);
absl::Status PutToken(Connection& connection, const TokenRecord& token);

absl::StatusOr<std::optional<std::string>> GetSetting(Connection& connection, std::string_view key);
absl::Status PutSetting(Connection& connection, std::string_view key, std::string_view value);

}  // namespace steward::collector
