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
};

class Outlet {
public:
    virtual ~Outlet() = default;
    // Done once every worker shows it: the CA may come at any moment from then on, and from several places.
    virtual io::Task<> show(const ShownChallenge& challenge) = 0;
    virtual void withdraw(const ShownChallenge& challenge) = 0;
    // A certificate that was kept on disk, or a new one that takes the place of the one before for these names.
    virtual void publish(const Issued& issued) = 0;
    // Names are wanted no longer, or an on-demand one may be had no longer.
    virtual void retract(const NameSet& names) = 0;
    // There will be no certificate for a name that was demanded, for now.
    virtual void refuse(const std::string& name) = 0;
};

}  // namespace weir::acme
