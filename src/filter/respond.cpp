#include "filter/respond.h"

#include <array>
#include <optional>

#include "base/text.h"
#include "filter/escape.h"

namespace weir::filter {
namespace {

using http::FieldId;
using http::Method;

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

// Weak comparison (RFC 9110 8.8.3.2); `tag` is a strong one of ours.
bool lists_tag(std::string_view list, std::string_view tag) {
    if (trim(list) == "*") return true;
    while (!list.empty()) {
        list = trim(list);
        if (list.starts_with("W/")) list.remove_prefix(2);
        if (!list.starts_with('"')) return false;
        const auto close = list.find('"', 1);
        if (close == std::string_view::npos) return false;
        if (list.substr(0, close + 1) == tag) return true;
        list = trim(list.substr(close + 1));
        if (!list.empty() && list.front() != ',') return false;
        while (list.starts_with(',')) list = trim(list.substr(1));
    }
    return false;
}

// If-Match wants strong tags: a weak one is none of ours.
bool lists_strong_tag(std::string_view list, std::string_view tag) { return lists_tag(list, tag) && !list.contains("W/"); }

// 304 or 412 where the request's conditions say so (RFC 9110 13.2.2), 0 to go on.
std::uint16_t refused_by_condition(std::string_view etag, const http::Facts& facts) {
    if (etag.empty() || facts.request == nullptr) return 0;
    const auto& fields = facts.request->fields;
    if (fields.has(FieldId::if_match) && !lists_strong_tag(fields.joined(FieldId::if_match), etag)) return 412;
    if (!fields.has(FieldId::if_none_match) || !lists_tag(fields.joined(FieldId::if_none_match), etag)) return 0;
    return http::is_safe(facts.request->method) ? 304 : 412;
}

std::string_view type_of(const Respond& respond) {
    if (!respond.content_type.empty()) return respond.content_type;
    return respond.file.empty() ? kPlain : content_type_of(respond.file);
}

bool may_have_body(std::uint16_t status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

MadeReply make_reply(const Respond& respond, const http::Facts& facts, Arena& arena) {
    MadeReply reply{.status = respond.status};
    if (respond.status == 200) {
        reply.etag = respond.etag;
        if (const auto status = refused_by_condition(respond.etag, facts)) reply.status = status;
    }
    if (reply.status != respond.status || !may_have_body(reply.status)) return reply;
    reply.content_type = type_of(respond);
    reply.body = respond.file.empty() ? respond.body.evaluate(facts, arena, escape_for(reply.content_type)) : respond.file_octets.view();
    if (reply.body.empty() && respond.content_type.empty() && respond.file.empty()) reply.content_type = {};
    return reply;
}

// FNV-1a in two lanes: enough to tell one version of a file from the next, which is all an entity tag is for.
std::string etag_of(std::string_view octets) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::array<std::uint64_t, 2> lanes{0xcbf29ce484222325U ^ octets.size(), 0x9ae16a3b2f90404fU};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        auto& lane = lanes[i % 2];
        lane = (lane ^ static_cast<unsigned char>(octets[i])) * 0x100000001b3U;
    }
    std::string tag = "\"";
    for (auto lane : lanes)
        for (int i = 0; i < 16; ++i, lane >>= 4U) tag += kHex[lane & 15U];
    return tag + "\"";
}

}  // namespace weir::filter
