#include "server/certificate_list.h"

#include <algorithm>
#include <array>
#include <map>
#include <ranges>

#include "acme/encoding.h"
#include "acme/schedule.h"
#include "acme/store.h"
#include "base/escape.h"
#include "observe/exposition.h"
#include "proxy/snapshot.h"
#include "server/certificates.h"
#include "server/internal_authority.h"

namespace weir::server {
namespace {

using Kind = tls::CertificateSource::Kind;
using Row = std::array<std::string, 7>;

constexpr std::size_t kNamesShownMax = 60;
constexpr std::size_t kIssuerShownMax = 30;

std::string_view word_of(tls::KeyKind kind) {
    switch (kind) {
        case tls::KeyKind::ecdsa: return "ecdsa";
        case tls::KeyKind::rsa: return "rsa";
        case tls::KeyKind::ed25519: return "ed25519";
        case tls::KeyKind::other: break;
    }
    return "other";
}

std::string_view word_of(Kind kind) {
    switch (kind) {
        case Kind::files: return "files";
        case Kind::internal: return "internal";
        case Kind::acme: break;
    }
    return "acme";
}

// What certificates and authorities say is theirs: it must not drive a terminal.
std::string plain(std::string_view text) {
    std::string out;
    append_plain_text(text, out);
    return out;
}

std::string joined(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out.append(out.empty() ? "" : " ").append(name.empty() ? "*" : name);
    return out;
}

std::string shortened(std::string text, std::size_t most) {
    if (text.size() > most) text.replace(most - 3, std::string::npos, "...");
    return text;
}

ListedCertificate listed(const HeldCertificate& held, bool is_demanded) {
    return {.names = held.names,
            .source = std::string(word_of(held.kind)) + (is_demanded ? " on demand" : ""),
            .file = held.files.certificate_file,
            .certificate = held.certificate,
            .renewal = held.renewal,
            .failures = held.failures,
            .fault = held.fault};
}

ListedCertificate kept_internal(const std::string& state_directory, const std::vector<std::string>& hosts) {
    ListedCertificate one{.names = names_certified(hosts), .source = "internal"};
    auto kept = InternalAuthority(state_directory).kept_for(one.names);
    if (kept) {
        one.renewal = InternalAuthority::renewal_of(**kept);
        one.certificate = std::move(*kept);
    } else {
        one.fault = std::move(kept.error());
    }
    return one;
}

ListedCertificate kept_fetched(const acme::Options& options, const std::vector<std::string>& hosts) {
    ListedCertificate one{.names = hosts, .source = "acme", .fault = "there is none yet"};
    acme::NameSet names;
    std::ranges::copy_if(hosts, std::back_inserter(names), [](const auto& name) { return acme::refusal_of(name).empty(); });
    if (names.empty()) return one;
    const acme::Store store(options);
    const auto place = store.place_of(names);
    const auto tries = store.tries(place);
    one.failures = tries.failures;
    one.renewal = tries.not_before;
    const auto pair = store.certificate(place);
    if (!pair) return one;
    const auto leaf = acme::read_leaf(*pair);
    auto certificate = tls::Certificate::parse(pair->chain_pem, pair->key_pem);
    one.fault = leaf ? "" : leaf.error().text;
    if (!certificate) one.fault = std::move(certificate.error());
    if (!leaf || !certificate) return one;
    one.renewal = std::max(one.renewal, acme::renewal_time(*leaf, {}, acme::draw_of(place + leaf->serial)));
    one.certificate = std::move(*certificate);
    return one;
}

Row row_of(const ListedCertificate& one, WallTime now) {
    Row row{shortened(plain(joined(one.names)), kNamesShownMax), one.source, "-", "-", "-", "-", "-"};
    if (one.renewal != WallTime{}) row[6] = acme::time_text(one.renewal);
    if (!one.certificate) return row;
    row[2] = shortened(plain(one.certificate->issuer()), kIssuerShownMax);
    row[3] = word_of(one.certificate->key_kind());
    row[4] = acme::time_text(one.certificate->not_after());
    row[5] = acme::time_left_text(one.certificate->not_after() - now);
    return row;
}

void member(std::string& out, std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":\"");
    append_json_text(value, out);
    out += '"';
}

void number(std::string& out, std::string_view name, std::int64_t value) {
    out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

void append_json(std::string& out, const ListedCertificate& one, WallTime now) {
    out += "{\"names\":[";
    for (const auto& name : one.names) {
        out += &name == &one.names.front() ? "\"" : ",\"";
        append_json_text(name, out);
        out += '"';
    }
    out += ']';
    member(out, "source", one.source);
    if (!one.file.empty()) member(out, "file", one.file);
    if (const auto& certificate = one.certificate) {
        member(out, "issuer", certificate->issuer());
        member(out, "key", word_of(certificate->key_kind()));
        member(out, "serial", certificate->serial());
        member(out, "fingerprint", certificate->fingerprint());
        member(out, "begins", acme::time_text(certificate->not_before()));
        member(out, "ends", acme::time_text(certificate->not_after()));
        number(out, "days_left", std::chrono::floor<std::chrono::days>(certificate->not_after() - now).count());
    }
    if (one.renewal != WallTime{}) member(out, "renewal", acme::time_text(one.renewal));
    number(out, "failures", one.failures);
    member(out, "fault", one.fault);
    out += '}';
}

double seconds_of(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

}  // namespace

CertificateList::CertificateList(const Certificates& certificates) {
    for (const auto& [key, held] : certificates.held()) all_.push_back(listed(held, false));
    for (const auto& [name, held] : certificates.demanded()) all_.push_back(listed(held, true));
    sort();
}

CertificateList::CertificateList(const proxy::Snapshot& snapshot) {
    for (const auto& site : snapshot.sites) {
        if (!site.tls) continue;
        const auto& source = site.tls->source;
        if (source.kind == Kind::internal) all_.push_back(kept_internal(snapshot.process.state_directory, source.names));
        if (source.kind == Kind::acme) all_.push_back(kept_fetched(snapshot.process.acme, source.names));
        for (std::size_t i = 0; source.kind == Kind::files && i < site.certificates.size(); ++i)
            all_.push_back({.names = site.certificates[i]->names(),
                            .source = "files",
                            .file = source.pairs[i].certificate_file,
                            .certificate = site.certificates[i]});
    }
    sort();
}

void CertificateList::sort() {
    const auto end_of = [](const ListedCertificate& one) { return one.certificate ? one.certificate->not_after() : WallTime{}; };
    std::ranges::sort(all_, [&](const auto& a, const auto& b) {
        const auto a_ends = end_of(a);
        const auto b_ends = end_of(b);
        return a_ends != b_ends ? a_ends < b_ends : a.names < b.names;
    });
}

std::string CertificateList::text(WallTime now) const {
    if (all_.empty()) return "there are no certificates: no site speaks TLS\n";
    std::vector<Row> rows{{"NAMES", "SOURCE", "ISSUER", "KEY", "ENDS", "LEFT", "RENEWAL"}};
    for (const auto& one : all_) rows.push_back(row_of(one, now));
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    for (std::size_t at = 0; at < rows.size(); ++at) {
        const auto& row = rows[at];
        for (std::size_t i = 0; i + 1 < row.size(); ++i) out.append(row[i]).append(widths[i] - row[i].size() + 2, ' ');
        out.append(row.back()).append("\n");
        if (at == 0) continue;
        const auto& one = all_[at - 1];
        if (!one.file.empty()) out.append("  ").append(plain(one.file)).append("\n");
        if (one.fault.empty()) continue;
        out.append("  ").append(plain(one.fault));
        out.append(one.failures == 0 ? "" : " (failures in a row: " + std::to_string(one.failures) + ")").append("\n");
    }
    return out;
}

std::string CertificateList::json(WallTime now) const {
    std::string out = "[";
    for (const auto& one : all_) {
        out += &one == &all_.front() ? "\n" : ",\n";
        append_json(out, one, now);
    }
    return out + "\n]\n";
}

void CertificateList::expose(observe::Exposition& out) const {
    using Type = observe::Exposition::Type;
    // Of several that would have the same labels, the one that is over first.
    std::map<std::array<std::string, 3>, const ListedCertificate*> first;
    for (const auto& one : all_ | std::views::take(kExposedMax))
        first.try_emplace({one.names.empty() ? "" : one.names.front(), one.source,
                           one.certificate ? std::string(word_of(one.certificate->key_kind())) : "none"},
                          &one);
    const auto each = [&](const char* name, const char* help, auto has, auto value) {
        out.family(name, Type::gauge, help);
        for (const auto& [labels, one] : first)
            if (has(*one)) out.sample({{"name", labels[0]}, {"source", labels[1]}, {"key", labels[2]}}, value(*one));
    };
    const auto has_certificate = [](const auto& one) { return static_cast<bool>(one.certificate); };
    const auto is_renewed = [](const auto& one) { return one.renewal != WallTime{}; };
    const auto any = [](const auto&) { return true; };
    each("weir_certificate_ends_timestamp_seconds", "When a certificate is over.", has_certificate,
         [](const auto& one) { return seconds_of(one.certificate->not_after()); });
    each("weir_certificate_renewal_timestamp_seconds", "When a certificate that renews itself is tried for next.", is_renewed,
         [](const auto& one) { return seconds_of(one.renewal); });
    each("weir_certificate_failures", "Failed tries in a row for a certificate; 0: all is well.", any,
         [](const auto& one) { return std::uint64_t{one.failures}; });
}

}  // namespace weir::server
