#include "acme/order.h"

#include <algorithm>
#include <ranges>

#include "acme/encoding.h"
#include "acme/json.h"
#include "acme/jws.h"
#include "base/log.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::acme {
namespace {

std::optional<Duration> wish_of(const FetchAnswer& answer) {
    return retry_after_of(answer.field("retry-after"), io::Worker::current().wall_now());
}

// RFC 8555 7.5.1 and 7.4: the CA says when to ask again; else we ask, more and more rarely.
io::Task<Outcome<>> pause(std::optional<Duration> asked, Duration& own, io::Deadline deadline) {
    const auto wait = std::clamp(asked.value_or(own), kPollFirst, kPollMax);
    own = std::min(own * 2, kPollMax);
    const auto until = io::Worker::current().now() + wait;
    if (until >= deadline.at) co_return failure(Failure::Kind::unreachable, "the CA did not decide within its time");
    const auto slept = co_await io::sleep_until(until, deadline.stop);
    if (!slept) co_return failure(Failure::Kind::stopped, "ended while the CA was deciding");
    co_return Outcome<>{};
}

std::unexpected<Failure> unreadable(const std::string& why) { return failure(Failure::Kind::unreachable, "the CA answered with " + why); }

std::string proof_failure(const Authorization& authorization) {
    const auto* error = authorization.error();
    if (error != nullptr) return authorization.name + ": " + error->text();
    return authorization.name + ": the CA could not see that this name is ours, and does not say why";
}

}  // namespace

std::string_view word_of(ChallengeKind kind) { return kind == ChallengeKind::http_01 ? "http-01" : "tls-alpn-01"; }

io::Task<Outcome<Issued>> OrderWalk::run(io::Deadline deadline) {
    deadline = deadline.sooner(io::Worker::current().now() + kOrderTime);
    auto issued = co_await walk(deadline);
    for (const auto& challenge : shown_) outlet_.withdraw(challenge);
    shown_.clear();
    co_return std::move(issued);
}

io::Task<Outcome<Issued>> OrderWalk::walk(io::Deadline deadline) {
    auto order = co_await place_order(deadline);
    if (!order) co_return std::unexpected(order.error());
    if (order->status == OrderStatus::pending) {
        const auto proven = co_await prove_all(*order, deadline);
        if (!proven) co_return std::unexpected(proven.error());
        order = co_await poll_order(std::move(*order), OrderStatus::ready, deadline);
        if (!order) co_return std::unexpected(order.error());
    }
    auto issued = co_await finalize(std::move(*order), deadline);
    co_return std::move(issued);
}

io::Task<Outcome<Order>> OrderWalk::place_order(io::Deadline deadline) {
    const auto directory = co_await client_.directory(deadline);
    if (!directory) co_return std::unexpected(directory.error());
    std::string identifiers;
    for (const auto& name : wish_.names)
        identifiers += (identifiers.empty() ? "" : ",") + std::string(R"({"type":"dns","value":)") + json_string(name) + "}";
    const auto payload = R"({"identifiers":[)" + identifiers + "]";
    // RFC 9773 5: only a CA that has renewal information knows this member.
    if (!wish_.replaces.empty() && !directory->renewal_info.empty()) {
        auto order = co_await post_order(directory->new_order, payload + R"(,"replaces":)" + json_string(wish_.replaces) + "}", deadline);
        const bool is_about_it = !order && (order.error().type == "alreadyReplaced" || order.error().type == "malformed" ||
                                            order.error().status == 404 || order.error().status == 409);
        if (!is_about_it) co_return std::move(order);
    }
    auto order = co_await post_order(directory->new_order, payload + "}", deadline);
    co_return std::move(order);
}

// Posts to an order or to what makes one; remembers its URL.
io::Task<Outcome<Order>> OrderWalk::post_order(std::string url, std::string payload, io::Deadline deadline) {
    const auto answer = co_await account_.post(std::move(url), std::move(payload), deadline);
    if (!answer) co_return std::unexpected(answer.error());
    auto order = read_order(answer->body);
    if (!order) co_return unreadable(order.error());
    retry_after_ = wish_of(*answer);
    const auto location = answer->field("location");
    if (!location.empty()) order_url_ = location;
    if (order_url_.empty()) co_return unreadable("an order that has no place");
    co_return std::move(*order);
}

// All proofs are under way at once: a CA takes seconds for each.
io::Task<Outcome<>> OrderWalk::prove_all(const Order& order, io::Deadline deadline) {
    std::vector<std::string> begun;
    for (const auto& url : order.authorizations) {
        const auto is_begun = co_await begin_proof(url, deadline);
        if (!is_begun) co_return std::unexpected(is_begun.error());
        if (*is_begun) begun.push_back(url);
    }
    for (const auto& url : begun) {
        auto proven = co_await wait_for_proof(url, deadline);
        if (!proven) co_return std::move(proven);
    }
    co_return Outcome<>{};
}

