#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

#define STEWARD_SELECT_TOKEN \
  "SELECT id, kind, secret_sha256, site, class, role, uses_allowed, uses, created_ms, expire_ms, revoked FROM token "

TokenRecord ReadToken(Query& row) {
  TokenRecord token;
  token.id = row.Text(0);
  token.kind = static_cast<TokenKind>(row.Integer(1));
  token.secret_sha256 = row.Text(2);
  token.site = row.Text(3);
  token.machine_class = row.Text(4);
  token.role = row.Text(5);
  token.uses_allowed = static_cast<std::uint32_t>(row.Integer(6));
  token.uses = static_cast<std::uint32_t>(row.Integer(7));
  token.created_time = FromStoredMs(row.Integer(8));
  token.expire_time = FromStoredMs(row.Integer(9));
  token.revoked = row.Integer(10) != 0;
  return token;
}

}  // namespace

absl::StatusOr<std::vector<TokenRecord>> ListTokens(Connection& connection) {
  Query query(connection, STEWARD_SELECT_TOKEN "ORDER BY created_ms DESC, id");
  std::vector<TokenRecord> tokens;
  while (query.Next()) tokens.push_back(ReadToken(query));
  return tokens;
}

absl::StatusOr<TokenRecord> GetToken(Connection& connection, std::string_view id) {
  Query query(connection, STEWARD_SELECT_TOKEN "WHERE id = ?1", id);
  if (!query.Next()) return absl::NotFoundError(absl::StrCat("no token ", std::string(id)));
  return ReadToken(query);
}

absl::StatusOr<TokenRecord> FindTokenBySecret(Connection& connection, std::string_view secret_sha256) {
  Query query(connection, STEWARD_SELECT_TOKEN "WHERE secret_sha256 = ?1 ORDER BY id", Bytes(secret_sha256));
  if (!query.Next()) return absl::NotFoundError("no token with this secret");
  return ReadToken(query);
}

absl::Status PutToken(Connection& connection, const TokenRecord& token) {
  Query(connection,
        "INSERT INTO token (id, kind, secret_sha256, site, class, role, uses_allowed, uses, created_ms, expire_ms, "
        "revoked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, secret_sha256 = excluded.secret_sha256, "
        "site = excluded.site, class = excluded.class, role = excluded.role, uses_allowed = excluded.uses_allowed, "
        "uses = excluded.uses, created_ms = excluded.created_ms, expire_ms = excluded.expire_ms, "
        "revoked = excluded.revoked",
        token.id, static_cast<std::int64_t>(token.kind), Bytes(token.secret_sha256), token.site, token.machine_class,
        token.role, token.uses_allowed, token.uses, ToStoredMs(token.created_time), ToStoredMs(token.expire_time),
        token.revoked)
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
