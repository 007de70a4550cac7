// Lines of the access log from hostile requests. Oracles: one line stays one line, combined is printable ASCII with six bare quotes, JSON
// is valid UTF-8 whose strings close where they should, no line needs more room than was reserved, a masked secret is gone.
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "http/message.h"
#include "observe/log_format.h"
#include "observe/masked_url.h"

using namespace weir;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

struct Line {
    explicit Line(std::size_t room) : room(room), octets(new char[room]) {}
    std::string_view until(const char* end) const {
        require(end >= octets.get() && static_cast<std::size_t>(end - octets.get()) <= room);
        return {octets.get(), end};
    }
    std::size_t room;
    std::unique_ptr<char[]> octets;
};

void check_combined(std::string_view line) {
    require(line.ends_with('\n'));
    line.remove_suffix(1);
    int quotes = 0;
    for (const char octet : line) {
        require(octet >= 0x20 && octet < 0x7f);
        quotes += octet == '"' ? 1 : 0;
    }
    require(quotes == 6);
}

// Quotes that no backslash precedes come in pairs, and outside of them stands nothing but structure, numbers and words of ours.
void check_json(std::string_view line) {
    require(line.starts_with('{') && line.ends_with("}\n") && is_valid_utf8(line));
    line.remove_suffix(1);
    bool is_inside = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        require(static_cast<unsigned char>(line[at]) >= 0x20);
        if (is_inside && line[at] == '\\') require(++at < line.size() && std::string_view("\"\\nrtu").contains(line[at]));
        else if (line[at] == '"') is_inside = !is_inside;
        else require(is_inside || std::string_view("{}:,.0123456789truefals").contains(line[at]));
    }
    require(!is_inside);
}

void check_mask(std::string_view value) {
    const auto query = "/a?token=" + std::string(value);
    const Line line(query.size() * kQuotedGrowthMax + kEscapeSlack);
    const auto text = line.until(observe::write_masked_url(query, line.octets.get(), write_quoted_text));
    const auto secret = value.substr(0, value.find_first_of("&?#;"));
    require(text.starts_with(secret.empty() ? "/a?token=" : "/a?token=***"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input(reinterpret_cast<const char*>(data), size);
    check_mask(input);
    std::array<std::string_view, 5> parts;
    for (auto& part : parts) {
        const auto end = input.find('\x1f');
        part = input.substr(0, end);
        input = end == std::string_view::npos ? std::string_view{} : input.substr(end + 1);
    }
    Arena arena;
    http::Request request(arena);
    request.method = http::Method::other;
    request.method_name = parts[0];
    request.target = parts[1];
    request.fields.add(http::FieldId::user_agent, parts[2]);
    request.fields.add(http::FieldId::referer, parts[3]);
    http::Facts facts;
    facts.request = &request;
    facts.client = *net::Ip::parse("192.0.2.1");
    facts.host = parts[4];
    facts.request_id = parts[0];

    observe::LogClock clock;
    const Line combined(observe::combined_octets_max(facts));
    check_combined(combined.until(observe::write_combined(facts, clock, combined.octets.get())));
    const Line json(observe::json_octets_max(facts));
    check_json(json.until(observe::write_json(facts, clock, json.octets.get())));
    return 0;
}
