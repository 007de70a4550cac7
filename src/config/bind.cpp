#include "config/bind.h"

#include <algorithm>

#include "config/phrase.h"

namespace weir::config {

const Word* Item::find(std::string_view role) const {
    for (const auto& argument : arguments)
        if (argument.role == role && argument.option.empty()) return &node->args[argument.word];
    return nullptr;
}

std::vector<const Word*> Item::all(std::string_view role) const {
    std::vector<const Word*> out;
    for (const auto& argument : arguments)
        if (argument.role == role && argument.option.empty()) out.push_back(&node->args[argument.word]);
    return out;
}

std::string_view Item::text(std::string_view role) const {
    const auto* word = find(role);
    return word == nullptr ? std::string_view{} : word->text;
}

std::string_view Item::word(std::size_t index) const { return index < node->args.size() ? node->args[index].text : std::string_view{}; }

bool Item::says(std::string_view keyword) const {
    return std::ranges::any_of(arguments, [&](const Argument& argument) {
        return argument.role.empty() && argument.option.empty() && node->args[argument.word].text == keyword;
    });
}

bool Item::has_option(std::string_view keyword) const {
    return std::ranges::any_of(arguments, [&](const Argument& argument) { return argument.option == keyword; });
}

const Word* Item::option(std::string_view keyword) const {
    for (const auto& argument : arguments)
        if (argument.option == keyword && !argument.role.empty()) return &node->args[argument.word];
    return nullptr;
}

std::string_view Item::option_text(std::string_view keyword) const {
    if (const auto* given = option(keyword)) return given->text;
    const auto* known = schema().entry(*directive).forms[form].option(keyword);
    return known == nullptr || known->slots.empty() ? std::string_view{} : known->slots.front().fallback;
}

const Item* Item::child(std::string_view directive_name) const {
    for (const auto& child : children)
        if (child.name() == directive_name) return &child;
    return nullptr;
}

namespace {

constexpr std::size_t kShownMax = 48;

// The directive up to that word, as the message quotes it; shortened when it is long.
std::string shown_up_to(const Node& node, std::size_t at) {
    if (node.args.empty()) return in_quotes(node.name.text);
    at = std::min(at, node.args.size() - 1);
    auto whole = node.name.text;
    for (std::size_t i = 0; i <= at && whole.size() <= kShownMax; ++i) whole.append(" ").append(node.args[i].text);
    if (whole.size() <= kShownMax || at == 0) return in_quotes(whole);
    return in_quotes(concat({node.name.text, at > 1 ? " … " : " ", node.args[at - 1].text, " ", node.args[at].text}));
}

std::string usage(const Item& item, std::size_t form) {
    const auto text = usage_of(schema().entry(*item.directive).forms[form]);
    return concat({"expected '", item.name(), text.empty() ? "" : " ", text, "'"});
}

// The misfits of those forms that got furthest, put together.
struct Verdict {
    Misfit misfit;
    std::size_t form = 0;

    void add(Misfit other, std::size_t index) {
        if (other.at < misfit.at) return;
        if (other.at > misfit.at) misfit = {.at = other.at, .slip = {}, .expected = {}}, form = index;
        if (misfit.options.empty()) misfit.options = std::move(other.options);
        if (misfit.expected.empty() && !misfit.slip) form = index;
        for (const auto word : other.expected)
            if (std::ranges::find(misfit.expected, word) == misfit.expected.end()) misfit.expected.push_back(word);
        if (!misfit.slip) misfit.slip = std::move(other.slip);
    }
};

// Keywords in quotes, placeholders without.
std::string any_of_words(const std::vector<std::string_view>& words) {
    std::vector<std::string> shown;
    shown.reserve(words.size());
    for (const auto word : words) shown.push_back(find_placeholder(word) == nullptr ? in_quotes(word) : std::string(word));
    return any_of(std::vector<std::string_view>(shown.begin(), shown.end()));
}

void report_missing(const Item& item, const Verdict& verdict, Diagnostics& diagnostics) {
    const auto& node = *item.node;
    auto message = concat({"missing ", any_of_words(verdict.misfit.expected), " in ", shown_up_to(node, node.args.size())});
    diagnostics.error(node.args.empty() ? node.name.spot : node.args.back().spot, std::move(message), usage(item, verdict.form));
}

void report_slip(const Item& item, const Verdict& verdict, Diagnostics& diagnostics) {
    const auto& [at, slip, expected, options] = verdict.misfit;
    const auto& word = item.node->args[at];
    // As other servers write lists.
    if (word.text.size() > 1 && word.text.ends_with(',')) {
        const auto comma = word.part(word.text.size() - 1, 1);
        return diagnostics.error(comma, concat({"a comma after a word in ", shown_up_to(*item.node, at)}), "spaces alone separate words");
    }
    const auto spot = slip->length == Slip::kWhole ? word.spot : word.part(slip->at, slip->length);
    const bool is_certain = slip->hint.contains("did you mean");
    const auto others = expected.empty() || is_certain ? std::string{} : concat({", or ", any_of(expected)});
    diagnostics.error(spot, concat({slip->message, " in ", shown_up_to(*item.node, at)}), slip->hint + others);
}

void report(const Item& item, const Verdict& verdict, Diagnostics& diagnostics) {
    auto [at, slip, expected, options] = verdict.misfit;
    const auto& node = *item.node;
    if (at == node.args.size()) return report_missing(item, verdict, diagnostics);
    const auto& word = node.args[at];
    auto near = did_you_mean(word.text, expected);
    if (near.empty() && !options.empty() && !did_you_mean(word.text, options).empty()) {
        near = did_you_mean(word.text, options);
        expected = std::move(options);
    }
    if (slip && near.empty()) return report_slip(item, verdict, diagnostics);
    auto message = concat({"unexpected ", in_quotes(word.text), " in ", in_quotes(node.name.text)});
    if (expected.size() < 2 && near.empty()) return diagnostics.error(word.spot, std::move(message), usage(item, verdict.form));
    diagnostics.error(word.spot, std::move(message), joined(concat({"expected ", any_of(expected)}), near));
}

}  // namespace

bool bind(Item& item, Diagnostics& diagnostics) {
    const auto& forms = schema().entry(*item.directive).forms;
    Verdict verdict;
    for (std::size_t i = 0; i < forms.size(); ++i) {
        item.arguments.clear();
        auto misfit = FormReader(forms[i], item.node->args, item.arguments).read();
        item.form = static_cast<std::uint8_t>(i);
        if (!misfit) return true;
        verdict.add(std::move(*misfit), i);
    }
    report(item, verdict, diagnostics);
    return false;
}

}  // namespace weir::config
