// What a certificate's responder is asked, and whether its answer may be stapled (RFC 6960, RFC 6066 8).
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "tls/certificate_parts.h"

namespace weir::tls {
namespace {

constexpr Duration kClockSlack = std::chrono::minutes(5);

struct FreeOcsp {
    void operator()(OCSP_REQUEST* object) const { OCSP_REQUEST_free(object); }
    void operator()(OCSP_RESPONSE* object) const { OCSP_RESPONSE_free(object); }
    void operator()(OCSP_BASICRESP* object) const { OCSP_BASICRESP_free(object); }
    void operator()(OCSP_CERTID* object) const { OCSP_CERTID_free(object); }
};
// The library's queue of errors is empty afterwards: nobody takes them for a handshake's.
struct Quiet {
    Quiet() = default;
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { ERR_clear_error(); }
};
template <class T>
using OwnedOcsp = std::unique_ptr<T, FreeOcsp>;

// Signed by the issuer, or by one whom the issuer lets answer (RFC 6960 4.2.2.2).
bool is_signed_well(OCSP_BASICRESP* answer, X509* issuer, STACK_OF(X509) * chain) {
    const Owned<x509_store_st> trusted(X509_STORE_new());
    X509_STORE_add_cert(trusted.get(), issuer);
    X509_STORE_set_flags(trusted.get(), X509_V_FLAG_PARTIAL_CHAIN);
    return OCSP_basic_verify(answer, chain, trusted.get(), 0) == 1;
}

}  // namespace

std::string Certificate::ocsp_request() const {
    if (sk_X509_num(parts_->chain.get()) == 0 || parts_->ocsp_url.empty()) return {};
    const OwnedOcsp<OCSP_REQUEST> request(OCSP_REQUEST_new());
    // SHA-1 names the certificate here, it protects nothing; responders know no other (RFC 5019 2.1.1).
    auto* id = OCSP_cert_to_id(EVP_sha1(), parts_->leaf.get(), sk_X509_value(parts_->chain.get(), 0));
    if (id == nullptr || OCSP_request_add0_id(request.get(), id) == nullptr) return {};
    unsigned char* der = nullptr;
    const int octets = i2d_OCSP_REQUEST(request.get(), &der);
    if (octets <= 0) return {};
    std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(octets));
    OPENSSL_free(der);
    return text;
}

std::string_view Certificate::fault_of_ocsp(std::string_view der, WallTime now, WallTime& next_update) const {
    if (sk_X509_num(parts_->chain.get()) == 0) return "the chain does not hold the issuer's certificate";
    const Quiet quiet;
    auto* issuer = sk_X509_value(parts_->chain.get(), 0);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const OwnedOcsp<OCSP_RESPONSE> response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
    if (response == nullptr) return "this is no answer of OCSP";
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return OCSP_response_status_str(OCSP_response_status(response.get()));
    const OwnedOcsp<OCSP_BASICRESP> answer(OCSP_response_get1_basic(response.get()));
    if (answer == nullptr) return "this is no basic answer of OCSP";
    if (!is_signed_well(answer.get(), issuer, parts_->chain.get())) return "the answer is not signed by the issuer, nor in its name";
    const OwnedOcsp<OCSP_CERTID> id(OCSP_cert_to_id(EVP_sha1(), parts_->leaf.get(), issuer));
    int status = 0;
    ASN1_GENERALIZEDTIME* this_update = nullptr;
    ASN1_GENERALIZEDTIME* next = nullptr;
    if (id == nullptr || OCSP_resp_find_status(answer.get(), id.get(), &status, nullptr, nullptr, &this_update, &next) != 1)
        return "the answer is about another certificate";
    if (status == V_OCSP_CERTSTATUS_REVOKED) return "the certificate is revoked";
    if (status != V_OCSP_CERTSTATUS_GOOD) return "the responder does not know the certificate";
    if (wall_time_of(this_update) > now + kClockSlack) return "the answer is from the future";
    // Without a next update newer answers are there at any time (RFC 6960 4.2.2.1): ask again in a day.
    next_update = next != nullptr ? wall_time_of(next) : wall_time_of(this_update) + std::chrono::hours(24);
    return next_update > now ? "" : "the answer is out of date";
}

}  // namespace weir::tls
