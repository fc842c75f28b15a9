#include "agent/probes/certificates.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "agent/platform/linux/tools/certificates.h"
#include "agent/platform/platform.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kInterval = absl::Hours(6);
constexpr absl::Duration kHelperDeadline = absl::Seconds(20);
constexpr std::string_view kLetsEncrypt = kLetsEncryptFolder;
constexpr std::size_t kNameBytesMax = 200;

constexpr Metric kNotAfter = {.name = "steward_certificate_not_after_timestamp_seconds",
                              .help = "When the certificate ends; renewal: automatic for Let's Encrypt's."};
constexpr Metric kNotBefore = {.name = "steward_certificate_not_before_timestamp_seconds",
                               .help = "When the certificate begins."};
constexpr Metric kReadable = {.name = "steward_certificate_readable",
                              .help = "0 if there is no such file, it may not be read, or has no certificate."};
constexpr Metric kLeftOut = {.name = "steward_certificates_left_out", .help = "Certificates beyond the 100 that are read."};

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
void FreeNames(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
using BioPointer = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Pointer = std::unique_ptr<X509, Deleter<X509_free>>;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, Deleter<FreeNames>>;

// A file may hold the private key, too: it goes from memory when it has been looked at.
class FileContent {
 public:
  ~FileContent() { OPENSSL_cleanse(text.data(), text.size()); }
  std::string text;
};

// Nobody is there to be asked for the password of an encrypted key.
int NoPassword(char*, int, int, void*) { return 0; }

X509Pointer Decode(std::string_view content) {
  const BioPointer bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  X509Pointer certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
  if (certificate == nullptr) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(content.data());
    certificate.reset(d2i_X509(nullptr, &bytes, static_cast<long>(content.size())));
  }
  ERR_clear_error();
  return certificate;
}

std::string Cut(std::string text) {
  if (text.size() > kNameBytesMax) text.resize(kNameBytesMax);
  return text;
}

std::string Text(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, string);
  if (length < 0) return "";
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

std::string WholeName(const X509_NAME* name) {
  const BioPointer bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return length <= 0 ? "" : std::string(text, static_cast<std::size_t>(length));
}

std::string FirstHost(const X509* certificate) {
  const NamesPointer names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int index = 0; names != nullptr && index < sk_GENERAL_NAME_num(names.get()); ++index) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), index);
    if (name->type == GEN_DNS) return Text(name->d.dNSName);
  }
  return "";
}

std::string Subject(const X509* certificate) {
  const X509_NAME* name = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  std::string text = at < 0 ? "" : Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (text.empty()) text = FirstHost(certificate);
  return text.empty() ? WholeName(name) : text;
}

std::optional<absl::Time> Time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return absl::FromTM(parts, absl::UTCTimeZone());
}

class CertificatesProbe final : public Probe {
 public:
  CertificatesProbe(Platform& platform, std::vector<std::string> paths) : platform_(platform), named_(std::move(paths)) {}
  std::string_view name() const override { return "certificates"; }
  absl::Duration slow_interval() const override { return kInterval; }

  absl::Status Collect(SampleSink& sink) override {
    std::vector<std::string> paths = named_;
    const absl::Status found = AddLetsEncrypt(paths);
    if (paths.empty()) return found.ok() ? absl::NotFoundError("no certificates are known here") : found;
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    const std::size_t read = std::min(paths.size(), kCertificatesMax);
    for (std::size_t index = 0; index < read; ++index) Report(paths[index], sink);
    sink.Add(kLeftOut, {}, static_cast<std::int64_t>(paths.size() - read));
    return absl::OkStatus();
  }

 private:
  absl::Status AddLetsEncrypt(std::vector<std::string>& paths) {
    told_.clear();
    std::vector<std::string> names;
    const absl::Status listed = platform_.ListDirectory(kLetsEncrypt, names);
    if (absl::IsPermissionDenied(listed)) return AddToldByRoot(paths);
    if (!listed.ok()) return listed;
    for (const std::string& name : names) {
      std::string path = StrCat(kLetsEncrypt, "/", name, "/cert.pem");
      if (platform_.Exists(path)) paths.push_back(std::move(path));
    }
    return absl::OkStatus();
  }

  absl::Status AddToldByRoot(std::vector<std::string>& paths) {
    const absl::StatusOr<std::string> text = platform_.RunTool(Tool::kCertificates, kHelperDeadline);
    if (!text.ok()) {
      return absl::PermissionDeniedError(StrCat(kLetsEncrypt, ": root's alone, and its helper does not tell (", ToStd(text.status().message()),
                                                "); name the certificate's file, or a copy that the agent may read, by [[certificate]] in agent.toml"));
    }
    told_ = SplitCertificates(*text);
    for (const auto& [path, content] : told_) paths.push_back(path);
    return absl::OkStatus();
  }

  void Report(const std::string& path, SampleSink& sink) {
    const absl::StatusOr<Certificate> certificate = Read(path);
    const LabelView by_path[] = {{"path", path}};
    sink.Add(kReadable, by_path, certificate.ok() ? 1 : 0);
    if (!certificate.ok()) return;
    const std::string_view renewal = path.starts_with(kLetsEncrypt) ? "automatic" : "not known";
    const LabelView labels[] = {
        {"issuer", certificate->issuer}, {"path", path}, {"renewal", renewal}, {"subject", certificate->subject}};
    sink.Add(kNotAfter, labels, absl::ToUnixSeconds(certificate->not_after));
    sink.Add(kNotBefore, labels, absl::ToUnixSeconds(certificate->not_before));
  }

  absl::StatusOr<Certificate> Read(const std::string& path) {
    if (const auto told = told_.find(path); told != told_.end()) return ParseCertificate(told->second);
    FileContent content;
    if (absl::Status status = platform_.ReadFile(path, content.text); !status.ok()) return status;
    return ParseCertificate(content.text);
  }

  Platform& platform_;
  std::vector<std::string> named_;
  std::map<std::string, std::string> told_;  // by root's helper, by path
};

}  // namespace

std::map<std::string, std::string> SplitCertificates(std::string_view text) {
  std::map<std::string, std::string> certificates;
  std::string* content = nullptr;
  std::string_view line;
  while (NextLine(text, line)) {
    if (line.starts_with('/')) content = certificates.size() < kCertificatesMax ? &certificates[std::string(line)] : nullptr;
    else if (content != nullptr) StrAppend(content, line, "\n");
  }
  return certificates;
}

absl::StatusOr<Certificate> ParseCertificate(std::string_view content) {
  if (content.size() > kCertificateFileBytesMax) return absl::InvalidArgumentError("too large for a certificate");
  const X509Pointer x509 = Decode(content);
  if (x509 == nullptr) return absl::InvalidArgumentError("no certificate in it");
  const std::optional<absl::Time> not_before = Time(X509_get0_notBefore(x509.get()));
  const std::optional<absl::Time> not_after = Time(X509_get0_notAfter(x509.get()));
  if (!not_before.has_value() || !not_after.has_value()) return absl::InvalidArgumentError("a certificate without its times");
  Certificate certificate;
  certificate.subject = Cut(Subject(x509.get()));
  certificate.issuer = Cut(WholeName(X509_get_issuer_name(x509.get())));
  certificate.not_before = *not_before;
  certificate.not_after = *not_after;
  ERR_clear_error();
  return certificate;
}

std::unique_ptr<Probe> MakeCertificatesProbe(Platform& platform, std::vector<std::string> paths) {
  return std::make_unique<CertificatesProbe>(platform, std::move(paths));
}

}  // namespace steward::agent
