#include "acme/store.h"

#include <unistd.h>

#include <algorithm>

#include "acme/encoding.h"
#include "base/log.h"
#include "base/state_file.h"
#include "base/text.h"

namespace weir::acme {
namespace {

constexpr std::string_view kKeyEnd = "-----END PRIVATE KEY-----\n";
constexpr std::size_t kNameShownMax = 100;  // of a file's name: 255 octets is what a file system takes

Outcome<> write_file(const std::string& path, std::string_view text) {
    auto written = write_state_file(path, text);
    if (!written) return failure(Failure::Kind::local, std::move(written.error()));
    return {};
}

std::string line_of(std::string_view& text) {
    const auto end = text.find('\n');
    std::string line(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return line;
}

// What may stand in a file's name, whatever the configuration holds.
std::string as_file_name(std::string_view text) {
    std::string name;
    for (const char c : text.substr(0, kNameShownMax)) name += is_digit(c) || is_alpha(c) || c == '.' || c == '-' ? c : '_';
    return name.starts_with('.') ? "_" + name : name;
}

std::string short_digest(std::string_view text) { return hex(sha256(text)).substr(0, 8); }

std::string host_of(std::string_view url) {
    const auto scheme = url.find("://");
    auto rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    return std::string(rest.substr(0, rest.find('/')));
}

}  // namespace

Store::Store(const Options& options)
    : folder_(options.state_directory + "/acme/" + as_file_name(host_of(options.directory_url)) + "-" +
              short_digest(options.directory_url)),
      certificates_(folder_ + "/certificates"),
      key_(options.key) {}

Outcome<> Store::prepare() const {
    auto made = make_state_folder(certificates_);
    if (!made) return failure(Failure::Kind::local, std::move(made.error()));
    return {};
}

std::optional<Store::Account> Store::account() const {
    auto key = read_state_file(folder_ + "/account.pem");
    if (!key || key->empty()) return std::nullopt;
    const auto text = read_state_file(folder_ + "/account.url").value_or("");
    std::string_view lines = text;
    auto url = line_of(lines);
    auto email = line_of(lines);
    if (!url.starts_with("http")) url.clear();
    return Account{.key_pem = std::move(*key), .url = std::move(url), .email = std::move(email)};
}

Outcome<> Store::save_account_key(std::string_view key_pem) const { return write_file(folder_ + "/account.pem", key_pem); }

Outcome<> Store::save_account_url(std::string_view url, std::string_view email) const {
    return write_file(folder_ + "/account.url", std::string(url) + "\n" + std::string(email) + "\n");
}

void Store::forget_account_url() const { ::unlink((folder_ + "/account.url").c_str()); }

std::string Store::place_of(const NameSet& names) const {
    auto sorted = names;
    std::ranges::sort(sorted);
    std::string all = key_ == CertificateKey::rsa2048 ? "rsa2048" : "p256";
    for (const auto& name : sorted) all += "\n" + name;
    return as_file_name(names.front()) + "-" + short_digest(all);
}

std::optional<Pair> Store::certificate(const std::string& place) const {
    const auto text = read_state_file(certificates_ + "/" + place + ".pem");
    if (!text) return std::nullopt;
    const auto end = text->find(kKeyEnd);
    if (end == std::string::npos) return std::nullopt;
    const auto split = end + kKeyEnd.size();
    return Pair{.chain_pem = text->substr(split), .key_pem = text->substr(0, split)};
}

Outcome<> Store::save_certificate(const std::string& place, const Pair& pair) const {
    return write_file(certificates_ + "/" + place + ".pem", pair.key_pem + pair.chain_pem);
}

Store::Tries Store::tries(const std::string& place) const {
    const auto text = read_state_file(certificates_ + "/" + place + ".try").value_or("");
    std::string_view lines = text;
    const auto failures = parse_decimal<std::uint32_t>(line_of(lines));
    const auto not_before = parse_time(line_of(lines));
    if (!failures || !not_before) return {};
    return {.failures = *failures, .not_before = *not_before, .is_asked_for = line_of(lines) == "1"};
}

void Store::save_tries(const std::string& place, const Tries& tries) const {
    const auto path = certificates_ + "/" + place + ".try";
    if (tries.failures == 0) {
        ::unlink(path.c_str());
        return;
    }
    const auto text = std::to_string(tries.failures) + "\n" + time_text(tries.not_before) + "\n" + (tries.is_asked_for ? "1\n" : "0\n");
    const auto written = write_file(path, text);
    if (!written) log::warn("acme_state_unwritable", written.error().text);
}

}  // namespace weir::acme
