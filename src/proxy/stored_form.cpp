#include "proxy/stored_form.h"

#include "cache/validate.h"
#include "observe/worker_metrics.h"
#include "proxy/exchange.h"
#include "proxy/form_fill.h"
#include "proxy/lane.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;
using Outcome = cache::Fill::Outcome;

// The head of an entry in a coding, around such a body.
Ref<cache::Entry> make_form(const cache::Entry& of, http::Coding coding, Ref<cache::Segments> body) {
    Arena arena;
    http::Response head(arena);
    of.write_head(head);
    filter::make_head_encoded(head, coding);
    cache::EntryParts parts;
    parts.response = &head;
    parts.terms = of.terms();
    parts.vary_names = of.vary_names();
    parts.variant = of.variant();
    parts.born = of.born();
    parts.body = std::move(body);
    return cache::Entry::make(std::move(parts));
}

}  // namespace

bool StoredForm::write_head_at_once(Exchange& exchange, const filter::AcceptedCodings& accepted, Ref<cache::Entry>& entry) {
    const auto& options = *exchange.decision_.route->compress;
    auto& response = exchange.response_;
    if (const auto* const offer = filter::offer_for(options, accepted, exchange.request_)) {
        auto form = entry->forms().find(offer->coding);
        if (form.entry && form.entry->state() != cache::Entry::State::whole) return false;
        if (form.entry) {
            entry = std::move(form.entry);
            entry->write_head(response);
            exchange.facts_.encoding = offer->coding;
            return true;
        }
    }
    entry->write_head(response);
    const auto choice = filter::choose(options, accepted, exchange.request_, response);
    if (choice.offer != nullptr) return false;
    if (choice.depends) filter::add_vary(response.fields);
    return true;
}

void StoredForm::choose(const filter::AcceptedCodings& accepted, Ref<cache::Entry>& entry, cache::Follower*& follower) {
    const auto& options = *exchange_.decision_.route->compress;
    const auto& request = exchange_.request_;
    if (const auto* const offer = filter::offer_for(options, accepted, request)) {
        const auto form = entry->forms().find(offer->coding);
        if (form.entry) {
            coding_ = offer->coding;
            return take(form, entry, follower);
        }
    }
    auto& response = exchange_.response_;
    entry->write_head(response);
    const auto choice = filter::choose(options, accepted, request, response);
    varies_ = choice.depends;
    if (choice.offer != nullptr) choose_new(*choice.offer, entry, follower);
}

void StoredForm::choose_new(const filter::Compress::Offer& offer, Ref<cache::Entry>& entry, cache::Follower*& follower) {
    const auto& request = exchange_.request_;
    const bool has_it = cache::evaluate(request, entry->validators(), entry->status()) == cache::Precondition::not_modified;
    if (has_it || !http::has_body(request.method, entry->status())) {
        edits_head_ = true;
        coding_ = offer.coding;
        return;
    }
    auto compressor = compressor_for(offer, *entry);
    if (!compressor) return exchange_.lane_.metrics().not_compressed(offer.coding);
    coding_ = offer.coding;
    const bool is_passing = follower != nullptr && follower->fill().outcome() == Outcome::passed;
    if (!is_passing) return make(std::move(compressor), entry, follower);
    edits_head_ = true;
    compressor_ = std::move(compressor);
}

filter::Compressor StoredForm::compressor_for(const filter::Compress::Offer& offer, const cache::Entry& entry) const {
    const bool stays_open = filter::is_event_stream(exchange_.response_);
    return {exchange_.lane_.compressors(), filter::make_effort(offer.coding, offer.level, entry.length(), stays_open)};
}

void StoredForm::make(filter::Compressor compressor, Ref<cache::Entry>& entry, cache::Follower*& follower) {
    auto& account = zone_.account();
    cache::EncodedForms::Form form;
    form.entry = make_form(*entry, coding_, cache::Segments::make(account, 0, false));
    form.fill = zone_.make_fill();
    form.fill->decide(Outcome::stored, form.entry, entry->status());
    if (entry->forms().put(coding_, form, account)) {
        const bool is_filling = entry->state() == cache::Entry::State::filling && follower != nullptr;
        FormFill::Order order{.zone = Ref<cache::Zone>(&zone_),
                              .of = entry,
                              .source = is_filling ? Ref<cache::Fill>(&follower->fill()) : Ref<cache::Fill>{},
                              .form = form,
                              .compressor = std::move(compressor)};
        FormFill::start(std::make_unique<FormFill>(exchange_.lane_, std::move(order)));
    } else {
        form = entry->forms().find(coding_);
    }
    if (form.entry) take(form, entry, follower);
    else coding_ = http::Coding::identity;
}

void StoredForm::take(const cache::EncodedForms::Form& form, Ref<cache::Entry>& entry, cache::Follower*& follower) {
    // It reads nothing of what the form is made of, and must not keep that from going.
    if (follower != nullptr) follower->begin_reading();
    follower = form.entry->state() == cache::Entry::State::filling ? &follower_.emplace(form.fill) : nullptr;
    entry = form.entry;
}

void StoredForm::edit_head(http::Response& response) const {
    if (edits_head_) filter::make_head_encoded(response, coding_);
    else if (varies_ && coding_ == http::Coding::identity) filter::add_vary(response.fields);
}

http::Body& StoredForm::body_of(http::Body& body) {
    exchange_.facts_.encoding = coding_;
    if (!compressor_) return body;
    return flowing_.emplace(body, std::move(compressor_), exchange_.lane_.metrics(), exchange_.arena_);
}

AskedCodings::AskedCodings(http::Request& request, const filter::Compress* options) : request_(request) {
    if (options == nullptr) return;
    auto& fields = request.fields;
    accepted_ = filter::read_accept_encoding(fields);
    was_said_ = fields.has(Id::accept_encoding);
    said_ = fields.joined(Id::accept_encoding);
    is_changed_ = true;
    std::string_view wanted;
    if (options->lets_origin_encode)
        for (const auto coding : {http::Coding::br, http::Coding::gzip, http::Coding::zstd}) {
            if (!accepted_.takes(coding)) continue;
            wanted = wanted.empty() ? http::name_of(coding) : request.arena().concat({wanted, ", ", http::name_of(coding)});
        }
    const bool is_several = fields.count(Id::accept_encoding) > 1;
    if (is_several) fields.remove(Id::accept_encoding);
    // Without the field every coding would be welcome (RFC 9110 12.5.3).
    fields.set(Id::accept_encoding, wanted.empty() ? http::name_of(http::Coding::identity) : wanted);
}

void AskedCodings::give_back() {
    if (!std::exchange(is_changed_, false)) return;
    if (was_said_) request_.fields.set(Id::accept_encoding, said_);
    else request_.fields.remove(Id::accept_encoding);
}

void carry_forms(const cache::Entry& from, cache::Entry& to, const filter::Compress& options, const Ref<cache::Account>& account) {
    Arena arena;
    http::Response head(arena);
    to.write_head(head);
    if (!filter::is_compressible(options, head)) return;
    for (const auto& offer : options.offers) {
        const auto form = from.forms().find(offer.coding);
        if (!form.entry || form.entry->state() != cache::Entry::State::whole) continue;
        cache::EncodedForms::Form renewed;
        renewed.entry = make_form(to, offer.coding, form.entry->body());
        renewed.entry->end(true);
        to.forms().put(offer.coding, renewed, account);
    }
}

}  // namespace weir::proxy
