// EncodedForms: what a stored answer is in content codings, each made once for all who want it. They hang on the entry that they were made
// of and are in no index: when it is replaced, purged, made invalid or evicted, so are they, and a fresh entry has fresh forms. A form is
// an entry of its own, whose body may still be growing. Any thread.
#pragma once

#include <atomic>

#include "base/ref.h"
#include "cache/account.h"
#include "http/coding.h"

namespace weir::cache {

class Entry;
class Fill;

class EncodedForms {
public:
    struct Form {
        Ref<Entry> entry;
        Ref<Fill> fill;  // while it is filling: who wants to follow
    };

    EncodedForms() = default;
    EncodedForms(const EncodedForms&) = delete;
    EncodedForms& operator=(const EncodedForms&) = delete;
    ~EncodedForms();

    // Empty when there is none, or when it has just broken off.
    Form find(http::Coding coding) const;
    // False: somebody was quicker.
    bool put(http::Coding coding, const Form& form, const Ref<Account>& account);
    // The maker's. Its body is whole, or broken: then it goes.
    void end(http::Coding coding, const Entry& form);
    // Nobody finds it any more.
    void remove(http::Coding coding, const Entry& form);

private:
    struct Slots;
    std::atomic<Slots*> slots_{nullptr};  // of the few that have any
};

}  // namespace weir::cache
