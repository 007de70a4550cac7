// What of TLS concerns the whole process: `acme`, `tickets`, `state`.
#include <unistd.h>

#include <cstdlib>

#include "acme/fetch.h"
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using acme::ChallengeKind;
using acme::Options;

constexpr std::size_t kSecretOctetsMax = 64 * 1024;

void require_url(Builder& builder, const Word& word, bool may_be_plain) {
    if (acme::fault_of_url(word.text, may_be_plain).empty()) return;
    builder.diagnostics.error(word.spot, concat({in_quotes(word.text), " is not a URL that can be asked"}),
                              may_be_plain ? "expected http://… or https://…" : "expected https://…");
}

std::string trust_of(Builder& builder, const Item& item) {
    const auto* trust = item.option("trust");
    if (trust == nullptr) return {};
    builder.file(*trust, trust->text, kSecretOctetsMax);
    return builder.path(*trust);
}

void read_email(Builder&, const Item& item, Options& into) { into.email = item.text("TEXT"); }

void read_ca(Builder& builder, const Item& item, Options& into) {
    require_url(builder, *item.find("TEXT"), false);
    into.directory_url = item.text("TEXT");
    into.ca_file = trust_of(builder, item);
}

void read_staging(Builder&, const Item&, Options& into) { into.directory_url = acme::kLetsEncryptStaging; }

void read_eab(Builder& builder, const Item& item, Options& into) {
    const auto& key = *item.find("VALUE");
    into.external_account.key_id = item.text("TEXT");
    into.external_account.hmac_key = key.text;
    if (!key.text.starts_with("file:")) return;
    const auto* octets = builder.file(key, std::string_view(key.text).substr(5), kSecretOctetsMax);
    if (octets != nullptr) into.external_account.hmac_key = trim(octets->view());
}

void read_key(Builder&, const Item& item, Options& into) {
    into.key = item.says("rsa") ? acme::CertificateKey::rsa2048 : acme::CertificateKey::ecdsa_p256;
}

void read_challenges(Builder&, const Item& item, Options& into) {
    into.challenges.clear();
    for (const auto& word : item.node->args)
        into.challenges.push_back(word.text == "http" ? ChallengeKind::http_01 : ChallengeKind::tls_alpn_01);
}

void read_ask(Builder& builder, const Item& item, Options& into) {
    require_url(builder, *item.find("TEXT"), true);
    into.on_demand.ask_url = item.text("TEXT");
    into.on_demand.ask_ca_file = trust_of(builder, item);
}

constexpr Reader<Options> kReaders[] = {
    {"email", read_email},           {"ca", read_ca},   {"staging", read_staging}, {"eab", read_eab}, {"key", read_key},
    {"challenges", read_challenges}, {"ask", read_ask},
};

std::string variable(const char* name) {
    const auto* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string(value);
}

std::string usual_state() {
    if (auto given = variable("STATE_DIRECTORY"); !given.empty()) return given.substr(0, given.find(':'));
    if (::geteuid() == 0) return "/var/lib/weir";
    if (auto given = variable("XDG_STATE_HOME"); !given.empty()) return given + "/weir";
    const auto home = variable("HOME");
    return home.empty() ? "/var/lib/weir" : home + "/.local/state/weir";
}

}  // namespace

void build_acme(Builder& builder, const Item& item) {
    for (const auto& child : item.children) read_with(kReaders, builder, child, builder.snapshot.process.acme);
}

void build_tickets(Builder& builder, const Item& item) {
    constexpr auto kLifetimeMax = std::chrono::hours(7 * 24);  // RFC 8446 4.6.1
    auto& tickets = builder.snapshot.process.tickets;
    tickets.is_on = !item.says("off");
    for (const auto& child : item.children) {
        if (child.name() == "file") {
            const auto& file = *child.find("FILE");
            tickets.file = builder.path(file);
            const auto* octets = builder.file(file, file.text, kSecretOctetsMax);
            if (octets != nullptr && (octets->view().empty() || octets->view().size() % 80 != 0))
                builder.diagnostics.error(file.spot, concat({in_quotes(file.text), " does not hold keys of tickets"}),
                                          "expected 80 random octets a key, as 'openssl rand 80' writes them");
        }
        if (child.name() == "rotation") tickets.rotation = duration_of(child.text("TIME"));
        if (child.name() == "lifetime") tickets.lifetime = duration_of(child.text("TIME"));
    }
    if (tickets.lifetime > kLifetimeMax || tickets.lifetime < std::chrono::seconds(1) || tickets.rotation < std::chrono::seconds(1))
        builder.diagnostics.error(item.spot(), "a time of 'tickets' is out of range",
                                  "expected 'rotation' from 1s, 'lifetime' from 1s to 7d");
}

void build_state(Builder& builder) {
    auto& process = builder.snapshot.process;
    if (process.state_directory.empty()) process.state_directory = usual_state();
    process.acme.state_directory = process.state_directory;
}

}  // namespace weir::config
