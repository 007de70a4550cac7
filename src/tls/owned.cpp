#include "tls/owned.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>

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
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
    if (file == nullptr) return false;
    content.clear();
    char block[4096];
    for (std::size_t octets = 0; (octets = std::fread(block, 1, sizeof block, file.get())) != 0;) content.append(block, octets);
    return std::ferror(file.get()) == 0;
}

}  // namespace weir::tls
