#include "acme/account.h"

#include "acme/json.h"
#include "acme/jws.h"
#include "base/log.h"

namespace weir::acme {

Outcome<> Account::load_or_make_key() {
    if (key_) return {};
    if (const auto kept = store_.account()) {
        auto key = Key::parse(kept->key_pem);
        if (key) {
            key_ = std::move(*key);
            url_ = kept->url;
            known_email_ = kept->email;
            return {};
        }
        log::warn("acme_account_unreadable", "the kept account's key can't be read; a new account is made", {{"reason", key.error().text}});
        store_.forget_account_url();
    }
    auto made = Key::generate(CertificateKey::ecdsa_p256);
    if (!made) return std::unexpected(made.error());
    const auto saved = store_.save_account_key(made->pem());
    if (!saved) return saved;
    key_ = std::move(*made);
    return {};
}

std::string Account::contact() const { return options_.email.empty() ? "" : json_string("mailto:" + options_.email); }

io::Task<Outcome<>> Account::open(io::Deadline deadline) {
    auto loaded = load_or_make_key();
    if (!loaded) co_return std::move(loaded);
    if (url_.empty()) {
        auto registered = co_await register_key(deadline);
        co_return std::move(registered);
    }
    if (known_email_ == options_.email) co_return Outcome<>{};
    auto updated = co_await update_email(deadline);
    co_return std::move(updated);
}

// RFC 8555 7.3. A key that the CA knows gets its old account back (7.3.1).
io::Task<Outcome<>> Account::register_key(io::Deadline deadline) {
    const auto directory = co_await client_.directory(deadline);
    if (!directory) co_return std::unexpected(directory.error());
    const auto& external = options_.external_account;
    if (directory->demands_external_account && external.key_id.empty())
        co_return failure(Failure::Kind::local, "this CA wants an external account: configure its key id and HMAC key");
    std::string payload = R"({"termsOfServiceAgreed":true,"contact":[)" + contact() + "]";
    if (!external.key_id.empty()) {
        const auto binding = bind_external_account(*key_, external, directory->new_account);
        if (!binding) co_return std::unexpected(binding.error());
        payload += R"(,"externalAccountBinding":)" + *binding;
    }
    const auto answer = co_await client_.post({*key_, "", directory->new_account, payload + "}"}, deadline);
    if (!answer) co_return std::unexpected(answer.error());
    const auto account = read_account(answer->body);
    const auto url = answer->field("location");
    if (!account || url.empty()) co_return failure(Failure::Kind::unreachable, "the CA made no account that can be used");
    if (account->status != "valid") co_return failure(Failure::Kind::refused, "the CA says that our account is " + account->status);
    url_ = url;
    known_email_ = options_.email;
    const auto saved = store_.save_account_url(url_, known_email_);
    if (!saved) log::warn("acme_state_unwritable", saved.error().text);
    log::info("acme_account", answer->status == 201 ? "made an account at the CA" : "found our account at the CA", {{"url", url_}});
    co_return Outcome<>{};
}

// RFC 8555 7.3.2.
io::Task<Outcome<>> Account::update_email(io::Deadline deadline) {
    const auto answer = co_await post(url_, R"({"contact":[)" + contact() + "]}", deadline);
    if (!answer) co_return std::unexpected(answer.error());
    known_email_ = options_.email;
    auto saved = store_.save_account_url(url_, known_email_);
    co_return std::move(saved);
}

io::Task<Outcome<FetchAnswer>> Account::post(std::string url, std::string payload, io::Deadline deadline) {
    auto answer = co_await client_.post({*key_, url_, std::move(url), std::move(payload)}, deadline);
    if (!answer && answer.error().type == "accountDoesNotExist") {
        url_.clear();
        store_.forget_account_url();
    }
    co_return std::move(answer);
}

}  // namespace weir::acme
