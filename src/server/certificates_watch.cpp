// The watch over what is served: files that change, internal certificates that end, keys of tickets that turn.
#include <algorithm>

#include "acme/schedule.h"
#include "base/log.h"
#include "io/event.h"
#include "io/worker.h"
#include "server/certificates.h"
#include "tls/ticket_keys.h"

namespace weir::server {

using Kind = tls::CertificateSource::Kind;

// True when a new certificate is there. A key is often written after its certificate: a pair that doesn't match is looked at again.
bool Certificates::look_at(HeldCertificate& held) {
    const auto certificate_stamp = stamp_of(held.files.certificate_file);
    const auto key_stamp = stamp_of(held.files.key_file);
    if (certificate_stamp == held.certificate_stamp && key_stamp == held.key_stamp) return false;
    held.certificate_stamp = certificate_stamp;
    held.key_stamp = key_stamp;
    auto loaded = tls::Certificate::load(held.files.certificate_file, held.files.key_file);
    if (!loaded) {
        held.fault = std::move(loaded.error());
        log::warn("certificate_refused", "changed certificate files can't be used; the old certificate stays",
                  {{"certificate", held.files.certificate_file}, {"why", held.fault}});
        return false;
    }
    held.fault.clear();
    if ((*loaded)->fingerprint() == held.certificate->fingerprint()) return false;
    held.certificate = std::move(*loaded);
    held.names = held.certificate->names();
    held.ocsp.clear();
    held.ocsp_renewal = {};
    held.tell_new();
    return true;
}

bool Certificates::look_at_files() {
    bool is_new = false;
    for (auto& [key, held] : present_.held)
        if (held.kind == Kind::files && look_at(held)) is_new = true;
    return is_new;
}

bool Certificates::renew_internal(WallTime now) {
    bool is_new = false;
    for (auto& [key, held] : present_.held) {
        if (held.kind != Kind::internal || held.renewal > now) continue;
        auto leaf = present_.authority.leaf_for(held.names, now);
        if (!leaf) {
            held.fault = std::move(leaf.error());
            held.renewal = now + std::chrono::hours(1);
            ++held.failures;
            log::warn("certificate_not_renewed",
                      "an internal certificate can't be renewed; it is good for " +
                          acme::time_left_text(held.certificate->not_after() - now) + " more",
                      {{"name", held.names.front()}, {"why", held.fault}, {"failures", held.failures}});
            continue;
        }
        held.certificate = std::move(*leaf);
        held.renewal = InternalAuthority::renewal_of(*held.certificate);
        held.fault.clear();
        held.failures = 0;
        held.tell_new();
        is_new = true;
    }
    return is_new;
}

// New keys: by time, or because a fleet's file has others.
bool Certificates::turn_tickets(WallTime now) {
    auto& tickets = present_.tickets;
    if (!tickets.options.is_on) return false;
    if (tickets.options.file.empty()) {
        if (now < tickets.rotation) return false;
        tickets.keys = tls::rotate_ticket_keys(tickets.keys, tickets.options);
        tickets.rotation = now + tickets.options.rotation;
        log::debug("ticket_keys_rotated", "session tickets are made with a new key", {{"keys", tickets.keys.size()}});
        return true;
    }
    const auto stamp = stamp_of(tickets.options.file);
    if (stamp == tickets.stamp) return false;
    tickets.stamp = stamp;
    auto keys = tls::read_ticket_keys(tickets.options.file);
    if (!keys) {
        log::warn("ticket_keys_refused", "the changed file of ticket keys can't be used; the old keys stay", {{"why", keys.error()}});
        return false;
    }
    tickets.keys = std::move(*keys);
    log::info("ticket_keys_read", "session tickets are made with the keys of the changed file", {{"keys", tickets.keys.size()}});
    return true;
}

// A certificate of files is somebody else's to renew, who may have forgotten it.
void Certificates::tell_of_ends(WallTime now) {
    constexpr Duration kOften = std::chrono::days(1);
    for (auto& [key, held] : present_.held) {
        if (held.kind != Kind::files) continue;
        const auto& certificate = *held.certificate;
        const Duration left = certificate.not_after() - now;
        const bool is_far = left > std::min<Duration>(kToldBefore, (certificate.not_after() - certificate.not_before()) / 3);
        if (is_far || now < held.told + kOften) continue;
        held.told = now;
        const auto when = left > Duration::zero() ? "is over in " + acme::time_left_text(left) : "is over";
        log::write(left > kLoudBefore ? log::Level::warn : log::Level::error, "certificate_ends",
                   "a certificate " + when + ", and nobody has put a newer one into its file",
                   {{"certificate", held.files.certificate_file},
                    {"name", held.name()},
                    {"days_left", std::chrono::floor<std::chrono::days>(left).count()}});
    }
}

io::Task<> Certificates::watch(io::Stop& stop) {
    auto& worker = io::Worker::current();
    while (!stop.is_requested()) {
        co_await io::sleep_until(worker.now() + kLookEvery, &stop);
        if (stop.is_requested()) break;
        const auto now = worker.wall_now();
        const bool has_files = look_at_files();
        const bool has_internal = renew_internal(now);
        const bool has_keys = turn_tickets(now);
        tell_of_ends(now);
        if (has_files || has_internal || has_keys) publish();
    }
}

}  // namespace weir::server
