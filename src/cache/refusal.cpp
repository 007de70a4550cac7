#include "cache/refusal.h"

namespace weir::cache {

std::string_view word_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return "none";
        case Refusal::method: return "method";
        case Refusal::head: return "head";
        case Refusal::request_body: return "request_body";
        case Refusal::precondition: return "precondition";
        case Refusal::upgrade: return "upgrade";
        case Refusal::bypass: return "bypass";
        case Refusal::key: return "key";
        case Refusal::request_no_store: return "request_no_store";
        case Refusal::authorization: return "authorization";
        case Refusal::range: return "range";
        case Refusal::min_uses: return "min_uses";
        case Refusal::hit_for_miss: return "hit_for_miss";
        case Refusal::beside: return "beside";
        case Refusal::status: return "status";
        case Refusal::status_not_understood: return "status_not_understood";
        case Refusal::no_store: return "no_store";
        case Refusal::is_private: return "private";
        case Refusal::set_cookie: return "set_cookie";
        case Refusal::vary_any: return "vary_any";
        case Refusal::vary_client: return "vary_client";
        case Refusal::vary_too_much: return "vary_too_much";
        case Refusal::type: return "type";
        case Refusal::partial: return "partial";
        case Refusal::no_lifetime: return "no_lifetime";
        case Refusal::too_large: return "too_large";
        case Refusal::crowded: return "crowded";
        case Refusal::purged: return "purged";
        case Refusal::changed: return "changed";
        case Refusal::slice_refused: return "slice_refused";
        case Refusal::origin_failure: return "origin_failure";
        case Refusal::cut_off: return "cut_off";
        case Refusal::no_answer: return "no_answer";
        case Refusal::count_: break;
    }
    return "unknown";
}

std::string_view explain(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return "nothing stands against it";
        case Refusal::method: return "the method is neither GET nor HEAD";
        case Refusal::head: return "an answer to HEAD has nothing to store";
        case Refusal::request_body: return "the request has a body, which is in no key";
        case Refusal::precondition: return "If-Match and If-Unmodified-Since are for the origin to decide";
        case Refusal::upgrade: return "the request asks for another protocol";
        case Refusal::bypass: return "the request has what 'bypass' names";
        case Refusal::key: return "the key would be too long";
        case Refusal::request_no_store: return "the request says no-store";
        case Refusal::authorization:
            return "the request has Authorization, and the answer says neither public, s-maxage nor must-revalidate";
        case Refusal::range: return "a part from the middle was asked for, and nothing is stored in slices here";
        case Refusal::min_uses: return "it has not been asked for as often as 'min_uses' wants";
        case Refusal::hit_for_miss: return "an answer to the like could not be stored a moment ago";
        case Refusal::beside: return "another fetch of it was under way that was of no use to the request";
        case Refusal::status: return "answers with this status are not stored, or not without a lifetime of their own";
        case Refusal::status_not_understood: return "the answer says must-understand, and its status is unknown";
        case Refusal::no_store: return "the answer says no-store";
        case Refusal::is_private: return "the answer says private";
        case Refusal::set_cookie: return "the answer sets a cookie";
        case Refusal::vary_any: return "the answer says 'Vary: *'";
        case Refusal::vary_client: return "Vary names a field that is of one client alone (X-Forwarded-For, X-Request-Id …)";
        case Refusal::vary_too_much: return "Vary is malformed or names too many fields";
        case Refusal::type: return "the Content-Type is not what the extension of the path promises (type_check)";
        case Refusal::partial: return "a part came that nobody asked for, or that can't be placed";
        case Refusal::no_lifetime: return "the answer is never fresh and has no validator";
        case Refusal::too_large: return "the answer is larger than what the cache takes (object max)";
        case Refusal::crowded: return "there was no room, and nothing could leave: all of it is being sent";
        case Refusal::purged: return "it was purged while it was fetched";
        case Refusal::changed: return "the origin has another version than the one whose slices are stored";
        case Refusal::slice_refused: return "the origin did not give the slice that is missing";
        case Refusal::origin_failure: return "the origin fails, and what is stored may stand in for it";
        case Refusal::cut_off: return "the answer broke off";
        case Refusal::no_answer: return "the origin did not answer, or nobody waited for it any more";
        case Refusal::count_: break;
    }
    return "";
}

bool is_lasting(Refusal refusal) { return refusal != Refusal::purged && refusal != Refusal::crowded; }

}  // namespace weir::cache
