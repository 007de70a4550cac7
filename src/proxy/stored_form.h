// StoredForm: in which content coding a stored entry goes to a client. The form that others have asked for already, a new one that is made
// for all, or, of what is only passed on, one for this client alone. Owner: the walk's send(). Thread: the worker's.
#pragma once

#include <optional>

#include "cache/zone.h"
#include "filter/compress.h"
#include "proxy/compressed_body.h"

namespace weir::proxy {

class Exchange;

class StoredForm {
public:
    StoredForm(Exchange& exchange, cache::Zone& zone) : exchange_(exchange), zone_(zone) {}

    // The usual hit: of an entry that is whole, when its form is there and whole, too, or there is to be none. Then `entry` is what goes
    // out, and its head is in the exchange's response. False: nothing was done.
    static bool write_head_at_once(Exchange& exchange, const filter::AcceptedCodings& accepted, Ref<cache::Entry>& entry);
    // Afterwards `entry` and `follower` are those of the form, when it is one that is stored.
    void choose(const filter::AcceptedCodings& accepted, Ref<cache::Entry>& entry, cache::Follower*& follower);
    // The response holds the entry's head.
    void edit_head(http::Response& response) const;
    // What goes out of the entry's body.
    http::Body& body_of(http::Body& body);

private:
    void choose_new(const filter::Compress::Offer& offer, Ref<cache::Entry>& entry, cache::Follower*& follower);
    void make(filter::Compressor compressor, Ref<cache::Entry>& entry, cache::Follower*& follower);
    void take(const cache::EncodedForms::Form& form, Ref<cache::Entry>& entry, cache::Follower*& follower);
    filter::Compressor compressor_for(const filter::Compress::Offer& offer, const cache::Entry& entry) const;

    Exchange& exchange_;
    cache::Zone& zone_;
    http::Coding coding_ = http::Coding::identity;
    bool edits_head_ = false;  // the entry's head is that of the identity, what goes out is encoded
    bool varies_ = false;      // another client might have got it encoded
    filter::Compressor compressor_;
    std::optional<cache::Follower> follower_;
    std::optional<CompressedBody> flowing_;
};

// What the origin is asked for on behalf of a store that compresses: plain answers, or what clients take in one of few spellings, so that
// their habits do not make variants. Ends with the walk, or before the request goes to the origin for its client alone.
class AskedCodings {
public:
    explicit AskedCodings(http::Request& request, const filter::Compress* options);
    AskedCodings(const AskedCodings&) = delete;
    AskedCodings& operator=(const AskedCodings&) = delete;
    ~AskedCodings() { give_back(); }

    const filter::AcceptedCodings& accepted() const { return accepted_; }
    void give_back();

private:
    http::Request& request_;
    filter::AcceptedCodings accepted_;
    std::string_view said_;  // by the client
    bool was_said_ = false;
    bool is_changed_ = false;
};

// A 304 has renewed an entry: its octets are the same, and so are those of its forms.
void carry_forms(const cache::Entry& from, cache::Entry& to, const filter::Compress& options, const Ref<cache::Account>& account);

}  // namespace weir::proxy
