// `header request|response set|add|remove`.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using filter::HeaderEdit;

constexpr std::size_t kSecretOctetsMax = 64 * 1024;

// A text in which no variable is looked for.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) out.append(c == '$' ? 2 : 1, c);
    return out;
}

// The value of `file:PATH`: the file's text without its last newline. It is never shown by any command.
http::Template secret_of(Builder& builder, const Word& word) {
    const auto* octets = builder.file(word, std::string_view(word.text).substr(5), kSecretOctetsMax);
    if (octets == nullptr) return {};
    auto text = octets->view();
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const bool is_clean = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (!is_clean)
        builder.diagnostics.error(word.spot, concat({"a control octet in the secret of ", in_quotes(word.text)}),
                                  "expected one line of text");
    return template_of(escaped(text));
}

HeaderEdit::Kind kind_of(const Item& item) {
    if (item.says("remove")) return HeaderEdit::Kind::remove;
    return item.says("add") ? HeaderEdit::Kind::add : HeaderEdit::Kind::set;
}

}  // namespace

void read_header(Builder& builder, const Item& item, RouteDraft& into) {
    auto& edits = item.says("request") ? into.plan.request_headers : into.plan.response_headers;
    const auto* value = item.find("VALUE");
    for (const auto* name : item.all("FIELD")) {
        if (!filter::is_editable(name->text))
            builder.diagnostics.error(name->spot, concat({in_quotes(name->text), " can't be edited"}),
                                      "it belongs to the framing of messages, which Weir keeps itself");
        HeaderEdit edit{.kind = kind_of(item), .name = name->text, .value = {}};
        if (value != nullptr) edit.value = value->text.starts_with("file:") ? secret_of(builder, *value) : template_of(value->text);
        edits.push_back(std::move(edit));
    }
}

}  // namespace weir::config
