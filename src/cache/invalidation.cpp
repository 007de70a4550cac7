#include "cache/invalidation.h"

#include "base/text.h"
#include "cache/structured.h"
#include "http/uri.h"

namespace weir::cache {

using http::FieldId;
using http::Scheme;

bool invalidates(http::Method method, std::uint16_t status) { return !http::is_safe(method) && status >= 200 && status < 400; }

namespace {

constexpr std::uint16_t default_port(Scheme scheme) { return scheme == Scheme::https ? 443 : 80; }

bool is_same_authority(const Origin& origin, std::string_view text, Arena& arena) {
    const auto authority = http::parse_authority(text, arena);
    return authority && authority->host == origin.host && authority->port.value_or(default_port(origin.scheme)) == origin.port;
}

std::string_view without_fragment(std::string_view reference) { return reference.substr(0, reference.find('#')); }

// A scheme in front (RFC 3986 4.2): a colon before the first '/' or '?'.
bool has_scheme(std::string_view reference) {
    const auto stop = reference.find_first_of(":/?");
    return stop != std::string_view::npos && reference[stop] == ':';
}

std::string_view as_target(std::string_view rest, Arena& arena) {
    if (rest.starts_with('/')) return rest;
    return arena.concat({"/", rest});
}

// "//authority/path".
std::optional<std::string_view> network_path(const Origin& origin, std::string_view reference, Arena& arena) {
    reference.remove_prefix(2);
    const auto end = std::min(reference.find_first_of("/?"), reference.size());
    if (!is_same_authority(origin, reference.substr(0, end), arena)) return std::nullopt;
    return as_target(reference.substr(end), arena);
}

std::optional<std::string_view> absolute(const Origin& origin, std::string_view reference, Arena& arena) {
    const auto form = http::split_absolute(reference);
    if (!form || !equal_ignoring_case(form->scheme, http::name_of(origin.scheme))) return std::nullopt;
    if (!is_same_authority(origin, form->authority, arena)) return std::nullopt;
    return as_target(form->target, arena);
}

}  // namespace

// RFC 3986 5.2.2; dot segments are left to the normal form of paths, which the key's maker applies.
std::optional<std::string_view> same_origin_target(const Origin& origin, std::string_view target, std::string_view reference,
                                                   Arena& arena) {
    reference = without_fragment(reference);
    if (reference.empty()) return target;
    if (has_scheme(reference)) return absolute(origin, reference, arena);
    if (reference.starts_with("//")) return network_path(origin, reference, arena);
    if (reference.starts_with('/')) return reference;
    const auto path = target.substr(0, target.find('?'));
    if (reference.starts_with('?')) return arena.concat({path, reference});
    return as_target(arena.concat({path.substr(0, path.rfind('/') + 1), reference}), arena);
}

AlsoInvalid also_invalid(const Origin& origin, const http::Request& request, const http::Response& response) {
    AlsoInvalid out;
    for (const auto id : {FieldId::location, FieldId::content_location}) {
        const auto* const field = response.fields.only(id);
        if (field == nullptr) continue;
        const auto target = same_origin_target(origin, request.target, field->value, response.arena());
        if (target && *target != request.target) out.targets[out.count++] = *target;
    }
    return out;
}

namespace {

std::string_view unescape(const Item& item, Arena& arena) {
    if (!item.has_escapes) return item.text;
    auto* const text = static_cast<char*>(arena.allocate(item.text.size(), 1));
    std::size_t size = 0;
    for (std::size_t at = 0; at < item.text.size(); ++at) {
        if (item.text[at] == '\\') ++at;
        text[size++] = item.text[at];
    }
    return {text, size};
}

std::span<const std::string_view> read_strings(std::string_view field, Arena& arena) {
    constexpr auto kForm = MemberReader::Form::list;
    if (field.empty() || !is_valid_members(field, kForm)) return {};
    const auto groups = arena.make_array<std::string_view>(kGroupsMax);
    std::size_t count = 0;
    MemberReader reader(field, kForm);
    while (const auto member = reader.next()) {
        if (member->item.kind != ItemKind::string) return {};
        const auto group = unescape(member->item, arena);
        if (count < kGroupsMax && !group.empty() && group.size() <= kGroupOctetsMax) groups[count++] = group;
    }
    return groups.first(count);
}

}  // namespace

std::span<const std::string_view> read_groups(const http::Fields& fields, Arena& arena) {
    if (!fields.has(FieldId::other)) return {};
    return read_strings(fields.joined("Cache-Groups"), arena);
}

std::span<const std::string_view> read_invalid_groups(const http::Fields& fields, Arena& arena) {
    return read_strings(fields.joined("Cache-Group-Invalidation"), arena);
}

}  // namespace weir::cache
