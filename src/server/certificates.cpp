#include "server/certificates.h"

#include <algorithm>

#include "tls/ticket_keys.h"

namespace weir::server {
namespace {

using Kind = tls::CertificateSource::Kind;
using Pair = tls::CertificateSource::Pair;

std::string key_of(const Pair& pair) { return "files " + pair.certificate_file + " " + pair.key_file; }

std::string key_of(Kind kind, const std::vector<std::string>& names) {
    std::string key(kind == Kind::internal ? "internal" : "acme");
    for (const auto& name : names) key.append(" ").append(name);
    return key;
}

// None for a file that is just being changed: it is read again soon, in case that it was read before.
FileStamp settled_stamp_of(const std::string& path, WallTime now) {
    constexpr Duration kSettled = std::chrono::seconds(10);
    const auto stamp = stamp_of(path);
    return stamp.seconds < std::chrono::duration_cast<std::chrono::seconds>((now - kSettled).time_since_epoch()).count() ? stamp
                                                                                                                         : FileStamp{};
}

}  // namespace

std::vector<std::string> demandable_of(const proxy::Snapshot& snapshot) {
    std::vector<std::string> demandable;
    if (snapshot.process.acme.on_demand.ask_url.empty()) return demandable;
    for (const auto& site : snapshot.sites)
        if (site.tls && site.tls->source.kind == Kind::acme)
            std::ranges::copy_if(site.tls->source.names, std::back_inserter(demandable),
                                 [](const auto& host) { return host.empty() || host.starts_with("*."); });
    return demandable;
}

std::vector<std::string> names_certified(std::vector<std::string> hosts) {
    std::erase(hosts, std::string{});
    // The first gives the certificate its name.
    std::ranges::sort(hosts, {}, [](const std::string& name) { return std::pair(net::Ip::parse(name).has_value(), name); });
    return hosts.empty() ? std::vector<std::string>{"localhost", "127.0.0.1", "::1"} : hosts;
}

Certificates::Certificates(Publish publish) : publish_(std::move(publish)), live_(make_ref<const tls::Live>()) {}

Certificates::~Certificates() = default;

std::expected<void, std::string> Certificates::prepare(const proxy::Snapshot& snapshot, WallTime now) {
    Parts parts;
    parts.authority = InternalAuthority(snapshot.process.state_directory);
    if (parts.authority.folder() == present_.authority.folder()) parts.authority = present_.authority;
    for (const auto& plan : snapshot.sites) {
        if (!plan.tls) continue;
        auto done = hold(plan, parts, now);
        if (!done) return done;
    }
    parts.demandable = demandable_of(snapshot);
    parts.staples_demanded = !parts.demandable.empty() && std::ranges::any_of(snapshot.sites, [](const auto& plan) {
        return plan.tls && plan.tls->source.kind == Kind::acme && plan.tls->staples;
    });
    auto tickets = tickets_for(snapshot.process.tickets, now);
    if (!tickets) return std::unexpected(std::move(tickets.error()));
    parts.tickets = std::move(*tickets);
    prepare_early_data(snapshot, parts.tickets);
    next_ = std::move(parts);
    return {};
}

// Handshakes that still begin on the configuration before find what they need: workers hear of the certificates first.
void Certificates::begin() {
    present_ = std::exchange(next_, {});
    for (auto& [name, held] : demanded_) held.staples = present_.staples_demanded;
    auto live = make_live();
    for (const auto& [key, set] : live_->sources) live->sources.emplace(key, set);
    send(live);
}

std::expected<void, std::string> Certificates::hold(const proxy::SitePlan& plan, Parts& into, WallTime now) {
    const auto& source = plan.tls->source;
    Site site{.source_key = source.key, .is_any = std::ranges::find(source.names, "") != source.names.end(), .keys = {}};
    std::expected<void, std::string> done;
    if (source.kind == Kind::files) hold_files(plan, site, into, now);
    else if (source.kind == Kind::internal) done = hold_internal(plan, site, into, now);
    else hold_fetched(plan, site, into);
    if (plan.tls->staples)
        for (const auto& key : site.keys) into.held[key].staples = true;
    into.sites.push_back(std::move(site));
    return done;
}

// The configuration has read them already.
void Certificates::hold_files(const proxy::SitePlan& plan, Site& site, Parts& into, WallTime now) const {
    const auto& pairs = plan.tls->source.pairs;
    for (std::size_t i = 0; i < pairs.size() && i < plan.certificates.size(); ++i) {
        auto& held = into.held[site.keys.emplace_back(key_of(pairs[i]))];
        const auto before = present_.held.find(site.keys.back());
        if (before != present_.held.end() && before->second.certificate->fingerprint() == plan.certificates[i]->fingerprint())
            held = before->second;
        held.certificate = plan.certificates[i];
        held.kind = Kind::files;
        held.names = held.certificate->names();
        held.files = pairs[i];
        held.certificate_stamp = settled_stamp_of(pairs[i].certificate_file, now);
        held.key_stamp = settled_stamp_of(pairs[i].key_file, now);
        held.fault.clear();
    }
}

std::expected<void, std::string> Certificates::hold_internal(const proxy::SitePlan& plan, Site& site, Parts& into, WallTime now) {
    const auto names = names_certified(plan.tls->source.names);
    auto& held = into.held[site.keys.emplace_back(key_of(Kind::internal, names))];
    if (held.certificate) return {};
    auto leaf = into.authority.leaf_for(names, now);
    if (!leaf) return std::unexpected("'tls internal' of " + plan.name + ": " + leaf.error());
    held.certificate = std::move(*leaf);
    held.kind = Kind::internal;
    held.names = names;
    held.renewal = InternalAuthority::renewal_of(*held.certificate);
    return {};
}

void Certificates::hold_fetched(const proxy::SitePlan& plan, Site& site, Parts& into) const {
    const auto& names = plan.tls->source.names;
    auto& held = into.held[site.keys.emplace_back(key_of(Kind::acme, names))];
    if (const auto before = present_.held.find(site.keys.back()); before != present_.held.end()) held = before->second;
    held.kind = Kind::acme;
    held.names = names;
}

std::expected<Certificates::Tickets, std::string> Certificates::tickets_for(const tls::TicketOptions& options, WallTime now) const {
    const auto& before = present_.tickets;
    if (options == before.options && (!before.keys.empty() || !options.is_on)) return before;
    Tickets tickets{
        .options = options, .keys = {}, .stamp = stamp_of(options.file), .rotation = now + options.rotation, .replay_record = {}};
    // Keys of another file open tickets that the record has not seen.
    if (options.file == before.options.file) tickets.replay_record = before.replay_record;
    if (!options.is_on) return tickets;
    if (options.file.empty()) {
        if (before.options.file.empty()) tickets.keys = before.keys;
        if (tickets.keys.empty()) tickets.keys.push_back(tls::make_ticket_key());
        return tickets;
    }
    auto read = tls::read_ticket_keys(options.file);
    if (!read) return std::unexpected(std::move(read.error()));
    tickets.keys = std::move(*read);
    return tickets;
}

// Once it is there it stays: what a reload forgot could be played again.
void Certificates::prepare_early_data(const proxy::Snapshot& snapshot, Tickets& tickets) {
    const bool is_wanted = std::ranges::any_of(snapshot.sites, [](const auto& plan) { return plan.tls && plan.tls->allows_early_data; });
    if (!is_wanted || tickets.replay_record) return;
    // Keys of a file open tickets of the process before this one, whose record is gone.
    const auto closed_until = tickets.options.file.empty() ? TimePoint::min() : io::Worker::current().now() + tls::ReplayRecord::kWindow;
    tickets.replay_record = make_ref<const tls::ReplayRecord>(closed_until);
}

void Certificates::give_to(tls::Live& live, const Site& site) const {
    tls::CertificateSet set;
    for (const auto& key : site.keys) {
        const auto& held = present_.held.find(key)->second;
        if (held.certificate) set.push_back({.certificate = held.certificate, .ocsp = held.ocsp});
    }
    if (set.empty()) return;
    if (site.is_any || live.fallback.empty()) live.fallback = set;
    live.sources.emplace(site.source_key, std::move(set));
}

void Certificates::publish() { send(make_live()); }

Ref<tls::Live> Certificates::make_live() const {
    auto live = make_ref<tls::Live>();
    for (const auto& site : present_.sites) give_to(*live, site);
    for (const auto& [name, held] : demanded_) live->certificates.try_emplace(name, tls::CertificateSet{{held.certificate, held.ocsp}});
    live->demandable = present_.demandable;
    live->ticket_keys = present_.tickets.keys;
    live->replay_record = present_.tickets.replay_record;
    live->http_challenges = http_challenges_;
    live->alpn_challenges = alpn_challenges_;
    return live;
}

void Certificates::send(const Ref<tls::Live>& live) {
    live_ = Ref<const tls::Live>(live.raw());
    publish_(live_);
}

void Certificates::put(const std::vector<std::string>& names, Ref<const tls::Certificate> certificate, WallTime renewal) {
    const auto found = present_.held.find(key_of(Kind::acme, names));
    if (found == present_.held.end()) return;  // no site wants it any more
    auto& held = found->second;
    held.certificate = std::move(certificate);
    held.renewal = renewal;
    held.fault.clear();
    held.failures = 0;
    held.ocsp.clear();
    held.ocsp_renewal = {};
    held.tell_new();
    publish();
}

void Certificates::note(const std::vector<std::string>& names, const acme::CertificateState& state) {
    if (const auto found = present_.held.find(key_of(Kind::acme, names)); found != present_.held.end()) found->second.take_note(state);
}

void Certificates::note_demanded(const acme::CertificateState& state) {
    if (const auto found = demanded_.find(state.names.front()); found != demanded_.end()) found->second.take_note(state);
}

void Certificates::put_demanded(const std::string& name, Ref<const tls::Certificate> certificate, WallTime renewal) {
    auto& held = demanded_[name];
    held.certificate = std::move(certificate);
    held.kind = Kind::acme;
    held.names = {name};
    held.renewal = renewal;
    held.fault.clear();
    held.failures = 0;
    held.staples = present_.staples_demanded;
    held.ocsp.clear();
    held.ocsp_renewal = {};
    publish();
}

void Certificates::drop_demanded(const std::string& name) {
    if (demanded_.erase(name) != 0) publish();
}

void Certificates::put_challenges(tls::TextMap<std::string> http, tls::TextMap<Ref<const tls::Certificate>> alpn) {
    http_challenges_ = std::move(http);
    alpn_challenges_ = std::move(alpn);
    publish();
}

}  // namespace weir::server
