// The few words with which this project holds OpenSSL: owners that free, and its error queue as an
// Error. OpenSSL is seen in certs/ and net/tls_*.cpp only.
#pragma once

#include "base/error.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::certs {

template <auto free_function>
struct FreeWith {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Pkcs7Ptr = std::unique_ptr<PKCS7, FreeWith<PKCS7_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;

/// "what: reasons of OpenSSL's error queue of this thread". Empties the queue, so that the next
/// failure does not tell about this one.
Error openssl_error(std::string what, Errc code = Errc::failed);

/// A read-only BIO over `text`, which must outlive it. Null only when memory is short.
BioPtr memory_bio(std::string_view text);

/// What was written to a memory BIO.
std::string_view written_to(BIO* bio);

}  // namespace sallyport::certs
