// For tests: a CA in the simulated world, that speaks just as much ACME as an orderly client needs, does what the test says, and keeps what
// it was asked for. Its certificates are real ones, dated by the world's clock.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme/answers.h"
#include "acme/certificate.h"
#include "acme/encoding.h"
#include "acme/json.h"
#include "acme/openssl.h"
#include "acme/outlet.h"
#include "http/h1/server.h"
#include "io/test_world.h"
#include "net/listener.h"
#include "net/resolver.h"

namespace weir::acme {

inline net::Address ca_address() { return *net::Address::parse("10.0.0.9:80"); }
inline constexpr std::string_view kCa = "http://10.0.0.9";

class NoNames final : public net::Resolver {
public:
    io::Task<Result<net::Resolution>> resolve(std::string, io::Deadline) override {
        co_return fail(ErrorCode::unresolved, Side::upstream, "there are no names here");
    }
    io::Task<> close() override { co_return; }
};

// What a Certifier says to the outside.
class TestOutlet final : public Outlet {
public:
    io::Task<> show(const ShownChallenge& challenge) override {
        shown.push_back(challenge);
        co_return;
    }
    void withdraw(const ShownChallenge& challenge) override {
        std::erase_if(shown, [&](const auto& one) { return one.token == challenge.token; });
    }
    void publish(const Issued& issued) override { published.push_back(issued); }
    void note(const CertificateState& state) override { noted.push_back(state); }
    void retract(const NameSet& names) override { retracted.push_back(names); }
    void refuse(const std::string& name) override { refused.push_back(name); }

    std::vector<ShownChallenge> shown;
    std::vector<CertificateState> noted;
    std::vector<Issued> published;
    std::vector<NameSet> retracted;
    std::vector<std::string> refused;
};

// Signs what a request asks for.
class Authority {
public:
    Authority() : key_(*Key::generate(CertificateKey::ecdsa_p256)) {}
    std::string issue(std::string_view request_der, WallTime from, WallTime until) {
        const auto* octets = reinterpret_cast<const unsigned char*>(request_der.data());
        const OwnRequest request(d2i_X509_REQ(nullptr, &octets, static_cast<long>(request_der.size())));
        const OwnCertificate made(X509_new());
        X509_set_version(made.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
        auto* name = X509_get_issuer_name(made.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Test CA"), -1, -1, 0);
        ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds(from));
        ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds(until));
        X509_set_pubkey(made.get(), X509_REQ_get0_pubkey(request.get()));
        const OwnExtensions wanted(X509_REQ_get_extensions(request.get()));
        for (int i = 0; i < sk_X509_EXTENSION_num(wanted.get()); ++i)
            X509_add_ext(made.get(), sk_X509_EXTENSION_value(wanted.get(), i), -1);
        add_authority_id(made.get());
        X509_sign(made.get(), key_.raw(), EVP_sha256());
        const OwnBio bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), made.get());
        return text_of(bio.get());
    }

private:
    static std::time_t seconds(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }
    static void add_authority_id(X509* certificate) {
        std::unique_ptr<AUTHORITY_KEYID, FreeBy<AUTHORITY_KEYID_free>> id(AUTHORITY_KEYID_new());
        id->keyid = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(id->keyid, reinterpret_cast<const unsigned char*>("weir"), 4);
        X509_add1_ext_i2d(certificate, NID_authority_key_identifier, id.get(), 0, 0);
    }
    Key key_;
    long serial_ = 0x80;
};

class TestCa {
public:
    struct Asked {
        std::string method, path, payload;
        Json head;
    };
    struct Answer {
        int status = 200;
        std::string body, fields;
    };

    explicit TestCa(const TestOutlet& outlet) : outlet_(outlet), listener_(*net::listen(ca_address(), {})) {
        scope_.spawn(listener_.run([this](net::Accepted accepted) { scope_.spawn(serve(accepted.handle)); }, stop_));
    }
    // Before it goes: turn until has_ended().
    void stop() { stop_.request(); }
    bool has_ended() const { return scope_.running() == 0; }

