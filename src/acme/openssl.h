// Owning pointers to what OpenSSL makes, and its reasons as text. For this room's sources only.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace weir::acme {

template <auto free_function>
struct FreeBy {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};

inline void free_extensions(STACK_OF(X509_EXTENSION) * all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); }

using OwnBio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using OwnCertificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using OwnRequest = std::unique_ptr<X509_REQ, FreeBy<X509_REQ_free>>;
using OwnExtension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using OwnExtensions = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeBy<free_extensions>>;
using OwnDigest = std::unique_ptr<EVP_MD_CTX, FreeBy<EVP_MD_CTX_free>>;

inline OwnBio bio_of(std::string_view text) { return OwnBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

inline std::string text_of(BIO* bio) {
    char* octets = nullptr;
    const auto size = BIO_get_mem_data(bio, &octets);
    return {octets, static_cast<std::size_t>(size)};
}

// The last reason in the thread's queue, which is emptied.
inline std::string openssl_reason() {
    const auto code = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "unknown reason" : reason;
}

// The DER form of an object. `encode` is i2d_… of its type.
template <class T, class Encode>
std::string der_of(T* object, Encode encode) {
    unsigned char* octets = nullptr;
    const int size = encode(object, &octets);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size));
    OPENSSL_free(octets);
    return out;
}

}  // namespace weir::acme
