#include "config/resolve.h"

#include <algorithm>

#include "config/merge.h"
#include "config/phrase.h"

namespace weir::config {

bool is_inherited(const Directive& directive) {
    const bool is_structure = directive.stage == Stage::share || directive.stage == Stage::match || directive.stage == Stage::name ||
                              directive.stage == Stage::route;
    return includes(directive.stands_in, kTraffic) && !is_structure;
}

bool is_of_sites(const Directive& directive) { return is_inherited(directive) && !includes(directive.stands_in, BlockKind::route); }

InEffect of_routes(InEffect items) {
    std::erase_if(items, [](const Item* item) { return is_of_sites(*item->directive); });
    return items;
}

const Item* Resolved::find(std::string_view name) const {
    for (const auto& item : items)
        if (item.name() == name) return &item;
    return nullptr;
}

namespace {

using ByName = std::map<std::string_view, const Item*>;

constexpr std::size_t kNestingMax = 64;  // policies that use policies, upstreams like upstreams: the stack has an end

class Resolver {
public:
    Resolver(Resolved& resolved, const Sources& sources, Diagnostics& diagnostics)
        : resolved_(resolved), sources_(sources), diagnostics_(diagnostics), merger_(resolved.made) {}

    void run() {
        collect("policy", "NAME", policies_);
        collect("upstream", "NAME", upstreams_);
        for (const auto& item : resolved_.items)
            if (is_inherited(*item.directive)) resolved_.shared.push_back(&item);
        for (const auto& [name, item] : policies_) policy(*item);  // faults of policies that nobody uses, too
        for (const auto& item : resolved_.items) {
            if (item.name() == "upstream") resolved_.upstreams.push_back({.upstream = &item, .items = upstream(item)});
            if (item.name() == "site") site(item);
        }
    }

private:
    void collect(std::string_view directive, std::string_view role, ByName& into) {
        for (const auto& item : resolved_.items) {
            if (item.name() != directive) continue;
            const auto [at, is_new] = into.emplace(item.text(role), &item);
            if (!is_new)
                diagnostics_.error(item.find(role)->spot, concat({"the ", directive, " ", in_quotes(at->first), " is given twice"}),
                                   concat({"the first is at ", place(*at->second)}));
        }
    }

    std::string place(const Item& item) const { return sources_.place(item.spot()).text(); }

    void site(const Item& item) {
        const auto all = inside(item, resolved_.shared);
        ResolvedSite site{.site = &item, .items = of_routes(all), .own_items = {}, .says_tls = false, .routes = {}};
        std::ranges::copy_if(all, std::back_inserter(site.own_items), [](const Item* in) { return is_of_sites(*in->directive); });
        site.says_tls = std::ranges::any_of(site.own_items, [&](const Item* in) { return in->name() == "tls" && has_own_part(*in); });
        for (const auto& child : item.children)
            if (child.name() == "route") site.routes.push_back({.route = &child, .items = inside(child, site.items)});
        const bool answers = std::ranges::any_of(site.items, [](const Item* in) { return in->directive->group == "answer"; });
        const bool is_covered = std::ranges::any_of(site.routes, takes_everything);
        if (answers && !is_covered) site.routes.push_back({.route = nullptr, .items = site.items});
        require_answers(site);
        resolved_.sites.push_back(std::move(site));
    }

    // Of a block that was put together: was any of it said below the top level?
    bool has_own_part(const Item& block) const {
        const auto is_outer = [&](const Item& part) {
            return std::ranges::any_of(resolved_.shared, [&](const Item* outer) {
                return outer->directive == block.directive &&
                       std::ranges::find(outer->children, part.node, &Item::node) != outer->children.end();
            });
        };
        return !std::ranges::all_of(block.children, is_outer);
    }

    // Behind such a route the site's own directives answer nothing: they only are what its routes take over.
    static bool takes_everything(const ResolvedRoute& route) {
        const auto patterns = route.route->all("PATTERN");
        const bool is_any = std::ranges::any_of(patterns, [](const Word* word) { return word->text == "/*" || word->text == "*"; });
        return is_any && route.route->child("when") == nullptr;
    }

    void require_answers(const ResolvedSite& site) {
        const auto hint = "expected proxy, respond or redirect";
        if (!site.site->is_whole) return;  // what answers may be among what was dropped
        if (site.routes.empty()) diagnostics_.error(site.site->node->spot(), "this site answers nothing", hint);
        for (const auto& [route, items] : site.routes) {
            const bool answers = std::ranges::any_of(items, [](const Item* in) { return in->directive->group == "answer"; });
            if (!answers && route->is_whole)
                diagnostics_.error(route->node->spot(), "this route answers nothing", concat({hint, ", here or in its site"}));
        }
    }

    // What is in effect in a site or a route: what it takes over, less its resets, then its policies, then what it says itself.
    InEffect inside(const Item& block, InEffect outer) {
        const auto own = written_in(block);
        apply_resets(own, outer);
        return merger_.add(merger_.add(std::move(outer), policies_of(block)), inherited_of(own));
    }

    void apply_resets(const InEffect& own, InEffect& items) {
        for (const auto* item : own) {
            if (item->name() != "reset") continue;
            check_reset(*item);
            items = without(items, *item);
        }
    }

    static InEffect written_in(const Item& block) {
        InEffect out;
        for (const auto& child : block.children) out.push_back(&child);
        return out;
    }

