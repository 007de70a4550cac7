#include "http/template.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "http/octets.h"
#include "http/variables.h"

namespace weir::http {

// Reads the text once, left to right. A literal grows until a variable ends it.
class TemplateParser {
public:
    explicit TemplateParser(std::string_view text) : text_(text) {}

    std::expected<Template, Template::Fault> parse() {
        while (at_ < text_.size()) {
            const auto dollar = std::min(text_.find('$', at_), text_.size());
            literal_ += text_.substr(at_, dollar - at_);
            at_ = dollar;
            if (at_ == text_.size()) break;
            if (const auto fault = read_variable()) return std::unexpected(*fault);
            if (out_.parts_.size() > Template::kPartsMax) return std::unexpected(fault_at(0, "too many variables in one text"));
        }
        end_literal();
        out_.text_ = text_;
        return std::move(out_);
    }

private:
    using Trouble = std::optional<Template::Fault>;

    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    Template::Fault fault_at(std::size_t offset, std::string message) const {
        return {.offset = offset, .length = std::max<std::size_t>(1, at_ - offset), .message = std::move(message)};
    }

    void end_literal() {
        if (!literal_.empty()) out_.parts_.push_back({.variable = Variable::literal, .name = std::exchange(literal_, {})});
    }

    void push(TemplatePart part) {
        end_literal();
        out_.parts_.push_back(std::move(part));
    }

    // Stands on '$'.
    Trouble read_variable() {
        const auto start = at_++;
        if (peek() == '$') {
            literal_ += '$';
            ++at_;
            return std::nullopt;
        }
        const bool is_braced = peek() == '{';
        if (is_braced) ++at_;
        const auto word = read_word(is_braced);
        if (word.empty()) return fault_at(start, "a variable's name is missing after '$'; write '$$' for a dollar sign");
        if (is_braced && peek() != '}') return fault_at(start, "'${' without its '}'");
        if (is_braced) ++at_;
        if (is_digit(word.front())) return read_capture(word, start);
        return read_named(word, start);
    }

    // "$1x" is the capture 1 and an "x".
    std::string_view read_word(bool is_braced) {
        const auto first = at_;
        if (!is_braced && is_digit(peek())) return text_.substr(at_++, 1);
        while (is_alpha(peek()) || is_digit(peek()) || peek() == '_') ++at_;
        return text_.substr(first, at_ - first);
    }

    Trouble read_capture(std::string_view word, std::size_t start) {
        if (word.size() != 1) return fault_at(start, "captures are '$0' to '$9'");
        push({.variable = Variable::capture, .capture = static_cast<std::uint8_t>(word[0] - '0')});
        return std::nullopt;
    }

    Trouble read_named(std::string_view word, std::size_t start) {
        const auto names = variable_names();
        const auto* known = std::ranges::find(names, word, &VariableName::name).base();
        if (known == names.data() + names.size()) return unknown(word, start);
        const bool wants_name =
            known->variable == Variable::header || known->variable == Variable::response_header || known->variable == Variable::cookie;
        const bool may_have_name = wants_name || known->variable == Variable::query;
        if (peek() == '{' && may_have_name) return read_parameter(*known, start);
        if (wants_name) return fault_at(start, "'$" + std::string(word) + "' needs a name: '$" + std::string(word) + "{Name}'");
        push({.variable = known->variable});
        return std::nullopt;
    }

    // Stands on the '{' of "$header{Name}".
    Trouble read_parameter(const VariableName& known, std::size_t start) {
        const auto close = text_.find('}', at_);
        const auto shown = "'$" + std::string(known.name) + "{'";
        if (close == std::string_view::npos) return fault_at(start, shown + " without its '}'");
        const auto name = text_.substr(at_ + 1, close - at_ - 1);
        at_ = close + 1;
        if (name.empty()) return fault_at(start, "the name in " + shown + " is missing");
        const bool is_query = known.variable == Variable::query;
        if (!is_query && !std::ranges::all_of(name, [](char c) { return is_octet(c, kTokenOctet); }))
            return fault_at(start,
                            "'" + std::string(name) + "' is no name of a " + (known.variable == Variable::cookie ? "cookie" : "header"));
        const auto variable = is_query ? Variable::query_parameter : known.variable;
        push({.variable = variable,
              .name = std::string(name),
              .id = variable == Variable::cookie || is_query ? FieldId::other : id_of(name)});
        return std::nullopt;
    }

    Template::Fault unknown(std::string_view word, std::size_t start) const {
        auto message = "unknown variable '$" + std::string(word) + "'";
        const auto near = nearest(word, variable_names() | std::views::transform(&VariableName::name));
        if (!near.empty()) message += "; did you mean '$" + std::string(near) + "'?";
        return fault_at(start, std::move(message));
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string literal_;
    Template out_;
};

namespace {

std::string_view join(std::span<const std::string_view> pieces, Arena& arena) {
    std::size_t total = 0;
    for (const auto piece : pieces) total += piece.size();
    if (total == 0) return {};
    auto* const first = static_cast<char*>(arena.allocate(total, 1));
    auto* out = first;
    for (const auto piece : pieces) out = std::ranges::copy(piece, out).out;
    return {first, total};
}

std::string_view value_in_arena(const TemplatePart& part, const Facts& facts, Arena& arena) {
    auto* buffer = needs_buffer(part.variable) ? static_cast<char*>(arena.allocate(kValueBuffer, 1)) : nullptr;
    return value_of(part, facts, arena, buffer);
}

}  // namespace

std::expected<Template, Template::Fault> Template::compile(std::string_view text) { return TemplateParser(text).parse(); }

std::string_view Template::evaluate(const Facts& facts, Arena& arena) const { return evaluate(facts, arena, nullptr); }

std::string_view Template::evaluate(const Facts& facts, Arena& arena, std::string_view (*escape)(std::string_view, Arena&)) const {
    if (is_literal()) return literal_prefix();
    const auto pieces = arena.make_array<std::string_view>(parts_.size());
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        pieces[i] = value_in_arena(parts_[i], facts, arena);
        if (escape != nullptr && parts_[i].variable != Variable::literal) pieces[i] = escape(pieces[i], arena);
    }
    return pieces.size() == 1 ? pieces[0] : join(pieces, arena);
}

void Template::append(const Facts& facts, std::string& out, void (*escape)(std::string_view, std::string&)) const {
    Arena scratch;  // takes memory only when a value has to be joined or decoded
    char buffer[kValueBuffer];
    for (const auto& part : parts_) {
        const auto value = value_of(part, facts, scratch, buffer);
        if (escape != nullptr && part.variable != Variable::literal) escape(value, out);
        else out += value;
    }
}

bool Template::uses(Variable variable) const {
    return std::ranges::any_of(parts_, [variable](const TemplatePart& part) { return part.variable == variable; });
}

std::string_view Template::literal_prefix() const {
    return first_variable() == Variable::literal && !parts_.empty() ? std::string_view(parts_[0].name) : std::string_view{};
}

}  // namespace weir::http
