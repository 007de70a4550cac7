// Growth: the body of an entry while it comes. A pump puts it here; whoever follows the entry's fill reads it. It is kept as long as the
// zone has room for it; else it flows through to those who read it already, in bounded memory, and goes behind the slowest. Owner: who
// brings the octets. Thread: the worker's, which is the fill's home.
#pragma once

#include "cache/fill.h"
#include "cache/zone.h"
#include "http/stream.h"
#include "io/event.h"

namespace weir::proxy {

class Lane;

class Growth final : public http::Sender, private cache::Fill::Watcher {
public:
    static constexpr std::size_t kWindow = 256 * 1024;  // so much of what is not kept may wait

    class Owner {
    public:
        // There is no room for all of it: from now on nobody may find it who has not begun with it.
        virtual void keep_no_more() = 0;
        // Readers have gone, or have taken octets.
        virtual void readers_moved() {}

    protected:
        ~Owner() = default;
    };
    Growth(Lane& lane, cache::Zone& zone, Owner& owner) : lane_(lane), zone_(zone), owner_(owner) {}
    Growth(const Growth&) = delete;
    Growth& operator=(const Growth&) = delete;
    ~Growth() override;

    // Whose readers it heeds.
    void follow(Ref<cache::Fill> fill);
    const Ref<cache::Fill>& fill() const { return fill_; }
    // From here on it is the body of this entry that grows.
    void begin(Ref<cache::Entry> entry, bool is_kept);
    const Ref<cache::Entry>& entry() const { return entry_; }
    bool is_kept() const { return is_kept_; }
    // What pays for octets that are not kept.
    const Ref<cache::Account>& window();
    // No more octets come. An answer that was cut off is nobody's answer.
    void end(bool is_whole);
    void say();

    Result<> put(std::span<const Piece> pieces, bool is_last, const http::Fields* trailers) override;
    bool is_flushed() const override { return is_kept_ || !window_ || window_->used() <= kWindow; }
    io::Task<Result<>> flush(io::Deadline deadline) override;

private:
    void readers_moved() override;
    void let_go();

    Lane& lane_;
    cache::Zone& zone_;
    Owner& owner_;
    Ref<cache::Fill> fill_;
    Ref<cache::Entry> entry_;
    Ref<cache::Account> window_;
    io::Event moved_;
    bool is_kept_ = false;
    bool is_let_go_ = false;
};

}  // namespace weir::proxy
