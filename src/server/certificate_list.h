// CertificateList: every certificate that is served or waited for, as `weir certs` tells of it: of a running process, or what one would
// find that starts with a configuration. Thread: control, or the command line's; the second reads the state directory.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ref.h"
#include "tls/certificate.h"

namespace weir::proxy {
class Snapshot;
}
namespace weir::observe {
class Exposition;
}

namespace weir::server {

class Certificates;

struct ListedCertificate {
    std::vector<std::string> names;
    std::string source;                       // "internal", "acme", "acme on demand", "files"
    std::string file;                         // of files: the chain's
    Ref<const tls::Certificate> certificate;  // none: it is on its way
    WallTime renewal{};                       // when the next one is tried for; zero: nobody renews it
    std::uint32_t failures = 0;               // of tries, in a row
    std::string fault;                        // why there is none, or none newer
};

class CertificateList {
public:
    explicit CertificateList(const Certificates& certificates);
    explicit CertificateList(const proxy::Snapshot& snapshot);

    // Columns for a person, what is over soonest first; a fault stands in a line below.
    std::string text(WallTime now) const;
    // An array of objects, a line each.
    std::string json(WallTime now) const;
    // At most kExposedMax of them, those that are over soonest: every one is three time series for whoever scrapes.
    void expose(observe::Exposition& out) const;
    static constexpr std::size_t kExposedMax = 1'000;

private:
    void sort();
    std::vector<ListedCertificate> all_;
};

}  // namespace weir::server
