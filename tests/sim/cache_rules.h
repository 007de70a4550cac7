// RFC 9111 read a second time, the naive way: which stored answers a shared cache may send, by text, lists and seconds. The oracle of
// worlds with a cache. It shares no code with src/cache, looks at one answer and one request, and is in no hurry.
#pragma once

#include <map>
#include <string>

namespace weir::sim {

using Lines = std::map<std::string, std::string>;  // names in lower case; several values joined by ", "

// An answer of the origin, with the request that it was given to. After a validation its fields and times are those of the newer answer.
struct Kept {
    Lines request;
    int status = 200;
    Lines fields;
    double asked = 0, received = 0;  // seconds since 1970
    bool is_invalid = false;         // an unsafe request to its URI has succeeded since
};

struct Wanted {
    Lines fields;
    double at = 0;
    bool origin_fails = false;  // it cannot be reached, or answers 500, 502, 503 or 504
};

// What the operator allows beyond the messages, in seconds.
struct Allowed {
    double while_revalidate = 0, if_error = 0, keep_serving = 0;
    bool stores_cookies = false;
};

// Why it may not be stored at all; empty: it may.
std::string forbids_storing(const Kept& kept, const Allowed& allowed);
// Why this request does not select it; empty: it does.
std::string forbids_selection(const Kept& kept, const Wanted& wanted);
// Why it may not be sent without asking the origin; empty: it may.
std::string forbids_sending(const Kept& kept, const Wanted& wanted, const Allowed& allowed);

double age_of(const Kept& kept, double at);
double lifetime_of(const Kept& kept);

}  // namespace weir::sim