    // What it does.
    Duration life = std::chrono::days(90);
    unsigned refuses_every_nonce = 0;  // each so many-th; 0: none
    bool is_down = false;
    bool demands_external_account = false;
    std::optional<RenewalWindow> window;  // with one, it has renewal information
    bool knows_replaces = true;
    std::set<std::string> failing_kinds;  // challenges that it can't see
    std::string refuses_orders_with;      // a problem document
    std::string order_fields;             // of that answer
    unsigned polls_until_done = 1;        // looks at an authorization, an order, until it has decided

    // What it saw.
    unsigned accounts = 0, orders = 0, certificates = 0, nonces_refused = 0, windows = 0, challenges_with_nothing_shown = 0;
    std::vector<std::string> replaced, kinds;
    std::string last_account, last_order;
    std::vector<std::string> asked_names;  // of the `ask` URL, which it serves too
    int ask_status = 200;

private:
    struct OrderBook {
        NameSet names;
        std::vector<unsigned> proofs;  // looks left; kFailed
        std::string status = "pending", chain;
        unsigned looks = 0;
    };
    static constexpr unsigned kUntouched = 1'000'000, kFailed = 2'000'000;

    io::Task<> serve(io::Handle handle) {
        net::SocketStream stream(handle);
        http::h1::ServerConnection connection(stream);
        for (;;) {
            Arena arena;
            http::h1::ServerExchange exchange(connection, arena);
            http::Request request(arena);
            const io::Deadline deadline{io::Worker::current().now() + std::chrono::minutes(2), &stop_};
            const auto head = co_await exchange.read_head(request, {}, {}, deadline);
            if (!head || is_down) co_return;
            std::string body;
            for (;;) {
                const auto piece = exchange.body().ready();
                if (!piece) co_return;
                body += piece->octets;
                if (exchange.body().is_done()) break;
                if (!piece->empty()) continue;
                const auto more = co_await exchange.body().wait();
                if (!more) co_return;
            }
            const auto answer = answer_to(request, body);
            http::Response response(arena);
            response.status = static_cast<std::uint16_t>(answer.status);
            response.framing = http::Framing::length;
            response.content_length = answer.body.size();
            add_fields(response, answer);
            const Piece piece{.octets = answer.body, .owner = {}};
            const bool has_body = request.method != http::Method::head && !answer.body.empty();
            const auto put = exchange.put_head(response, {&piece, has_body ? 1U : 0U}, true);
            if (!put) co_return;
            const auto sent = co_await exchange.flush(deadline);
            if (!sent || !exchange.may_continue()) co_return;
        }
    }

    void add_fields(http::Response& response, const Answer& answer) {
        auto& arena = response.arena();
        const auto nonce = "nonce" + std::to_string(++nonce_);
        nonces_.insert(nonce);
        response.fields.add("Replay-Nonce", arena.copy(nonce));
        response.fields.add("Content-Type", answer.status >= 400 ? "application/problem+json; charset=utf-8" : "application/json");
        std::string_view rest = answer.fields;
        while (!rest.empty()) {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            response.fields.add(arena.copy(line.substr(0, line.find(':'))), arena.copy(trim(line.substr(line.find(':') + 1))));
        }
    }

