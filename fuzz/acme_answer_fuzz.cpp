// What a CA may answer: every reader takes or refuses it, and what was taken is within its limits and cannot end a line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "acme/answers.h"
#include "acme/encoding.h"
#include "acme/json.h"

namespace {

using namespace weir::acme;

void require(bool holds) {
    if (!holds) std::abort();
}

void require_line(std::string_view text) {
    require(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

void require_url(std::string_view url) {
    require_line(url);
    require(url.size() <= kUrlOctetsMax && !url.contains(' '));
}

void read_objects(std::string_view input) {
    if (const auto problem = read_problem(input)) {
        require_line(problem->text());
        require(problem->subproblems.size() <= kSubproblemsMax);
    }
    if (const auto directory = read_directory(input))
        for (const auto& url : {directory->new_nonce, directory->new_account, directory->new_order, directory->renewal_info})
            require_url(url);
    if (const auto order = read_order(input)) {
        require(order->authorizations.size() <= kAuthorizationsMax);
        for (const auto& url : order->authorizations) require_url(url);
        require_url(order->finalize);
        require_url(order->certificate);
    }
    if (const auto authorization = read_authorization(input)) {
        require(authorization->challenges.size() <= kChallengesMax);
        for (const auto& challenge : authorization->challenges) {
            require_url(challenge.url);
            require(challenge.token.empty() || is_base64url(challenge.token));
        }
    }
    if (const auto window = read_renewal_info(input)) require(window->start < window->end);
    (void)read_account(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(octets), size);
    read_objects(input);
    require_url(link_of(input, "up"));
    (void)retry_after_of(input, {});
    if (const auto time = parse_time(input)) require(parse_time(time_text(*time)).has_value());
    if (const auto plain = parse_base64url(input)) require(base64url(*plain) == input);
    // What is written as a JSON text is read as one.
    require(Json::parse(json_string(input.substr(0, 1000))).has_value());
    return 0;
}
