// Owned: objects of OpenSSL, each freed by its one owner. Only declarations: OpenSSL's headers stay in sources. The names are its own
// struct tags (SSL is ssl_st, X509 is x509_st …).
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct asn1_string_st;
struct bio_st;
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct stack_st_X509;
struct x509_st;
struct x509_store_st;

namespace weir::tls {

struct Free {
    void operator()(bio_st* object) const;
    void operator()(evp_pkey_st* object) const;
    void operator()(ssl_ctx_st* object) const;
    void operator()(ssl_session_st* object) const;
    void operator()(ssl_st* object) const;
    void operator()(stack_st_X509* object) const;  // with what is in it
    void operator()(x509_st* object) const;
    void operator()(x509_store_st* object) const;
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// For reading: `octets` must outlive it.
Owned<bio_st> memory_of(std::string_view octets);
// What has been written to a memory BIO.
std::string text_of(bio_st* memory);

// The reason of the newest error on the thread's queue, as static text, and an empty queue; `otherwise` when there is none.
const char* take_library_reason(const char* otherwise);

// A whole file. False when it can't be read, and errno says why; a device that never ends is a file that is too large.
inline constexpr std::size_t kFileOctetsMax = std::size_t{64} * 1024 * 1024;
bool read_file(const std::string& path, std::string& content);

}  // namespace weir::tls
