#include "acme/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "acme/encoding.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "base/text.h"

namespace weir::acme {
namespace {

constexpr std::string_view kKeyEnd = "-----END PRIVATE KEY-----\n";
constexpr std::size_t kNameShownMax = 100;  // of a file's name: 255 octets is what a file system takes

std::unexpected<Failure> system_failure(std::string_view what, const std::string& path) {
    return failure(Failure::Kind::local, std::string(what) + " " + path + ": " + std::strerror(errno));
}

bool write_whole(int to, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(to, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// A crash at any point leaves the old file or the new one: octets reach the disk before the name does, and the name before we go on.
Outcome<> write_file(const std::string& folder, const std::string& name, std::string_view text) {
    const auto path = folder + "/" + name;
    const auto beside = path + ".new";
    ::unlink(beside.c_str());
    {
        const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.is_open()) return system_failure("can't write", beside);
        if (!write_whole(file.number(), text) || ::fsync(file.number()) != 0) return system_failure("can't write", beside);
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return system_failure("can't write", path);
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open() || ::fsync(directory.number()) != 0) return system_failure("can't write", folder);
    return {};
}

std::optional<std::string> read_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno != ENOENT) log::warn("acme_state_unreadable", std::strerror(errno), {{"file", path}});
        return std::nullopt;
    }
    std::string text(Store::kFileOctetsMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(file.number(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > Store::kFileOctetsMax) return std::nullopt;
    text.resize(size);
    return text;
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

bool make_folder(const std::string& path) { return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST; }

}  // namespace

Store::Store(const Options& options)
    : folder_(options.state_directory + "/acme/" + as_file_name(host_of(options.directory_url)) + "-" +
              short_digest(options.directory_url)),
      certificates_(folder_ + "/certificates"),
      key_(options.key) {}

Outcome<> Store::prepare() const {
    const auto above = std::filesystem::path(folder_).parent_path();
    std::error_code error;
    std::filesystem::create_directories(above.parent_path(), error);
    for (const auto& path : {above.string(), folder_, certificates_})
        if (!make_folder(path)) return system_failure("can't make the folder", path);
    if (::access(certificates_.c_str(), W_OK | X_OK) != 0) return system_failure("can't write to", certificates_);
    return {};
}

std::optional<Store::Account> Store::account() const {
    auto key = read_file(folder_ + "/account.pem");
    if (!key || key->empty()) return std::nullopt;
    const auto text = read_file(folder_ + "/account.url").value_or("");
    std::string_view lines = text;
    auto url = line_of(lines);
    auto email = line_of(lines);
    if (!url.starts_with("http")) url.clear();
    return Account{.key_pem = std::move(*key), .url = std::move(url), .email = std::move(email)};
}

Outcome<> Store::save_account_key(std::string_view key_pem) const { return write_file(folder_, "account.pem", key_pem); }

Outcome<> Store::save_account_url(std::string_view url, std::string_view email) const {
    return write_file(folder_, "account.url", std::string(url) + "\n" + std::string(email) + "\n");
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
    const auto text = read_file(certificates_ + "/" + place + ".pem");
    if (!text) return std::nullopt;
    const auto end = text->find(kKeyEnd);
    if (end == std::string::npos) return std::nullopt;
    const auto split = end + kKeyEnd.size();
    return Pair{.chain_pem = text->substr(split), .key_pem = text->substr(0, split)};
}

Outcome<> Store::save_certificate(const std::string& place, const Pair& pair) const {
    return write_file(certificates_, place + ".pem", pair.key_pem + pair.chain_pem);
}

Store::Tries Store::tries(const std::string& place) const {
    const auto text = read_file(certificates_ + "/" + place + ".try").value_or("");
    std::string_view lines = text;
    const auto failures = parse_decimal<std::uint32_t>(line_of(lines));
    const auto not_before = parse_time(line_of(lines));
    if (!failures || !not_before) return {};
    return {.failures = *failures, .not_before = *not_before, .is_asked_for = line_of(lines) == "1"};
}

void Store::save_tries(const std::string& place, const Tries& tries) const {
    const auto name = place + ".try";
    if (tries.failures == 0) {
        ::unlink((certificates_ + "/" + name).c_str());
        return;
    }
    const auto text = std::to_string(tries.failures) + "\n" + time_text(tries.not_before) + "\n" + (tries.is_asked_for ? "1\n" : "0\n");
    const auto written = write_file(certificates_, name, text);
    if (!written) log::warn("acme_state_unwritable", written.error().text);
}

}  // namespace weir::acme
