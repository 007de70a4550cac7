// Certificates: keeps what of TLS changes while Weir runs: the certificates of all sites, wherever they come from, the keys of session
// tickets, stapled answers, answers to challenges. Whenever something of it changes a new tls::Live goes to every worker. Thread: control.
//   files      watched: changed ones are read, and used when they are right; when they are not, the old ones stay and the log says why
//   internal   made and renewed by the InternalAuthority
//   acme       put in from outside: put()
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "acme/outlet.h"
#include "io/deadline.h"
#include "io/task.h"
#include "proxy/snapshot.h"
#include "server/held_certificate.h"
#include "server/internal_authority.h"
#include "tls/live.h"

namespace weir::observe {
class Exposition;
}

namespace weir::server {

class Certificates {
public:
    using Publish = std::function<void(const Ref<const tls::Live>&)>;
    using Held = std::map<std::string, HeldCertificate, std::less<>>;

    static constexpr Duration kLookEvery = std::chrono::seconds(1);
    // Of certificates that nobody renews: told every day from so long before their end, and from a third of a shorter life.
    static constexpr Duration kToldBefore = std::chrono::days(14);
    static constexpr Duration kLoudBefore = std::chrono::days(3);

    explicit Certificates(Publish publish);
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;
    ~Certificates();

    // Makes ready what this configuration needs. The error is for a person; then nothing has changed.
    std::expected<void, std::string> prepare(const proxy::Snapshot& snapshot, WallTime now);
    // From now on what was prepared.
    void begin();
    const Ref<const tls::Live>& live() const { return live_; }

    // Looks at files, rotates keys, renews internal certificates, until stopped.
    io::Task<> watch(io::Stop& stop);

    // A certificate that was fetched for these names, and when it will be renewed.
    void put(const std::vector<std::string>& names, Ref<const tls::Certificate> certificate, WallTime renewal);
    // Why there is no newer one, and when the next try is.
    void note(const std::vector<std::string>& names, const acme::CertificateState& state);
    // For a name that no configuration names. It stays over a reload, until drop_demanded().
    void put_demanded(const std::string& name, Ref<const tls::Certificate> certificate, WallTime renewal);
    void note_demanded(const acme::CertificateState& state);
    void drop_demanded(const std::string& name);
    void put_challenges(tls::TextMap<std::string> http, tls::TextMap<Ref<const tls::Certificate>> alpn);
    // One whose OCSP answer is due, by its key; empty: none is.
    std::string next_to_staple(WallTime now, bool with_demanded = true) const;
    const HeldCertificate* find(std::string_view key) const;
    static bool is_demanded(std::string_view key);
    // An answer and until when it holds, or none; and when to ask again. It is served from the next settle_staples() on.
    void put_staple(std::string_view key, std::string ocsp, WallTime until, WallTime renewal);
    void put_off_staple(std::string_view key, WallTime renewal);
    // Drops what is out of date, and publishes what has changed: once for many, a Live names every certificate.
    void settle_staples(WallTime now);

    const Held& held() const { return present_.held; }
    const Held& demanded() const { return demanded_; }

private:
    // Which certificates serve which site.
    struct Site {
        std::string source_key;
        bool is_any = false;
        std::vector<std::string> keys;  // into Parts::held
    };
    struct Tickets {
        tls::TicketOptions options;
        std::vector<tls::TicketKey> keys;
        FileStamp stamp;
        WallTime rotation{};
        Ref<const tls::ReplayRecord> replay_record;  // none: no site has taken early data so far
    };
    struct Parts {
        Held held;
        std::vector<Site> sites;
        std::vector<std::string> demandable;
        bool staples_demanded = false;
        Tickets tickets;
        InternalAuthority authority{""};
    };

    HeldCertificate* held_of(std::string_view key);
    void publish();
    Ref<tls::Live> make_live() const;
    void send(const Ref<tls::Live>& live);
    std::expected<void, std::string> hold(const proxy::SitePlan& plan, Parts& into, WallTime now);
    void hold_files(const proxy::SitePlan& plan, Site& site, Parts& into, WallTime now) const;
    static std::expected<void, std::string> hold_internal(const proxy::SitePlan& plan, Site& site, Parts& into, WallTime now);
    void hold_fetched(const proxy::SitePlan& plan, Site& site, Parts& into) const;
    std::expected<Tickets, std::string> tickets_for(const tls::TicketOptions& options, WallTime now) const;
    static void prepare_early_data(const proxy::Snapshot& snapshot, Tickets& tickets);
    bool look_at(HeldCertificate& held);
    bool look_at_files();
    bool renew_internal(WallTime now);
    bool turn_tickets(WallTime now);
    void tell_of_ends(WallTime now);
    void give_to(tls::Live& live, const Site& site) const;

    Publish publish_;
    Parts next_;
    Parts present_;
    Held demanded_;  // by name
    bool has_new_staples_ = false;
    tls::TextMap<std::string> http_challenges_;
    tls::TextMap<Ref<const tls::Certificate>> alpn_challenges_;
    Ref<const tls::Live> live_;
};

// Hosts whose certificates are fetched when they are first asked for: patterns of sites, when there is somebody to ask whether they may.
std::vector<std::string> demandable_of(const proxy::Snapshot& snapshot);
// What an internal certificate for these hosts of a site names.
std::vector<std::string> names_certified(std::vector<std::string> hosts);

}  // namespace weir::server