    static InEffect inherited_of(const InEffect& items) {
        InEffect out;
        std::ranges::copy_if(items, std::back_inserter(out), [](const Item* item) { return is_inherited(*item->directive); });
        return out;
    }

    void check_reset(const Item& reset) {
        for (const auto* word : reset.all("DIRECTIVE")) {
            const auto* directive = schema().find(reset.context == BlockKind::route ? BlockKind::route : BlockKind::site, word->text);
            if (directive != nullptr && is_inherited(*directive)) continue;
            std::vector<std::string_view> known;
            for (const auto& entry : schema().entries())
                if (is_inherited(*entry.directive)) known.push_back(entry.directive->name);
            const auto near = did_you_mean(word->text, known);
            diagnostics_.error(word->spot, concat({"nothing is taken over of ", in_quotes(word->text)}),
                               near.empty() ? concat({"expected ", any_of(known)}) : near);
        }
    }

    // The policies that a block uses, in their order. Two that differ need a word of the block itself.
    InEffect policies_of(const Item& block) {
        InEffect out;
        const Item* first = nullptr;
        for (const auto& child : block.children) {
            if (child.name() != "use") continue;
            auto items = use(child);
            if (first != nullptr) refuse_conflicts(block, out, items, child);
            out = merger_.add(std::move(out), items);
            first = &child;
        }
        return out;
    }

    void refuse_conflicts(const Item& block, const InEffect& before, const InEffect& items, const Item& use) {
        for (const auto* item : items) {
            const auto* rival = rival_in(before, *item);
            if (rival == nullptr || says_the_same(*rival, *item) || rival_in(written_in(block), *item) != nullptr) continue;
            diagnostics_.error(use.find("POLICY")->spot, concat({"policies differ in ", in_quotes(item->name())}),
                               concat({place(*rival), " and ", place(*item), "; say it here to decide"}));
        }
    }

    InEffect use(const Item& use) {
        const auto* word = use.find("POLICY");
        const auto found = policies_.find(word->text);
        InEffect items;
        if (found == policies_.end()) unknown("policy", *word, policies_);
        else items = policy(*found->second);
        const auto own = written_in(use);
        apply_resets(own, items);
        return merger_.add(merger_.add(std::move(items), policies_of(use)), inherited_of(own));
    }

    InEffect policy(const Item& policy) {
        if (std::ranges::find(open_, &policy) != open_.end()) {
            diagnostics_.error(policy.spot(), concat({"the policy ", in_quotes(policy.text("NAME")), " uses itself"}),
                               "take one 'use' away");
            return {};
        }
        if (const auto done = done_.find(&policy); done != done_.end()) return done->second;
        if (is_too_deep(policy, "policies use each other too deeply")) return {};
        open_.push_back(&policy);
        auto items = merger_.add(policies_of(policy), inherited_of(written_in(policy)));
        open_.pop_back();
        return done_[&policy] = std::move(items);
    }

    bool is_too_deep(const Item& item, std::string_view message) {
        if (open_.size() < kNestingMax) return false;
        diagnostics_.error(item.spot(), std::string(message), concat({"at most ", std::to_string(kNestingMax), " deep"}));
        return true;
    }

    void unknown(std::string_view what, const Word& word, const ByName& known) {
        std::vector<std::string_view> names;
        for (const auto& [name, item] : known) names.push_back(name);
        auto hint = did_you_mean(word.text, names);
        if (hint.empty())
            hint = names.empty()        ? concat({"there is no ", what, " at all"})
                   : names.size() <= 10 ? concat({"known are ", any_of(names)})
                                        : "not found";
        diagnostics_.error(word.spot, concat({"no ", what, " is named ", in_quotes(word.text)}), std::move(hint));
    }

    InEffect upstream(const Item& item) {
        if (std::ranges::find(open_, &item) != open_.end()) {
            diagnostics_.error(item.spot(), concat({"the upstream ", in_quotes(item.text("NAME")), " is like itself"}),
                               "take one 'like' away");
            return {};
        }
        if (const auto done = done_.find(&item); done != done_.end()) return done->second;
        if (is_too_deep(item, "upstreams are like each other too deeply")) return {};
        open_.push_back(&item);
        InEffect own;
        for (const auto& child : item.children)
            if (child.name() != "like") own.push_back(&child);
        auto out = merger_.add(model_of(item), own);
        open_.pop_back();
        return done_[&item] = std::move(out);
    }

    // What the upstream named by `like` says, but its servers.
    InEffect model_of(const Item& item) {
        const auto* like = item.child("like");
        if (like == nullptr) return {};
        const auto* word = like->find("UPSTREAM");
        const auto found = upstreams_.find(word->text);
        if (found == upstreams_.end()) return unknown("upstream", *word, upstreams_), InEffect{};
        auto out = upstream(*found->second);
        std::erase_if(out, [](const Item* in) { return in->name() == "server"; });
        return out;
    }

    Resolved& resolved_;
    const Sources& sources_;
    Diagnostics& diagnostics_;
    Merger merger_;
    ByName policies_;
    ByName upstreams_;
    std::vector<const Item*> open_;  // policies and upstreams that are being resolved: against cycles
    std::map<const Item*, InEffect> done_;
};

}  // namespace

Resolved resolve(std::vector<Item> items, const Sources& sources, Diagnostics& diagnostics) {
    Resolved resolved;
    resolved.items = std::move(items);
    Resolver(resolved, sources, diagnostics).run();
    return resolved;
}

}  // namespace weir::config
