// Stapler: fetches what a certificate's responder says of it (OCSP, RFC 6960), so that handshakes can send it along (RFC 6066 8) and
// clients need not ask. In the background: a responder that is absent costs a warning and another try later, never a handshake. An answer
// is used when it is signed well, says "good" and is not out of date; it is kept in the state directory, so that a start needs no
// responder. A responder is asked by https where the certificate says so, and is then believed when one of the system's CAs vouches for it.
// Owner: the Process. Thread: control. Limits: kAtOnceMax responders are asked at a time, each within the Fetcher's time,
// kDemandedAtOnceMax of them for certificates on demand; kKeptATurnMax kept answers are read at a time; what is kept goes after kKeptTime
// without a new one.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "acme/fetch.h"
#include "io/scope.h"
#include "server/certificates.h"

namespace weir::server {

class Stapler {
public:
    static constexpr std::size_t kAtOnceMax = 4;
    static constexpr std::size_t kDemandedAtOnceMax = 2;
    static constexpr std::size_t kKeptATurnMax = 64;
    static constexpr Duration kKeptTime = std::chrono::days(30);
    static constexpr Duration kLookEvery = std::chrono::seconds(1);
    static constexpr Duration kRetryFirst = std::chrono::minutes(1);
    static constexpr Duration kRetryMax = std::chrono::hours(1);
    static constexpr Duration kRenewalMin = std::chrono::minutes(1);
    static constexpr Duration kRenewalMax = std::chrono::hours(24);

    Stapler(Certificates& certificates, net::Resolver& resolver);
    Stapler(const Stapler&) = delete;
    Stapler& operator=(const Stapler&) = delete;
    ~Stapler();

    // Where answers are kept from now on; empty: nowhere.
    void set_folder(std::string folder) { folder_ = std::move(folder); }
    // Asks for what is due, until stopped.
    io::Task<> run(io::Stop& stop);
    void expose(observe::Exposition& out) const;

private:
    // The error is for a person.
    std::expected<acme::Fetcher*, std::string> fetcher_for(std::string_view url);
    void close_idle();
    void forget_old_answers(WallTime now);
    void begin_due(io::Stop& stop);
    bool use_kept(const std::string& key, const HeldCertificate& held, WallTime now);
    io::Task<> ask(std::string key, Ref<const tls::Certificate> certificate, io::Deadline deadline);
    void take(const std::string& key, const tls::Certificate& certificate, std::string der);
    void note_failure(const std::string& key, const tls::Certificate& certificate, std::string_view why);
    std::string place_of(const tls::Certificate& certificate) const;

    Certificates& certificates_;
    net::Resolver& resolver_;
    acme::Fetcher fetcher_;
    std::unique_ptr<acme::Fetcher> secure_fetcher_;  // once a responder is to be asked by https
    std::string folder_;
    WallTime forgot_{};
    std::size_t asking_for_demanded_ = 0;
    io::Scope asking_;
    std::uint64_t answers_ = 0;
    std::uint64_t failures_ = 0;
};

// When a new answer is asked for: halfway to the end of this one, so that a responder that is away for a while is no trouble.
WallTime renewal_of_staple(WallTime now, WallTime until);
// After so many failures in a row.
Duration retry_of_staple(std::uint32_t failures);

}  // namespace weir::server
