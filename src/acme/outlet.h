// Outlet: where a Certifier's work goes: answers to challenges, to be shown to the CA by every listener, and certificates, to be served.
// Implemented above this room. Thread: control.
#pragma once

#include <string>

#include "acme/certificate.h"
#include "io/task.h"

namespace weir::acme {

struct ShownChallenge {
    ChallengeKind kind = ChallengeKind::http_01;
    std::string name;
    std::string token;              // http-01: asked for at /.well-known/acme-challenge/TOKEN (RFC 8555 8.3) …
    std::string key_authorization;  // … and answered with this
    Pair certificate;               // tls-alpn-01: for a handshake with `name` that offers acme-tls/1 alone (RFC 8737)
};

struct Issued {
    NameSet names;  // as they were wanted
    Pair pair;
    Leaf leaf;
    WallTime renewal{};
    bool is_on_demand = false;
};

// What is known of one certificate, for `weir certs` and the metrics.
struct CertificateState {
    NameSet names;
    bool is_on_demand = false;
    bool has_certificate = false;
    Leaf leaf;                        // when it has one
    WallTime next_try{};              // of the renewal, or of the first order
    std::uint32_t failures = 0;       // in a row
    std::string last_failure;         // why; empty without failures
    bool follows_suggestion = false;  // next_try lies in the CA's window (RFC 9773)
};

class Outlet {
public:
    virtual ~Outlet() = default;
    // Done once every worker shows it: the CA may come at any moment from then on, and from several places.
    virtual io::Task<> show(const ShownChallenge& challenge) = 0;
    virtual void withdraw(const ShownChallenge& challenge) = 0;
    // A certificate that was kept on disk, or a new one that takes the place of the one before for these names.
    virtual void publish(const Issued& issued) = 0;
    // Something but the certificate has changed: a try has failed, the next one lies elsewhere.
    virtual void note(const CertificateState& state) = 0;
    // Names are wanted no longer, or an on-demand one may be had no longer.
    virtual void retract(const NameSet& names) = 0;
    // There will be no certificate for a name that was demanded, for now.
    virtual void refuse(const std::string& name) = 0;
};

}  // namespace weir::acme
