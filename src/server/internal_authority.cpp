#include "server/internal_authority.h"

#include <algorithm>

#include "base/log.h"
#include "base/state_file.h"

namespace weir::server {
namespace {

using namespace std::chrono_literals;

constexpr Duration kCaLife = 24h * 3650;
constexpr Duration kLeafLife = 24h * 90;
constexpr Duration kLeafRenewal = 24h * 30;  // before its end
constexpr std::size_t kFileNameMax = 100;

// Of the names of a site: the first as a file's name, and a number for all of them.
std::string file_name_of(const std::vector<std::string>& names) {
    std::uint64_t number = 0xcbf29ce484222325ULL;  // FNV-1a
    for (const auto& name : names)
        for (const char c : name + '\n') number = (number ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    auto text = names.front().substr(0, kFileNameMax);
    std::ranges::replace_if(text, [](char c) { return c == '*' || c == '/' || c == ':'; }, '_');
    return text + "-" + std::to_string(number % 100'000'000);
}

}  // namespace

WallTime InternalAuthority::renewal_of(const tls::Certificate& leaf) { return leaf.not_after() - kLeafRenewal; }

std::expected<void, std::string> InternalAuthority::keep(const std::string& place, const tls::PemPair& pair) const {
    auto key = write_state_file(place + ".key", pair.key);
    if (!key) return key;
    return write_state_file(place + ".pem", pair.certificate);
}

std::expected<void, std::string> InternalAuthority::prepare(WallTime now) {
    if (!ca_.key.empty()) return {};
    auto folder = make_state_folder(folder_);
    if (!folder) return folder;
    const auto certificate = read_state_file(folder_ + "/ca.pem");
    const auto key = read_state_file(folder_ + "/ca.key");
    if (certificate && key) {
        const auto kept = tls::Certificate::parse(*certificate, *key);
        if (kept && (*kept)->not_after() > now + kLeafLife) {
            ca_ = {.certificate = *certificate, .key = *key};
            return {};
        }
    }
    auto made = tls::make_ca("Weir internal authority", now, kCaLife);
    if (!made) return std::unexpected(std::move(made.error()));
    auto kept = keep(folder_ + "/ca", *made);
    if (!kept) return kept;
    ca_ = std::move(*made);
    log::info("internal_authority_made", "an authority for 'tls internal' was made; browsers that should trust it need its certificate",
              {{"file", ca_file()}});
    return {};
}

std::expected<Ref<const tls::Certificate>, std::string> InternalAuthority::kept_for(const std::vector<std::string>& names) const {
    const auto place = folder_ + "/" + file_name_of(names);
    const auto chain = read_state_file(place + ".pem");
    const auto key = read_state_file(place + ".key");
    if (!chain || !key) return std::unexpected("there is none yet");
    return tls::Certificate::parse(*chain, *key);
}

std::expected<Ref<const tls::Certificate>, std::string> InternalAuthority::leaf_for(const std::vector<std::string>& names, WallTime now) {
    auto prepared = prepare(now);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    const auto place = folder_ + "/" + file_name_of(names);
    const auto chain = read_state_file(place + ".pem");
    const auto key = read_state_file(place + ".key");
    if (chain && key && chain->ends_with(ca_.certificate)) {
        auto kept = tls::Certificate::parse(*chain, *key);
        if (kept && renewal_of(**kept) > now) return std::move(*kept);
    }
    tls::LeafRequest request;
    request.names = names;
    request.not_before = now - 1h;
    request.not_after = now + kLeafLife;
    const auto made = tls::issue_leaf(ca_, request);
    if (!made) return std::unexpected(made.error());
    auto kept = keep(place, *made);
    if (!kept) return std::unexpected(std::move(kept.error()));
    return tls::Certificate::parse(made->certificate, made->key);
}

}  // namespace weir::server
