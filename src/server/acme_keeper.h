// AcmeKeeper: between what the configuration wants, the Certifier that fetches it, and the Certificates that serve it. Shows challenges to
// the CA through every worker. Thread: control.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme/certifier.h"
#include "io/event.h"
#include "io/scope.h"
#include "proxy/snapshot.h"

namespace weir::observe {
class Exposition;
}

namespace weir::server {

class Certificates;

class AcmeKeeper final : private acme::Outlet {
public:
    // Calls `seen` on the control thread once every worker has what was published before.
    using Barrier = std::function<void(std::move_only_function<void()> seen)>;
    // Tells every worker that a name which was demanded gets no certificate.
    using Refuse = std::function<void(const std::string& name)>;

    AcmeKeeper(Certificates& certificates, net::Resolver& resolver, Barrier barrier, Refuse refuse);
    AcmeKeeper(const AcmeKeeper&) = delete;
    AcmeKeeper& operator=(const AcmeKeeper&) = delete;
    ~AcmeKeeper() override;

    // Makes ready what this configuration wants. The error is for a person; then nothing has changed.
    std::expected<void, std::string> prepare(const proxy::Snapshot& snapshot);
    // From now on what was prepared, and Certificates knows.
    void begin();
    // A handshake asked for a name that nobody has a certificate for.
    void demand(const std::string& name);
    // False: nothing that renews itself has this name.
    bool renew_now(const std::string& name);
    void expose(observe::Exposition& out) const;
    // Ends what is under way; joins.
    io::Task<> stop();

private:
    struct Plan {
        // Of each site: the names that can be certified, and those that the site has, by which Certificates knows it.
        std::map<acme::NameSet, std::vector<std::string>> wanted;
        bool may_demand = false;
        std::unique_ptr<acme::Certifier> certifier;  // nullptr: the present one goes on
    };

    io::Task<> show(const acme::ShownChallenge& challenge) override;
    void withdraw(const acme::ShownChallenge& challenge) override;
    void publish(const acme::Issued& issued) override;
    void retract(const acme::NameSet& names) override;
    void refuse(const std::string& name) override;
    void note(const acme::CertificateState& state) override;

    void put_challenges();
    static io::Task<> end(std::unique_ptr<acme::Certifier> certifier);

    Certificates& certificates_;
    net::Resolver& resolver_;
    Barrier barrier_;
    Refuse refuse_;
    Plan next_;
    Plan present_;
    std::vector<acme::ShownChallenge> shown_;
    io::Scope ending_;
};

}  // namespace weir::server
