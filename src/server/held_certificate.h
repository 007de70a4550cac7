// HeldCertificate: one certificate that is served, or is waited for: where it comes from, how long it is good, what happened to it last.
// Owner: Certificates. Thread: control.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/outlet.h"
#include "server/file_stamp.h"
#include "tls/certificate.h"
#include "tls/options.h"

namespace weir::server {

struct HeldCertificate {
    Ref<const tls::Certificate> certificate;  // none: it is on its way
    tls::CertificateSource::Kind kind = tls::CertificateSource::Kind::files;
    std::vector<std::string> names;          // what it was made for; of files: what it names itself
    tls::CertificateSource::Pair files;      // when it is of files
    FileStamp certificate_stamp, key_stamp;  // of those
    std::string fault;                       // why there is none, or none newer: of the newest files, of the last try; empty: all is well
    WallTime renewal{};                      // of one that renews itself: when that is tried next
    std::uint32_t failures = 0;              // of tries, in a row
    WallTime told{};                         // when it was last said that nobody renews it
    bool staples = false;                    // some site of it wants that
    std::string ocsp;                        // DER; empty: none
    WallTime ocsp_until{};                   // then it must not be sent any more
    WallTime ocsp_renewal{};
    std::uint32_t ocsp_failures = 0;

    // "files /etc/weir/shop.pem", "internal", "acme".
    std::string source() const;
    // The first that the certificate names; empty: none.
    std::string_view name() const;
    // How the last try to renew it went.
    void take_note(const acme::CertificateState& state);
    // To the log, of a new one.
    void tell_new() const;
};

}  // namespace weir::server
