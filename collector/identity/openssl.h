// Owning pointers for OpenSSL's objects, and its error queue as text. Only for .cc files of this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace steward::collector::openssl {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using KeyPointer = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Deleter<X509_free>>;
using RequestPointer = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;
using NamePointer = std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>>;
using ExtensionPointer = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using BioPointer = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using StorePointer = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContextPointer = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using BigNumberPointer = std::unique_ptr<BIGNUM, Deleter<BN_free>>;

// The newest error of this thread's queue, which is emptied; "no details" if there is none.
std::string TakeError();

}  // namespace steward::collector::openssl
