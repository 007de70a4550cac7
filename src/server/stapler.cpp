#include "server/stapler.h"

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/state_file.h"
#include "base/text.h"
#include "io/event.h"
#include "io/worker.h"
#include "observe/exposition.h"
#include "tls/client_side.h"

namespace weir::server {

WallTime renewal_of_staple(WallTime now, WallTime until) {
    return now + std::clamp((until - now) / 2, Stapler::kRenewalMin, Stapler::kRenewalMax);
}

Duration retry_of_staple(std::uint32_t failures) {
    const auto doublings = std::min<std::uint32_t>(failures == 0 ? 0 : failures - 1, 10);
    return std::min<Duration>(Stapler::kRetryFirst * (1U << doublings), Stapler::kRetryMax);
}

Stapler::Stapler(Certificates& certificates, net::Resolver& resolver)
    : certificates_(certificates), resolver_(resolver), fetcher_(resolver, {}) {}

Stapler::~Stapler() = default;

std::string Stapler::place_of(const tls::Certificate& certificate) const {
    return folder_ + "/" + std::string(certificate.fingerprint()) + ".der";
}

io::Task<> Stapler::run(io::Stop& stop) {
    auto& worker = io::Worker::current();
    while (!stop.is_requested()) {
        begin_due(stop);
        certificates_.settle_staples(worker.wall_now());
        forget_old_answers(worker.wall_now());
        co_await io::sleep_until(worker.now() + kLookEvery, &stop);
    }
    co_await asking_.join();
    close_idle();
}

// Of certificates that have been replaced: each has a file of its own.
void Stapler::forget_old_answers(WallTime now) {
    if (folder_.empty() || now - forgot_ < std::chrono::hours(24)) return;
    forgot_ = now;
    namespace fs = std::filesystem;
    std::error_code error;
    const auto oldest = fs::file_time_type::clock::now() - kKeptTime;
    for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
        std::error_code gone;
        const auto written = at->last_write_time(gone);
        if (!gone && at->path().extension() == ".der" && written < oldest) fs::remove(at->path(), gone);
    }
}

void Stapler::begin_due(io::Stop& stop) {
    auto& worker = io::Worker::current();
    const auto now = worker.wall_now();
    for (std::size_t kept = 0; asking_.running() < kAtOnceMax && kept < kKeptATurnMax;) {
        const auto key = certificates_.next_to_staple(now, asking_for_demanded_ < kDemandedAtOnceMax);
        const auto* held = key.empty() ? nullptr : certificates_.find(key);
        if (held == nullptr) break;
        if (use_kept(key, *held, now)) {
            ++kept;
            continue;
        }
        // Not due again while it is asked for.
        certificates_.put_off_staple(key, now + 2 * acme::Fetcher::kRequestTime);
        asking_.spawn(ask(key, held->certificate, {kNever, &stop}));
    }
    if (asking_.running() == 0) close_idle();
}

void Stapler::close_idle() {
    fetcher_.close_idle();
    if (secure_fetcher_) secure_fetcher_->close_idle();
}

// An answer is signed, and nearly all responders are asked in the clear (RFC 5019 5). Where a certificate says https, its responder is
// verified as any other server is: against the system's CAs, which are read for the first one.
std::expected<acme::Fetcher*, std::string> Stapler::fetcher_for(std::string_view url) {
    if (!lower(url).starts_with("https:")) return &fetcher_;
    if (!secure_fetcher_) {
        auto side = tls::ClientSide::make({});
        if (!side) return std::unexpected("it is to be asked by https, for which there is no trust: " + side.error());
        secure_fetcher_ = std::make_unique<acme::Fetcher>(resolver_, std::move(*side));
    }
    return secure_fetcher_.get();
}

// From before a restart. One that should be renewed by now is used, too, and then renewed.
bool Stapler::use_kept(const std::string& key, const HeldCertificate& held, WallTime now) {
    if (folder_.empty() || !held.ocsp.empty() || held.ocsp_failures != 0) return false;
    auto der = read_state_file(place_of(*held.certificate));
    WallTime until{};
    if (!der || !held.certificate->is_ocsp_good(*der, now, until)) return false;
    certificates_.put_staple(key, std::move(*der), until, renewal_of_staple(now, until));
    return true;
}

