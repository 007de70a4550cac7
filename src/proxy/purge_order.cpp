#include "proxy/purge_order.h"

#include "base/text.h"
#include "http/uri.h"

namespace weir::proxy {
namespace {

using What = PurgeOrder::What;
using From = PurgeOrder::From;

constexpr std::pair<std::string_view, What> kWords[] = {
    {"url", What::url}, {"prefix", What::prefix}, {"tag", What::tag}, {"host", What::host}, {"all", What::all}};

void add_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (is_digit(c) || is_alpha(c)) out += c;
        else out.append({'%', kDigits[octet >> 4U], kDigits[octet & 15U]});
    }
}

}  // namespace

std::optional<PurgeOrder> read_purge(std::string_view query, Arena& arena) {
    PurgeOrder order;
    unsigned said = 0;
    for (const auto& [word, what] : kWords) {
        const auto text = http::query_parameter(query, word, arena);
        if (!text) continue;
        ++said;
        order.what = what;
        order.text = *text;
    }
    if (said != 1) return std::nullopt;
    order.is_soft = http::query_parameter(query, "soft", arena).has_value();
    const auto from = http::query_parameter(query, "from", arena).value_or("");
    order.from = from == "below" ? From::below : from == "above" ? From::above : From::here;
    if (const auto tiers = http::query_parameter(query, "tiers", arena))
        order.tiers = std::min(parse_decimal<unsigned>(*tiers).value_or(1), kTiersMax);
    return order;
}

std::string write_purge(const PurgeOrder& order) {
    std::string out;
    for (const auto& [word, what] : kWords)
        if (what == order.what) out = word;
    if (order.what != What::all) add_encoded(out += '=', order.text);
    if (order.is_soft) out += "&soft";
    if (order.from != From::here) out += order.from == From::below ? "&from=below" : "&from=above";
    return out + "&tiers=" + std::to_string(order.tiers);
}

void PurgeAnswer::tell(std::uint16_t status, std::string text) {
    io::Worker::Message message = [self = Ref<PurgeAnswer>(this), status, text = std::move(text)]() mutable {
        self->status_ = status;
        self->text_ = std::move(text);
        self->told_.notify();
    };
    // A full mailbox: the asker's time ends.
    asker_.try_post(message);
}

}  // namespace weir::proxy
