#include "proxy/parent_words.h"

#include "upstream/balance_hash.h"
#include "upstream/group.h"
#include "upstream/hash_order.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kNamedMax = 3;
constexpr std::string_view kByKey = "$cache_key";

std::vector<std::string> order_of(const Snapshot& snapshot, const ParentPlan& parent, std::uint64_t hash) {
    if (snapshot.groups.empty()) return upstream::hash_order(snapshot.group_options[parent.group], hash, kNamedMax);
    return upstream::hash_order(snapshot.groups[parent.group]->peers(), hash, kNamedMax);
}

}  // namespace

std::string words_of_parent(const Snapshot& snapshot, const ParentPlan& parent, std::string_view key) {
    const auto& group = snapshot.group_options[parent.group];
    auto text = group.name + ": ";
    std::string one_line(key);
    for (auto& c : one_line)
        if (c == '\n') c = ' ';  // as the variable is evaluated
    const auto order = group.balance.key == kByKey ? order_of(snapshot, parent, upstream::hash_key(one_line)) : std::vector<std::string>{};
    if (order.empty()) text += "one of " + std::to_string(group.servers.size()) + " by hash of " + group.balance.key;
    for (std::size_t i = 0; i < order.size(); ++i) text += i == 0 ? order[i] + " by its key" : ", then " + order[i];
    return text + (parent.may_be_passed ? "; else the origin" : "");
}

}  // namespace weir::proxy
