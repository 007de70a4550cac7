// What is spoken with the servers of an upstream: TLS, and which HTTP over it.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"
#include "tls/client_side.h"

namespace weir::config {

namespace {

using upstream::GroupOptions;
using upstream::Protocol;
using upstream::ProxyProtocol;

constexpr std::size_t kFileMax = 16UL * 1024 * 1024;

// FNV-1a: tells a reload whether a file has changed.
void take_file(Builder& builder, const Word& word, std::string& into, GroupOptions& options) {
    into = builder.path(word);
    const auto* octets = builder.file(word, word.text, kFileMax);
    if (octets == nullptr) return;
    if (options.tls_files_hash == 0) options.tls_files_hash = 0xcbf29ce484222325ULL;
    for (const char c : octets->view())
        options.tls_files_hash = (options.tls_files_hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

void read_certificate(Builder& builder, const Item& item, GroupOptions& into) {
    const auto files = item.all("FILE");
    if (files.size() > 2)
        return builder.diagnostics.error(files[2]->spot, "a certificate is one file and its key another",
                                         "expected 'certificate FILE KEY'");
    take_file(builder, *files.front(), into.tls->certificate_file, into);
    take_file(builder, *files.back(), into.tls->key_file, into);
}

void demand(Builder& builder, const Spot& spot, bool is_fine, std::string_view message, std::string_view hint) {
    if (!is_fine) builder.diagnostics.error(spot, std::string(message), std::string(hint));
}

void check_protocol(Builder& builder, const Spot& spot, GroupOptions& into) {
    const bool is_secure = into.tls.has_value();
    demand(builder, spot, into.protocol != Protocol::h2 || is_secure,
           "'protocol h2' is HTTP/2 over TLS, and these servers are in the clear",
           "expected 'https://' in front of the servers, or 'protocol h2c'");
    demand(builder, spot, into.protocol != Protocol::h2c || !is_secure,
           "'protocol h2c' is HTTP/2 in the clear, and these servers speak TLS", "expected 'protocol h2'");
    if (into.proxy_protocol == ProxyProtocol::off) return;
    // Such a connection is of one client.
    demand(builder, spot, into.protocol != Protocol::h2 && into.protocol != Protocol::h2c,
           "'proxy_protocol' is for connections of one client, those of HTTP/2 are shared", "expected 'protocol h1'");
    into.protocol = Protocol::h1;
}

}  // namespace

void read_upstream_tls(Builder& builder, const Item& item, GroupOptions& into) {
    into.tls.reset();
    into.tls_files_hash = 0;
    if (item.says("off")) {
        demand(builder, item.spot(), item.children.empty(), "'tls off' takes no block", "take 'off' or the block away");
        return;
    }
    auto& tls = into.tls.emplace();
    tls.is_verified = !item.says("insecure");
    if (const auto* name = item.child("name")) tls.server_name = checked(read_host(name->text("HOST")));
    if (const auto* pin = item.child("pin")) tls.spki_pin = pin->text("TEXT");
    if (const auto* policy = item.child("policy"))
        tls.policy.version_min = policy->says("modern") ? tls::Version::tls13 : tls::Version::tls12;
    if (const auto* ca = item.child("ca")) take_file(builder, *ca->find("FILE"), tls.ca_file, into);
    if (const auto* certificate = item.child("certificate")) read_certificate(builder, *certificate, into);
    if (!tls.is_verified && tls.spki_pin.empty())
        builder.diagnostics.warning(item.spot(),
                                    "the servers of this upstream are not verified: whoever answers can read and change what is sent",
                                    "'ca FILE', 'name HOST' or 'pin TEXT' in 'tls' say what to trust");
}

void finish_upstream_tls(Builder& builder, const std::vector<const Word*>& servers, const Spot& spot, GroupOptions& into) {
    const auto is_tls = [](const Word* word) { return speaks_tls(word->text); };
    const auto first = std::ranges::find_if(servers, is_tls);
    if (first != servers.end()) {
        const auto other = std::ranges::find_if_not(servers, is_tls);
        demand(builder, (*first)->spot, other == servers.end(), "some servers of this upstream speak TLS and others don't",
               "expected 'https://' in front of all of them, or of none");
        if (!into.tls) into.tls.emplace();
    }
    check_protocol(builder, spot, into);
    if (!into.tls || builder.diagnostics.has_errors()) return;
    const bool has_name = !into.tls->server_name.empty() || !into.tls->spki_pin.empty() || !into.tls->is_verified;
    const auto is_socket = [](const upstream::ServerOptions& server) { return !server.at.path.empty(); };
    demand(builder, spot, has_name || std::ranges::none_of(into.servers, is_socket), "a server behind a Unix socket has no name to verify",
           "expected 'tls { name HOST }'");
    const auto side = tls::ClientSide::make(*into.tls);
    if (!side) builder.diagnostics.error(spot, concat({"can't speak TLS with the servers of ", in_quotes(into.name)}), side.error());
}

}  // namespace weir::config
