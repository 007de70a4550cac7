#include "acme/client.h"

#include "acme/encoding.h"
#include "acme/jws.h"
#include "io/worker.h"

namespace weir::acme {
namespace {

constexpr std::size_t kNonceOctetsMax = 512;

std::string_view media_type_of(const FetchAnswer& answer) {
    const auto field = answer.field("content-type");
    return field.substr(0, field.find(';'));
}

// What a person can do about it, where there is something.
std::string advice_for(const Problem& problem, const FetchAnswer& answer) {
    if (problem.is("userActionRequired")) {
        const auto terms = link_of(answer.field("link"), "terms-of-service");
        return "; the CA wants you to visit " + (terms.empty() ? std::string("its site") : terms);
    }
    if (problem.is("externalAccountRequired")) return "; this CA wants an external account: configure its key id and HMAC key";
    if (problem.is("caa")) return "; the domain's CAA record does not name this CA";
    return {};
}

}  // namespace

Failure failure_of(const FetchAnswer& answer, WallTime now) {
    Failure failed{.kind = Failure::Kind::refused,
                   .text = {},
                   .type = {},
                   .retry_after = retry_after_of(answer.field("retry-after"), now),
                   .status = answer.status};
    const auto problem = read_problem(answer.body);
    if (media_type_of(answer) == "application/problem+json" && problem) {
        failed.type = problem->type;
        failed.text = problem->text() + advice_for(*problem, answer);
        // RFC 8555 6.6.
        if (problem->is("rateLimited")) failed.kind = Failure::Kind::rate_limited;
        if (problem->is("serverInternal")) failed.kind = Failure::Kind::unreachable;
    } else {
        failed.text = "the CA answered with status " + std::to_string(answer.status) + " and no reason";
        if (answer.status >= 500) failed.kind = Failure::Kind::unreachable;
    }
    if (answer.status == 429 || (answer.status == 503 && failed.retry_after)) failed.kind = Failure::Kind::rate_limited;
    return failed;
}

Outcome<> Client::check_url(const std::string& url) const {
    if (directory_url_.starts_with("https://") && !url.starts_with("https://"))
        return failure(Failure::Kind::unreachable, "the CA leads away from https, to " + url);
    return {};
}

io::Task<Outcome<Directory>> Client::directory(io::Deadline deadline) {
    const auto now = io::Worker::current().now();
    if (directory_ && now - directory_at_ < kDirectoryLife) co_return *directory_;
    auto answer = co_await look(directory_url_, deadline);
    if (!answer) co_return std::unexpected(answer.error());
    auto read = read_directory(answer->body);
    if (!read) co_return failure(Failure::Kind::unreachable, directory_url_ + " answered with " + read.error());
    directory_ = std::move(*read);
    directory_at_ = now;
    co_return *directory_;
}

io::Task<Outcome<FetchAnswer>> Client::look(std::string url, io::Deadline deadline) {
    const auto allowed = check_url(url);
    if (!allowed) co_return std::unexpected(allowed.error());
    auto answer = co_await fetcher_.fetch({.method = "GET", .url = std::move(url), .content_type = {}, .body = {}}, deadline);
    if (answer && answer->status != 200) co_return std::unexpected(failure_of(*answer, io::Worker::current().wall_now()));
    co_return std::move(answer);
}

void Client::keep_nonce(const FetchAnswer& answer) {
    const auto nonce = answer.field("replay-nonce");
    // RFC 8555 6.5.1: what is not base64url is no nonce.
    if (!is_base64url(nonce) || nonce.size() > kNonceOctetsMax || nonces_.size() >= kNoncesMax) return;
    nonces_.emplace_back(nonce);
}

io::Task<Outcome<std::string>> Client::nonce(io::Deadline deadline) {
    if (nonces_.empty()) {
        const auto known = co_await directory(deadline);
        if (!known) co_return std::unexpected(known.error());
        const auto allowed = check_url(known->new_nonce);
        if (!allowed) co_return std::unexpected(allowed.error());
        // RFC 8555 7.2.
        const auto answer = co_await fetcher_.fetch({.method = "HEAD", .url = known->new_nonce, .content_type = {}, .body = {}}, deadline);
        if (!answer) co_return std::unexpected(answer.error());
        keep_nonce(*answer);
        if (nonces_.empty()) co_return std::unexpected(failure_of(*answer, io::Worker::current().wall_now()));
    }
    auto last = std::move(nonces_.back());  // the youngest: old ones expire
    nonces_.pop_back();
    co_return std::move(last);
}

io::Task<Outcome<FetchAnswer>> Client::post(Signed request, io::Deadline deadline) {
    const auto allowed = check_url(request.url);
    if (!allowed) co_return std::unexpected(allowed.error());
    for (int tries = 1;; ++tries) {
        const auto fresh = co_await nonce(deadline);
        if (!fresh) co_return std::unexpected(fresh.error());
        auto body = sign_jws(request.key, {.url = request.url, .nonce = *fresh, .key_id = request.key_id}, request.payload);
        auto answer = co_await fetcher_.fetch(
            {.method = "POST", .url = request.url, .content_type = "application/jose+json", .body = std::move(body)}, deadline);
        if (!answer) co_return std::unexpected(answer.error());
        keep_nonce(*answer);
        if (answer->status >= 200 && answer->status < 300) co_return std::move(*answer);
        auto failed = failure_of(*answer, io::Worker::current().wall_now());
        if (failed.type != "badNonce") co_return std::unexpected(std::move(failed));
        if (tries == kNonceTriesMax) co_return failure(Failure::Kind::unreachable, "the CA refused every nonce it gave");
    }
}

}  // namespace weir::acme
