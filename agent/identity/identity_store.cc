#include "agent/identity/identity_store.h"

#include <system_error>

#include "absl/strings/str_cat.h"
#include "agent/identity/machine_key.h"
#include "agent/identity/whole_file.h"
#include "base/text.h"
#include "boost/json.hpp"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string DescriptionOf(const Identity& identity) {
  json::object object;
  object["machine_id"] = identity.machine_id;
  json::array addresses;
  for (const std::string& address : identity.addresses) addresses.emplace_back(address);
  object["addresses"] = std::move(addresses);
  object["site"] = identity.site;
  object["class"] = identity.machine_class;
  return json::serialize(object) + "\n";
}

absl::Status ReadDescription(const std::string& text, Identity& identity) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* id = object == nullptr ? nullptr : object->if_contains("machine_id");
  const json::value* addresses = object == nullptr ? nullptr : object->if_contains("addresses");
  if (id == nullptr || !id->is_string() || addresses == nullptr || !addresses->is_array()) {
    return absl::InvalidArgumentError("it must hold machine_id and addresses");
  }
  identity.machine_id = id->as_string().c_str();
  for (const json::value& address : addresses->as_array()) {
    if (address.is_string()) identity.addresses.emplace_back(address.as_string().c_str());
  }
  const auto text_of = [object](const char* key) {
    const json::value* found = object->if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string().c_str()) : std::string();
  };
  identity.site = text_of("site");
  identity.machine_class = text_of("class");
  return absl::OkStatus();
}

absl::Status Broken(const fs::path& file, std::string_view what) {
  return absl::FailedPreconditionError(StrCat(file.string(), " ", what, "; delete ", file.parent_path().string(),
                                              " and enrol this machine again with a new token"));
}

// Finishes a renewal that was interrupted between its two renames.
std::string MatchingKey(const fs::path& directory, std::string key, const std::string& certificate) {
  if (CertificateMatchesKey(certificate, key)) return key;
  const auto fresh = ReadWholeFile(directory / "machine.key.new");
  if (!fresh.ok() || !CertificateMatchesKey(certificate, *fresh)) return {};
  std::error_code ignored;
  fs::rename(directory / "machine.key.new", directory / "machine.key", ignored);
  return *fresh;
}

}  // namespace

bool IdentityStore::Exists() const {
  std::error_code error;
  return fs::exists(directory() / "identity.json", error);
}

absl::StatusOr<Identity> IdentityStore::Load() {
  if (!Exists()) {
    return absl::NotFoundError(StrCat("this machine is not enrolled (", directory().string(), " has no identity)",
                                      "; make a token with `stewardctl token create` and run `steward-agent enroll TOKEN`"));
  }
  Identity identity;
  std::string description;
  const std::pair<const char*, std::string*> parts[] = {{"identity.json", &description},
                                                        {"machine.key", &identity.key_pem},
                                                        {"machine.crt", &identity.certificate_pem},
                                                        {"ca.crt", &identity.ca_pem}};
  for (const auto& [name, text] : parts) {
    auto content = ReadWholeFile(directory() / name);
    if (absl::IsNotFound(content.status())) return Broken(directory() / name, "is missing");
    if (!content.ok()) return content.status();
    *text = *std::move(content);
  }
  if (absl::Status status = ReadDescription(description, identity); !status.ok()) {
    return Broken(directory() / "identity.json", StrCat("is damaged: ", status.message()));
  }
  identity.key_pem = MatchingKey(directory(), std::move(identity.key_pem), identity.certificate_pem);
  if (identity.key_pem.empty()) return Broken(directory() / "machine.key", "does not belong to machine.crt");
  if (!CertificateIsSignedBy(identity.certificate_pem, identity.ca_pem)) {
    return Broken(directory() / "machine.crt", "is not signed by ca.crt");
  }
  return identity;
}

absl::Status IdentityStore::Create(const Identity& identity) {
  if (Exists()) return absl::AlreadyExistsError(StrCat(directory().string(), " holds an identity already"));
  const fs::path fresh = state_directory_ / "identity.new";
  std::error_code error;
  fs::remove_all(fresh, error);
  fs::create_directories(fresh, error);
  if (error) return absl::PermissionDeniedError(StrCat("cannot create ", fresh.string(), ": ", error.message()));
  fs::permissions(fresh, fs::perms::owner_all, error);
  const std::pair<const char*, std::string> parts[] = {{"machine.key", identity.key_pem},
                                                       {"machine.crt", identity.certificate_pem},
                                                       {"ca.crt", identity.ca_pem},
                                                       {"identity.json", DescriptionOf(identity)}};
  for (const auto& [name, text] : parts) {
    if (absl::Status status = WriteWholeFile(fresh / name, text); !status.ok()) return status;
  }
  fs::remove_all(directory(), error);  // without identity.json it is nothing
  fs::rename(fresh, directory(), error);
  if (error) return absl::UnavailableError(StrCat("cannot rename ", fresh.string(), ": ", error.message()));
  return SyncDirectory(state_directory_);
}

absl::Status IdentityStore::ReplaceCertificate(const std::string& key_pem, const std::string& certificate_pem) {
  if (!CertificateMatchesKey(certificate_pem, key_pem)) {
    return absl::InvalidArgumentError("the renewed certificate does not belong to the key that was made for it");
  }
  // The certificate's rename decides; Load finishes what comes after it.
  if (absl::Status status = WriteWholeFile(directory() / "machine.key.new", key_pem); !status.ok()) return status;
  if (absl::Status status = WriteWholeFile(directory() / "machine.crt", certificate_pem); !status.ok()) return status;
  std::error_code error;
  fs::rename(directory() / "machine.key.new", directory() / "machine.key", error);
  if (error) return absl::UnavailableError(StrCat("cannot rename machine.key.new: ", error.message()));
  return SyncDirectory(directory());
}

}  // namespace steward::agent
