// What a route answers with: `proxy`, `redirect`, `respond`; and the pages of errors.
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr std::size_t kFileOctetsMax = 64 * 1024 * 1024;

std::string type_of(const Item& item, std::string_view path) {
    if (const auto* type = item.option("type")) return type->text;
    return path.empty() ? std::string{} : std::string(filter::content_type_of(path));
}

void load_file(Builder& builder, const Item& item, const Word& word, filter::Respond& into) {
    const auto* octets = builder.file(word, word.text, kFileOctetsMax);
    if (octets == nullptr) return;
    into.file = builder.path(word);
    into.file_octets = *octets;
    into.etag = filter::etag_of(octets->view());
    into.content_type = type_of(item, into.file);
}

void require_fitting_body(Builder& builder, const Item& item, std::uint16_t status) {
    auto& diagnostics = builder.diagnostics;
    const auto& spot = item.find("STATUS")->spot;
    const bool has_text = item.find("TEMPLATE") != nullptr;
    const bool has_file = item.option("file") != nullptr;
    if (has_text && has_file) diagnostics.error(item.spot(), "a text and a file exclude each other", "take one of them away");
    if (status < 200)
        diagnostics.error(spot, concat({"no answer ends with the status ", std::to_string(status)}), "expected a status from 200 to 599");
    if ((status == 204 || status == 304) && (has_text || has_file))  // RFC 9112 6.3
        diagnostics.error(spot, concat({"an answer with the status ", std::to_string(status), " has no body"}), "take the body away");
}

void require_content_type(Builder& builder, const Item& item) {
    const auto* type = item.option("type");
    if (type != nullptr && (!type->text.contains('/') || type->text.contains('\n')))
        builder.diagnostics.error(type->spot, concat({"this is not a content type in ", in_quotes(concat({"type ", type->text}))}),
                                  "expected a type such as text/html");
}

// The answers exclude each other: the last one read is the innermost.
void begin_answer(RouteDraft& into) {
    into.plan.redirect.reset();
    into.plan.respond.reset();
    into.proxy.group = proxy::kNoIndex;
}

std::vector<std::uint16_t> error_statuses(Builder& builder, const Item& item) {
    std::vector<std::uint16_t> out;
    for (const auto* word : item.all("STATUSES")) {
        const auto range = checked(read_status_range(word->text));
        if (range.from < 400)
            builder.diagnostics.error(word->spot, "an error page for what is no error", "expected statuses from 400 to 599");
        for (auto status = range.from; status <= range.to; ++status) out.push_back(status);
    }
    return out;
}

}  // namespace

void read_redirect(Builder& builder, const Item& item, RouteDraft& into) {
    begin_answer(into);
    const auto* target = item.find("TEMPLATE");
    if (!target->text.starts_with('/') && !target->text.starts_with('$') && !target->text.contains("://"))
        builder.diagnostics.error(target->spot, concat({"where to, in ", in_quotes(concat({"redirect ", target->text})), "?"}),
                                  concat({"expected a path or a whole URL; did you mean 'https://", target->text, "'?"}));
    const bool says_status = item.node->args.size() > 1;
    into.plan.redirect = filter::Redirect{.status = says_status ? checked(read_status(item.word(0))) : std::uint16_t{302},
                                          .to = template_of(item.text("TEMPLATE"))};
}

void read_respond(Builder& builder, const Item& item, RouteDraft& into) {
    begin_answer(into);
    filter::Respond respond;
    respond.status = checked(read_status(item.text("STATUS")));
    require_fitting_body(builder, item, respond.status);
    require_content_type(builder, item);
    respond.content_type = type_of(item, {});
    respond.body = template_of(item.text("TEMPLATE"));
    if (const auto* file = item.option("file")) load_file(builder, item, *file, respond);
    into.plan.respond = std::move(respond);
}

void read_proxy(Builder& builder, const Item& item, RouteDraft& into) {
    begin_answer(into);
    into.proxy.group = group_of(builder, item);
}

// The innermost page of a status counts: it comes first in the list.
void read_error_page(Builder& builder, const Item& item, RouteDraft& into) {
    require_content_type(builder, item);
    filter::ErrorPage page;
    page.statuses = error_statuses(builder, item);
    page.body = template_of(item.text("TEMPLATE"));
    page.content_type = type_of(item, {});
    if (const auto* file = item.find("FILE")) {
        const auto* octets = builder.file(*file, file->text, kFileOctetsMax);
        if (octets == nullptr) return;
        page.file = builder.path(*file);
        page.file_octets = *octets;
        page.content_type = type_of(item, page.file);
    }
    into.plan.error_pages.insert(into.plan.error_pages.begin(), std::move(page));
}

}  // namespace weir::config
