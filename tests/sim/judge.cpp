#include "sim/judge.h"

namespace weir::sim {

bool Judge::may_go_wrong(const Script& script) const {
    return !is_calm_ || (script.mood != Mood::good && script.mood != Mood::interim && script.mood != Mood::answers_early);
}

bool Judge::answer(const Script& script, const Message& message) {
    const auto status = message.status();
    if (!message.is_well_formed) fault(script, "framing of " + message.start_line);
    if (!message.is_whole) return broken(script, "cut answer");
    if (status == 200) {
        const auto expected = script.method == "HEAD" ? "" : octets_of(~script.id, script.answer_size);
        if (message.body != expected) fault(script, "a clean answer with wrong octets: " + std::to_string(message.body.size()));
        if (script.mood == Mood::garbles || script.mood == Mood::both_lengths) fault(script, "an ambiguous answer came through as clean");
        if (script.has_trailers && script.method != "HEAD" && !message.trailers.contains("x-checksum")) fault(script, "trailers were lost");
        if (message.has("keep-alive")) fault(script, "a hop-by-hop field came through");
        ++verdicts_.clean;
        return true;
    }
    ++verdicts_.refused;
    if (!may_go_wrong(script)) fault(script, "refused though nothing was wrong: " + message.start_line);
    const bool blames_client = status == 408 && !is_calm_;
    if (status != 502 && status != 503 && status != 504 && !blames_client) fault(script, "a strange refusal: " + message.start_line);
    return true;
}

bool Judge::broken(const Script& script, const std::string& how) {
    ++verdicts_.broken;
    if (!may_go_wrong(script)) fault(script, "broken though nothing was wrong: " + how);
    return false;
}

void Judge::fault(const Script& script, const std::string& what) {
    verdicts_.faults.push_back(script.method + " " + script.target() + ": " + what);
}

}  // namespace weir::sim
