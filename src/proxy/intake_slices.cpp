// What is done about slices: a thing of unknown size is asked for by one of them. When it turns out to be larger than that, a manifest
// is stored in its place and the fetch goes on as that of the slice.
#include "cache/hash.h"
#include "cache/storing.h"
#include "proxy/intake.h"
#include "proxy/lane.h"

namespace weir::proxy {

using Id = http::FieldId;
using cache::SliceAnswer;

cache::ByteRange Intake::wanted_range() const {
    const cache::Slicing slicing{.octets = slice_octets_};
    return cache::range_of(slicing, slice_, manifest_ ? *manifest_->length() : ~std::uint64_t{0});
}

Intake::Good Intake::judge_slice() {
    auto& response = exchange_.response_;
    const auto validators = cache::read_validators(response.fields, wall_now());
    const auto read = cache::read_slice(response, wanted_range(), validators);
    if (read.answer == SliceAnswer::useless) {
        // Behind the end of it: how long it is the beginning tells.
        if (response.status == 416 && slice_ != 0) slice_ = 0;
        else slice_octets_ = 0;
        return Good::to_ask_again;
    }
    if (read.answer == SliceAnswer::part) return begin_slices(read.complete);
    if (read.answer == SliceAnswer::all) become_whole(response.content_length);
    return judge_whole();
}

// A part's head becomes that of the whole that it is of.
void Intake::become_whole(std::uint64_t length) {
    auto& response = exchange_.response_;
    response.status = 200;
    response.reason = {};
    response.content_length = length;
    response.fields.remove(Id::content_range);
}

Intake::Good Intake::begin_slices(std::uint64_t complete) {
    auto& response = exchange_.response_;
    const auto octets = response.content_length;
    become_whole(complete);
    const auto why = why_not(response);
    if (why != cache::Refusal::none) {
        // What is nobody else's is not put together from parts: whoever wants it asks for it as he likes.
        pass_by();
        release(response.status, why);
        return Good::for_nothing;
    }
    const cache::Slicing slicing{.id = draw_id(complete), .octets = slice_octets_};
    auto manifest = make_entry(response, {.body = cache::Segments::make(zone_.account(), 0, true), .slicing = slicing}, true);
    manifest->end(true);
    refusal_ = zone_.store(*growth_.fill(), key_, manifest);
    is_stored_ = refusal_ == cache::Refusal::none;
    growth_.begin(std::move(manifest), is_stored_);
    if (!is_stored_) {
        note_refusal(refusal_);
        zone_.close(*growth_.fill());
    }
    change_to_slice(slicing, octets);
    refusal_ = cache::Refusal::none;
    return Good::to_send;
}

// Slices on a disk outlive the process that drew the number: two versions have different ones also where random numbers repeat, as in two
// machines that were made from one image.
std::uint64_t Intake::draw_id(std::uint64_t complete) const {
    const auto validators = cache::read_validators(exchange_.response_.fields, wall_now());
    const auto drawn = exchange_.lane_.worker().random().next();
    return cache::hash_of(validators.etag, cache::hash_of(validators.last_modified, cache::hash_of(key_, drawn + complete)));
}

// Whoever hears of the manifest must find the slice's fetch under way.
void Intake::change_to_slice(const cache::Slicing& slicing, std::uint64_t octets) {
    cache::SliceKeyRoom room;
    auto& arena = exchange_.arena_;
    const auto key = arena.copy(cache::write_slice_key(slicing, slice_, room));
    const cache::Lookup lookup{.key = key, .hash = zone_.hash_of(key), .fields = &exchange_.request_.fields, .arena = &arena};
    auto joined = zone_.join(lookup, 0);
    decide(exchange_.response_.status);
    growth_.follow(std::move(joined.fill));
    key_ = key;
    known_ = {};
    auto& response = exchange_.response_;
    response.fields.clear();
    response.status = 206;
    response.content_length = octets;
}

void Intake::keep_slice() {
    if (manifest_ && is_stored_) zone_.keep_slice(*growth_.entry(), *manifest_, {.key = key_, .hash = growth_.fill()->hash()});
}

// An answer of something else puts an end to the manifest, so that nobody ever gets parts of two things.
Intake::Good Intake::judge_missing_slice() {
    auto& response = exchange_.response_;
    const auto now = wall_now();
    if (!cache::is_slice_of(manifest_->validators(), *manifest_->length(), wanted_range(), response, now)) {
        const bool has_changed = cache::tells_of_change(response.status);
        if (has_changed) zone_.remove(*manifest_, manifest_hash_);
        release(response.status, has_changed ? cache::Refusal::changed : cache::Refusal::slice_refused);
        return Good::for_nothing;
    }
    refusal_ = why_not(response);
    response.fields.clear();
    return Good::to_send;
}

}  // namespace weir::proxy