io::Task<> Stapler::ask(std::string key, Ref<const tls::Certificate> certificate, io::Deadline deadline) {
    acme::FetchRequest request;
    request.method = "POST";
    request.url = certificate->ocsp_url();
    request.content_type = "application/ocsp-request";
    request.body = certificate->ocsp_request();
    if (request.body.empty()) {
        note_failure(key, *certificate, "its chain does not hold the certificate of its issuer");
        co_return;
    }
    const auto fetcher = fetcher_for(request.url);
    if (!fetcher) {
        note_failure(key, *certificate, fetcher.error());
        co_return;
    }
    const bool is_demanded = Certificates::is_demanded(key);
    if (is_demanded) ++asking_for_demanded_;
    auto answer = co_await (*fetcher)->fetch(std::move(request), deadline);
    if (is_demanded) --asking_for_demanded_;
    if (!answer && answer.error().kind == acme::Failure::Kind::stopped) co_return;
    const auto* held = certificates_.find(key);
    // Meanwhile another certificate has taken its place, which is asked for by itself.
    if (held == nullptr || !(held->certificate == certificate)) co_return;
    if (!answer) note_failure(key, *certificate, answer.error().text);
    else if (answer->status != 200) note_failure(key, *certificate, "the responder answers with status " + std::to_string(answer->status));
    else take(key, *certificate, std::move(answer->body));
}

void Stapler::take(const std::string& key, const tls::Certificate& certificate, std::string der) {
    const auto now = io::Worker::current().wall_now();
    WallTime until{};
    const auto fault = certificate.fault_of_ocsp(der, now, until);
    if (!fault.empty()) return note_failure(key, certificate, fault);
    ++answers_;
    if (!folder_.empty()) {
        auto kept = make_state_folder(folder_);
        if (kept) kept = write_state_file(place_of(certificate), der);
        if (!kept) log::warn("ocsp_not_kept", kept.error());
    }
    const auto renewal = renewal_of_staple(now, until);
    log::info("ocsp_answer", "a responder says that a certificate is good; handshakes send that along",
              {{"name", certificate.names().empty() ? "" : certificate.names().front()},
               {"responder", certificate.ocsp_url()},
               {"again_in_s", std::chrono::duration_cast<std::chrono::seconds>(renewal - now).count()}});
    certificates_.put_staple(key, std::move(der), until, renewal);
}

void Stapler::note_failure(const std::string& key, const tls::Certificate& certificate, std::string_view why) {
    ++failures_;
    const auto* held = certificates_.find(key);
    const auto wait = retry_of_staple(held == nullptr ? 1 : held->ocsp_failures + 1);
    log::warn("ocsp_failed",
              "there is no new OCSP answer for a certificate; handshakes go on without, or with the old one while it is good",
              {{"name", certificate.names().empty() ? "" : certificate.names().front()},
               {"responder", certificate.ocsp_url()},
               {"why", why},
               {"again_in_s", std::chrono::duration_cast<std::chrono::seconds>(wait).count()}});
    certificates_.put_staple(key, {}, {}, io::Worker::current().wall_now() + wait);
}

void Stapler::expose(observe::Exposition& out) const {
    using Type = observe::Exposition::Type;
    const auto count = [](const Certificates::Held& all) {
        return std::ranges::count_if(all, [](const auto& one) { return !one.second.ocsp.empty(); });
    };
    const auto stapled = count(certificates_.held()) + count(certificates_.demanded());
    out.family("weir_tls_stapled_certificates", Type::gauge, "Certificates whose OCSP answer is sent along with handshakes.");
    out.sample({}, static_cast<std::int64_t>(stapled));
    out.family("weir_tls_ocsp_answers_total", Type::counter, "Answers of OCSP responders, by whether they could be used.");
    out.sample({{"outcome", "good"}}, answers_);
    out.sample({{"outcome", "failed"}}, failures_);
}

}  // namespace weir::server