io::Task<Outcome<Authorization>> OrderWalk::authorization(const std::string& url, io::Deadline deadline) {
    const auto answer = co_await account_.post(url, "", deadline);
    if (!answer) co_return std::unexpected(answer.error());
    auto read = read_authorization(answer->body);
    if (!read) co_return unreadable(read.error());
    // A CA must not have us prove a name that nobody wants.
    if (std::ranges::find(wish_.names, read->name) == wish_.names.end()) co_return unreadable("a name that is not in the order");
    retry_after_ = wish_of(*answer);
    co_return std::move(*read);
}

// False: the CA knows already that the name is ours (RFC 8555 7.1.3: authorizations may be used again).
io::Task<Outcome<bool>> OrderWalk::begin_proof(const std::string& url, io::Deadline deadline) {
    const auto known = co_await authorization(url, deadline);
    if (!known) co_return std::unexpected(known.error());
    if (known->status == AuthorizationStatus::valid) co_return false;
    if (known->status != AuthorizationStatus::pending) co_return failure(Failure::Kind::refused, proof_failure(*known));
    for (const auto kind : wish_.challenges) {
        const auto offered = std::ranges::find(known->challenges, word_of(kind), &Challenge::type);
        if (offered == known->challenges.end() || offered->token.empty()) continue;
        const auto is_shown = co_await show(*offered, kind, known->name);
        if (!is_shown) co_return std::unexpected(is_shown.error());
        // RFC 8555 7.5.1: an empty object says that we are ready.
        const auto told = co_await account_.post(offered->url, "{}", deadline);
        if (!told) co_return std::unexpected(told.error());
        co_return true;
    }
    co_return failure(Failure::Kind::refused, known->name + ": the CA offers none of the challenges that are allowed here");
}

io::Task<Outcome<>> OrderWalk::show(const Challenge& challenge, ChallengeKind kind, std::string name) {
    ShownChallenge shown{.kind = kind,
                         .name = std::move(name),
                         .token = challenge.token,
                         .key_authorization = key_authorization(account_.key(), challenge.token),
                         .certificate = {}};
    if (kind == ChallengeKind::tls_alpn_01) {
        auto made = make_challenge_certificate(shown.name, shown.key_authorization, io::Worker::current().wall_now());
        if (!made) co_return std::unexpected(made.error());
        shown.certificate = std::move(*made);
    }
    shown_.push_back(shown);
    co_await outlet_.show(shown);
    co_return Outcome<>{};
}

io::Task<Outcome<>> OrderWalk::wait_for_proof(const std::string& url, io::Deadline deadline) {
    auto own_pause = kPollFirst;
    for (;;) {
        const auto known = co_await authorization(url, deadline);
        if (!known) co_return std::unexpected(known.error());
        if (known->status == AuthorizationStatus::valid) co_return Outcome<>{};
        if (known->status != AuthorizationStatus::pending) co_return failure(Failure::Kind::refused, proof_failure(*known));
        auto paused = co_await pause(retry_after_, own_pause, deadline);
        if (!paused) co_return std::move(paused);
    }
}

io::Task<Outcome<Order>> OrderWalk::poll_order(Order order, OrderStatus until, io::Deadline deadline) {
    auto own_pause = kPollFirst;
    for (bool is_first = true;; is_first = false) {
        if (order.status == OrderStatus::invalid) co_return failure(Failure::Kind::refused, "the order failed: " + order.error.text());
        if (order.status == until || order.status == OrderStatus::valid) co_return std::move(order);
        // What was proven a moment ago may already count: the first look comes at once.
        if (!is_first || until == OrderStatus::valid) {
            const auto paused = co_await pause(retry_after_, own_pause, deadline);
            if (!paused) co_return std::unexpected(paused.error());
        }
        auto next = co_await post_order(order_url_, "", deadline);
        if (!next) co_return std::unexpected(next.error());
        order = std::move(*next);
    }
}

// A key of its own for every certificate; what comes back must be for that key and for all of the names.
io::Task<Outcome<Issued>> OrderWalk::finalize(Order order, io::Deadline deadline) {
    const auto key = Key::generate(wish_.key);
    if (!key) co_return std::unexpected(key.error());
    const auto request = make_request(*key, wish_.names);
    if (!request) co_return std::unexpected(request.error());
    auto finalized = co_await post_order(order.finalize, R"({"csr":")" + base64url(*request) + "\"}", deadline);
    if (!finalized) co_return std::unexpected(finalized.error());
    const auto valid = co_await poll_order(std::move(*finalized), OrderStatus::valid, deadline);
    if (!valid) co_return std::unexpected(valid.error());
    if (valid->certificate.empty()) co_return unreadable("a finished order that has no certificate");
    auto chain = co_await account_.post(valid->certificate, "", deadline);
    if (!chain) co_return std::unexpected(chain.error());
    Issued issued{.names = wish_.names, .pair = {.chain_pem = std::move(chain->body), .key_pem = key->pem()}, .leaf = {}};
    auto leaf = read_leaf(issued.pair);
    if (!leaf) co_return std::unexpected(leaf.error());
    for (const auto& name : wish_.names)
        if (!std::ranges::binary_search(leaf->names, name)) co_return unreadable("a certificate that is not for " + name);
    issued.leaf = std::move(*leaf);
    co_return std::move(issued);
}

}  // namespace weir::acme