    static Answer problem(int status, const std::string& type, const std::string& detail = "so it is") {
        return {
            .status = status, .body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":")" + detail + "\"}", .fields = {}};
    }
    static std::string url(const std::string& path) { return std::string(kCa) + path; }

    Answer answer_to(const http::Request& request, const std::string& body) {
        const std::string path(request.target);
        if (path == "/dir") return directory();
        if (path.starts_with("/ask?domain=")) {
            asked_names.push_back(path.substr(12));
            return {.status = ask_status, .body = {}, .fields = {}};
        }
        if (path == "/nonce") return {};
        if (path.starts_with("/info/")) return renewal_info();
        const auto jws = Json::parse(body);
        if (!jws) return problem(400, "malformed");
        auto head = Json::parse(parse_base64url((*jws)["protected"].string()).value_or(""));
        EXPECT_TRUE(head) << body;
        EXPECT_EQ((*head)["url"].string(), url(path));
        const auto nonce = (*head)["nonce"].string();
        if (nonces_.erase(nonce) == 0) return problem(400, "badNonce", "unknown");
        if (refuses_every_nonce != 0 && ++posts_ % refuses_every_nonce == 0) {
            ++nonces_refused;
            return problem(400, "badNonce");
        }
        return act({.method = std::string(request.method_name),
                    .path = path,
                    .payload = parse_base64url((*jws)["payload"].string()).value_or("?"),
                    .head = std::move(*head)});
    }

    Answer act(const Asked& asked) {
        if (asked.path == "/account") return account(asked);
        if (!asked.path.starts_with("/is/") && !known_accounts_.contains(asked.head["kid"].string()))
            return problem(400, "accountDoesNotExist");
        if (asked.path == "/order") return new_order(asked);
        const auto slash = asked.path.find('/', 1);
        const auto number = parse_decimal<std::size_t>(asked.path.substr(slash + 1, asked.path.find('/', slash + 1) - slash - 1));
        if (asked.path.starts_with("/acct/")) return {.status = 200, .body = R"({"status":"valid"})", .fields = {}};
        if (!number || *number >= book_.size()) return problem(404, "malformed");
        auto& order = book_[*number];
        const auto last = parse_decimal<std::size_t>(asked.path.substr(asked.path.rfind('/') + 1)).value_or(0);
        if (asked.path.starts_with("/is/")) return order_answer(order, *number);
        if (asked.path.starts_with("/proof/")) return proof(order, *number, last);
        if (asked.path.starts_with("/chall-"))
            return begin_proof(order, last, asked.path.starts_with("/chall-http") ? "http-01" : "tls-alpn-01");
        if (asked.path.starts_with("/finalize/")) return finalize(order, *number, asked);
        return {.status = 200, .body = order.chain, .fields = {}};
    }

    Answer directory() const {
        auto body =
            R"({"newNonce":")" + url("/nonce") + R"(","newAccount":")" + url("/account") + R"(","newOrder":")" + url("/order") + "\"";
        if (window) body += R"(,"renewalInfo":")" + url("/info") + "\"";
        if (demands_external_account) body += R"(,"meta":{"externalAccountRequired":true})";
        return {.status = 200, .body = body + "}", .fields = {}};
    }

    Answer renewal_info() {
        ++windows;
        if (!window) return problem(404, "malformed");
        return {.status = 200,
                .body = R"({"suggestedWindow":{"start":")" + time_text(window->start) + R"(","end":")" + time_text(window->end) + "\"}}",
                .fields = "Retry-After: 3600"};
    }

    Answer account(const Asked& asked) {
        last_account = asked.payload;
        EXPECT_NE(asked.head["jwk"]["x"].string(), "");
        const auto found = account_of_key_.find(asked.head["jwk"]["x"].string());
        const bool is_new = found == account_of_key_.end();
        const auto place = is_new ? url("/acct/" + std::to_string(++accounts)) : found->second;
        account_of_key_[asked.head["jwk"]["x"].string()] = place;
        known_accounts_.insert(place);
        return {.status = is_new ? 201 : 200, .body = R"({"status":"valid"})", .fields = "Location: " + place};
    }

    Answer new_order(const Asked& asked) {
        ++orders;
        last_order = asked.payload;
        if (!refuses_orders_with.empty()) return {.status = 429, .body = refuses_orders_with, .fields = order_fields};
        const auto payload = Json::parse(asked.payload);
        const auto& replaces = (*payload)["replaces"].string();
        if (!replaces.empty() && !knows_replaces) return problem(409, "alreadyReplaced");
        if (!replaces.empty()) replaced.push_back(replaces);
        OrderBook order;
        for (const auto& one : (*payload)["identifiers"].elements()) order.names.push_back(one["value"].string());
        order.proofs.assign(order.names.size(), kUntouched);
        book_.push_back(order);
        auto answer = order_answer(book_.back(), book_.size() - 1);
        answer.status = 201;
        answer.fields += "\nLocation: " + url("/is/" + std::to_string(book_.size() - 1));
        return answer;
    }

    Answer order_answer(OrderBook& order, std::size_t number) {
        if (order.status == "pending" && std::ranges::all_of(order.proofs, [](auto left) { return left == 0; })) order.status = "ready";
        if (order.status == "processing" && order.looks-- == 0) order.status = "valid";
        const auto id = std::to_string(number);
        std::string authorizations;
        for (std::size_t i = 0; i < order.names.size(); ++i)
            authorizations += (i == 0 ? "\"" : ",\"") + url("/proof/" + id + "/" + std::to_string(i)) + "\"";
        auto body = R"({"status":")" + order.status + R"(","authorizations":[)" + authorizations + R"(],"finalize":")" +
                    url("/finalize/" + id) + "\"";
        if (order.status == "valid") body += R"(,"certificate":")" + url("/cert/" + id) + "\"";
        return {.status = 200, .body = body + "}", .fields = "Retry-After: 2"};
    }

    Answer proof(OrderBook& order, std::size_t number, std::size_t index) const {
        auto& left = order.proofs[index];
        const bool has_failed = left == kFailed;
        if (left != kUntouched && left != kFailed && left > 0) --left;
        const auto status = has_failed ? "invalid" : left == 0 ? "valid" : "pending";
        const auto place = std::to_string(number) + "/" + std::to_string(index);
        const std::string error =
            has_failed ? R"(,"error":{"type":"urn:ietf:params:acme:error:unauthorized","detail":"I saw something else"})" : "";
        const auto challenge = [&](const std::string& type, const std::string& at) {
            return R"({"type":")" + type + R"(","url":")" + url(at + place) + R"(","token":"token-)" + std::to_string(number) + "-" +
                   std::to_string(index) + "\"" + error + "}";
        };
        return {.status = 200,
                .body = std::string(R"({"status":")") + status + R"(","identifier":{"type":"dns","value":")" + order.names[index] +
                        R"("},"challenges":[{"type":"dns-01","url":"http://10.0.0.9/none","token":"dns"},)" +
                        challenge("http-01", "/chall-http/") + "," + challenge("tls-alpn-01", "/chall-alpn/") + "]}",
                .fields = {}};
    }

    Answer begin_proof(OrderBook& order, std::size_t index, const std::string& kind) {
        kinds.push_back(kind);
        const auto is_for = [&](const ShownChallenge& shown) { return shown.name == order.names[index]; };
        if (std::ranges::none_of(outlet_.shown, is_for)) ++challenges_with_nothing_shown;
        order.proofs[index] = failing_kinds.contains(kind) ? kFailed : polls_until_done;
        return {.status = 200, .body = R"({"status":"processing"})", .fields = {}};
    }

    Answer finalize(OrderBook& order, std::size_t number, const Asked& asked) {
        if (order.status != "ready") return problem(403, "orderNotReady");
        const auto payload = Json::parse(asked.payload);
        const auto now = io::Worker::current().wall_now();
        order.chain = authority_.issue(parse_base64url((*payload)["csr"].string()).value_or(""), now, now + life);
        order.status = "processing";
        order.looks = polls_until_done;
        ++certificates;
        return order_answer(order, number);
    }

    const TestOutlet& outlet_;
    Authority authority_;
    net::Listener listener_;
    io::Stop stop_;
    io::Scope scope_;
    std::set<std::string> nonces_, known_accounts_;
    std::map<std::string, std::string> account_of_key_;
    std::vector<OrderBook> book_;
    unsigned nonce_ = 0, posts_ = 0;
};

}  // namespace weir::acme
