#include "collector/ctl/api_client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/ascii.h"
#include "base/text.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

namespace steward::collector {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kAnswerSeconds = 120;  // a channel test waits for the receiver
constexpr std::size_t kAnswerBytesMax = std::size_t{512} << 20;

struct CodeWord {
  const char* word;
  absl::StatusCode code;
};
constexpr CodeWord kCodes[] = {
    {"canceled", absl::StatusCode::kCancelled},
    {"invalid_argument", absl::StatusCode::kInvalidArgument},
    {"deadline_exceeded", absl::StatusCode::kDeadlineExceeded},
    {"not_found", absl::StatusCode::kNotFound},
    {"already_exists", absl::StatusCode::kAlreadyExists},
    {"permission_denied", absl::StatusCode::kPermissionDenied},
    {"resource_exhausted", absl::StatusCode::kResourceExhausted},
    {"failed_precondition", absl::StatusCode::kFailedPrecondition},
    {"aborted", absl::StatusCode::kAborted},
    {"out_of_range", absl::StatusCode::kOutOfRange},
    {"unimplemented", absl::StatusCode::kUnimplemented},
    {"internal", absl::StatusCode::kInternal},
    {"unavailable", absl::StatusCode::kUnavailable},
    {"data_loss", absl::StatusCode::kDataLoss},
    {"unauthenticated", absl::StatusCode::kUnauthenticated},
};

std::size_t Collect(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kAnswerBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

absl::Status ErrorOf(long http_status, const std::string& body) {
  boost::json::error_code failed;
  const boost::json::value parsed = boost::json::parse(body, failed);
  if (!failed && parsed.is_object()) {
    const boost::json::value* code = parsed.as_object().if_contains("code");
    const boost::json::value* message = parsed.as_object().if_contains("message");
    if (code != nullptr && code->is_string() && message != nullptr && message->is_string()) {
      const std::string text(message->as_string().c_str(), message->as_string().size());
      for (const CodeWord& known : kCodes) {
        if (code->as_string() == known.word) return absl::Status(known.code, text);
      }
      return absl::UnknownError(text);
    }
  }
  return absl::UnknownError(StrCat("the answer is not a collector's: HTTP ", http_status, " ", body.substr(0, 200)));
}

bool IsLoopbackUrl(std::string_view url) {
  for (const std::string_view host : {"http://127.", "http://localhost", "http://[::1]"}) {
    if (url.starts_with(host)) return true;
  }
  return false;
}

// An open folder, by which a socket is reached whose path is longer than a socket address.
class FolderHandle {
 public:
  explicit FolderHandle(const std::string& folder) : fd_(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~FolderHandle() {
    if (fd_ >= 0) close(fd_);
  }
  FolderHandle(const FolderHandle&) = delete;
  FolderHandle& operator=(const FolderHandle&) = delete;
  std::string Path() const { return StrCat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

}  // namespace

absl::StatusOr<ApiClient> ApiClient::Make(const ApiAddress& address) {
  ApiClient client;
  if (address.server.empty()) {
    client.base_url_ = "http://localhost";
    client.data_dir_ = address.data_dir;
    client.socket_path_ = address.data_dir + "/collector.sock";
    client.on_behalf_ = address.on_behalf;
    if (client.on_behalf_.find_first_of("\r\n") != std::string::npos) {
      return absl::InvalidArgumentError("--as takes a person's name, in one line");
    }
    return client;
  }
  if (!address.on_behalf.empty()) {
    return absl::InvalidArgumentError("--as is for the local socket: a token is somebody already");
  }
  client.base_url_ = address.server;
  while (client.base_url_.ends_with('/')) client.base_url_.pop_back();
  if (!client.base_url_.starts_with("https://") && !IsLoopbackUrl(client.base_url_)) {
    return absl::InvalidArgumentError(StrCat("--server takes an https:// address; http:// only on this machine, as the token "
                                             "would travel in the clear. It is: ", address.server));
  }
  if (address.token_file.empty()) {
    return absl::InvalidArgumentError(
        "--server needs --token-file FILE; `stewardctl token create --api --role ROLE` on the collector makes a token");
  }
  std::ifstream file(address.token_file);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::InvalidArgumentError(StrCat("the token file ", address.token_file, " cannot be read: ", strerror(errno)));
  }
  client.token_ = std::string(absl::StripAsciiWhitespace(text.str()));
  if (client.token_.find_first_of(" \r\n\t") != std::string::npos) {
    return absl::InvalidArgumentError(StrCat(address.token_file, " must hold one token and nothing else"));
  }
  client.ca_file_ = address.ca_file;
  return client;
}

absl::Status ApiClient::Call(std::string_view method, const google::protobuf::Message& request,
                             google::protobuf::Message& response) const {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  std::string body;
  if (curl == nullptr || !request.SerializeToString(&body)) return absl::InternalError("the request cannot be made");
  const std::string url = StrCat(base_url_, "/steward.v1.", method);
  std::string answer;
  char problem[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kAnswerSeconds);
  if (!ca_file_.empty()) curl_easy_setopt(curl.get(), CURLOPT_CAINFO, ca_file_.c_str());

  std::unique_ptr<FolderHandle> folder;
  if (!socket_path_.empty()) {
    std::string path = socket_path_;
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
      folder = std::make_unique<FolderHandle>(data_dir_);
      path = folder->Path() + "/collector.sock";
    }
    curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, path.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  }
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/proto");
  headers = curl_slist_append(headers, "Expect:");
  if (!token_.empty()) headers = curl_slist_append(headers, StrCat("Authorization: Bearer ", token_).c_str());
  if (!on_behalf_.empty()) headers = curl_slist_append(headers, StrCat("Steward-As: ", on_behalf_).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl_easy_perform(curl.get());
  curl_slist_free_all(headers);

  if (code != CURLE_OK) {
    long os_error = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_OS_ERRNO, &os_error);
    return Unreachable(code, os_error, problem[0] != '\0' ? problem : curl_easy_strerror(code));
  }
  long http_status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &http_status);
  if (http_status != 200) return ErrorOf(http_status, answer);
  if (!response.ParseFromString(answer)) {
    return absl::UnknownError("the answer is not a collector's: is this address a collector's HTTP port?");
  }
  return absl::OkStatus();
}

absl::Status ApiClient::Unreachable(int curl_code, long os_error, const std::string& what) const {
  if (socket_path_.empty()) {
    if (curl_code == CURLE_PEER_FAILED_VERIFICATION || curl_code == CURLE_SSL_CACERT_BADFILE) {
      return absl::UnavailableError(
          StrCat(base_url_, ": ", what, "; name the certificate authority of its certificate by --ca FILE"));
    }
    return absl::UnavailableError(StrCat("no collector answers at ", base_url_, ": ", what));
  }
  if (curl_code != CURLE_COULDNT_CONNECT) return absl::UnavailableError(StrCat(socket_path_, ": ", what));
  const std::string elsewhere = "\nIts data directory may be another: --data DIR or STEWARD_DATA; from elsewhere: --server URL "
                                "--token-file FILE.";
  if (access(socket_path_.c_str(), F_OK) != 0 && errno == EACCES) os_error = EACCES;
  if (os_error == EACCES || os_error == EPERM) {
    return absl::PermissionDeniedError(StrCat("permission denied on ", socket_path_,
                                              ": run this as root or as the collector's own user.", elsewhere));
  }
  if (access(socket_path_.c_str(), F_OK) != 0) {
    return absl::UnavailableError(StrCat("no collector is running at ", data_dir_, ": there is no ", socket_path_,
                                         ". Start it: steward-collector serve --data ", data_dir_, elsewhere));
  }
  return absl::UnavailableError(StrCat("the collector at ", data_dir_, " is not running (its socket is left over: ", what,
                                       "). Start it: steward-collector serve --data ", data_dir_));
}

}  // namespace steward::collector
