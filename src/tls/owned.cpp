#include "tls/owned.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>

#include "base/descriptor.h"

namespace weir::tls {

void Free::operator()(bio_st* object) const { BIO_free(object); }
void Free::operator()(evp_pkey_st* object) const { EVP_PKEY_free(object); }
void Free::operator()(ssl_ctx_st* object) const { SSL_CTX_free(object); }
void Free::operator()(ssl_session_st* object) const { SSL_SESSION_free(object); }
void Free::operator()(ssl_st* object) const { SSL_free(object); }
void Free::operator()(stack_st_X509* object) const { sk_X509_pop_free(object, X509_free); }
void Free::operator()(x509_st* object) const { X509_free(object); }
void Free::operator()(x509_store_st* object) const { X509_STORE_free(object); }

Owned<bio_st> memory_of(std::string_view octets) { return Owned<bio_st>(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size()))); }

std::string text_of(bio_st* memory) {
    char* start = nullptr;
    const auto octets = BIO_get_mem_data(memory, &start);
    return std::string(start, static_cast<std::size_t>(octets));
}

const char* take_library_reason(const char* otherwise) {
    const auto code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? otherwise : reason;
}

bool read_file(const std::string& path, std::string& content) {
    content.clear();
    // Not waiting: a pipe has nothing to say.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return false;
    char block[4096];
    for (;;) {
        const auto octets = ::read(file.number(), block, sizeof block);
        if (octets == 0) return true;
        if (octets < 0 && errno == EINTR) continue;
        if (octets < 0) return false;
        if (content.size() >= kFileOctetsMax) return errno = EFBIG, false;
        content.append(block, static_cast<std::size_t>(octets));
    }
}

}  // namespace weir::tls
