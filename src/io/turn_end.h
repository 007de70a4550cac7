// TurnEnd: gathers what is made in a turn and gives it out once, before the worker waits: the frames of all streams of a connection in one
// write. Thread: the worker's. It may be destroyed while it is due, and by its own call.
#pragma once

namespace weir::io {

struct TurnLink {
    TurnLink* before = nullptr;
    TurnLink* after = nullptr;
};

class TurnEnd : private TurnLink {
public:
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;
    bool is_due() const { return before != nullptr; }

protected:
    TurnEnd() = default;
    ~TurnEnd() { leave(); }
    virtual void on_turn_end() = 0;

private:
    friend class TurnEnds;
    void leave() {
        if (before == nullptr) return;
        before->after = after;
        after->before = before;
        before = after = nullptr;
    }
};

// Those of one worker that are due.
class TurnEnds {
public:
    TurnEnds() { due_.before = due_.after = &due_; }
    TurnEnds(const TurnEnds&) = delete;
    TurnEnds& operator=(const TurnEnds&) = delete;
    ~TurnEnds() {
        while (!empty()) first().leave();
    }

    bool empty() const { return due_.after == &due_; }
    // Once a turn, however often it is asked for.
    void add(TurnEnd& end) {
        if (end.is_due()) return;
        auto& link = static_cast<TurnLink&>(end);
        link.before = due_.before;
        link.after = &due_;
        due_.before->after = &link;
        due_.before = &link;
    }
    // Those that are due now; what becomes due meanwhile waits for the next turn.
    void call() {
        if (empty()) return;
        TurnEnds now;
        now.due_ = due_;
        now.due_.after->before = now.due_.before->after = &now.due_;
        due_.before = due_.after = &due_;
        while (!now.empty()) {
            auto& end = now.first();
            end.leave();
            end.on_turn_end();
        }
    }

private:
    TurnEnd& first() { return static_cast<TurnEnd&>(*due_.after); }
    TurnLink due_;
};

}  // namespace weir::io
