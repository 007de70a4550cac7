#include "server/held_certificate.h"

#include "base/log.h"

namespace weir::server {

std::string HeldCertificate::source() const {
    switch (kind) {
        case tls::CertificateSource::Kind::files: return "files " + files.certificate_file;
        case tls::CertificateSource::Kind::internal: return "internal";
        case tls::CertificateSource::Kind::acme: return "acme";
    }
    return {};
}

std::string_view HeldCertificate::name() const { return certificate->names().empty() ? std::string_view{} : certificate->names().front(); }

void HeldCertificate::take_note(const acme::CertificateState& state) {
    fault = state.last_failure;
    failures = state.failures;
    renewal = state.next_try;
}

void HeldCertificate::tell_new() const {
    const auto days = std::chrono::duration_cast<std::chrono::hours>(certificate->not_after() - std::chrono::system_clock::now()) / 24;
    log::info("certificate_in_use", "a new certificate is used from now on",
              {{"source", source()}, {"name", name()}, {"issuer", certificate->issuer()}, {"days_left", days.count()}});
}

}  // namespace weir::server
