#include "cache/encoded_forms.h"

#include <utility>

#include "base/spin_lock.h"
#include "cache/entry.h"

namespace weir::cache {

struct EncodedForms::Slots {
    explicit Slots(const Ref<Account>& of) : account(of) { account->take(footprint(sizeof *this)); }
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;
    ~Slots() { account->give(footprint(sizeof *this)); }
    Form& of(http::Coding coding) { return forms[static_cast<std::size_t>(coding) - 1]; }

    Ref<Account> account;
    SpinLock lock;
    Form forms[http::kCodings - 1];  // identity has none
};

EncodedForms::~EncodedForms() { delete slots_.load(std::memory_order_relaxed); }

EncodedForms::Form EncodedForms::find(http::Coding coding) const {
    auto* const slots = slots_.load(std::memory_order_acquire);
    if (slots == nullptr || coding == http::Coding::identity) return {};
    const Spinning spinning(slots->lock);
    const auto& form = slots->of(coding);
    if (!form.entry || form.entry->state() == Entry::State::broken) return {};
    return form;
}

bool EncodedForms::put(http::Coding coding, const Form& form, const Ref<Account>& account) {
    auto* slots = slots_.load(std::memory_order_acquire);
    if (slots == nullptr) {
        auto* const fresh = new Slots(account);
        if (slots_.compare_exchange_strong(slots, fresh, std::memory_order_acq_rel)) slots = fresh;
        else delete fresh;
    }
    Form before;  // ends outside of the lock
    const Spinning spinning(slots->lock);
    auto& slot = slots->of(coding);
    if (slot.entry && slot.entry->state() != Entry::State::broken) return false;
    before = std::exchange(slot, form);
    return true;
}

void EncodedForms::end(http::Coding coding, const Entry& form) {
    if (form.state() == Entry::State::broken) return remove(coding, form);
    auto& slots = *slots_.load(std::memory_order_acquire);
    Ref<Fill> before;
    const Spinning spinning(slots.lock);
    if (slots.of(coding).entry.raw() == &form) std::swap(before, slots.of(coding).fill);
}

void EncodedForms::remove(http::Coding coding, const Entry& form) {
    auto& slots = *slots_.load(std::memory_order_acquire);
    Form before;
    const Spinning spinning(slots.lock);
    if (slots.of(coding).entry.raw() == &form) std::swap(before, slots.of(coding));
}

}  // namespace weir::cache
