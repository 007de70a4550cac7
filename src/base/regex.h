// A compiled PCRE2 pattern with its JIT code: bounded matching, no allocation per match. Matching is safe on any thread; each thread
// has its own match memory. Limits: kMatchStepsMax backtracking steps, after which it counts as no match (ReDoS).
// Octets, not code points: '.' is one octet. '$' is the very end of the subject, never before a last line feed.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weir {

class Regex {
public:
    static constexpr std::uint32_t kMatchStepsMax = 100'000;
    static constexpr std::size_t kCapturesMax = 10;  // $0 … $9

    struct Fault {
        std::size_t offset = 0;
        std::string message;
    };
    static std::expected<Regex, Fault> compile(std::string_view pattern, bool ignores_case = false);

    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;
    ~Regex();

    bool matches(std::string_view subject) const;
    // Fills captures ([0] the whole match) with views into the subject (empty for a group that took no part);
    // returns how many there are, 0 for no match.
    std::size_t match(std::string_view subject, std::span<std::string_view> captures) const;
    // How many groups the pattern has; $1 … up to this many mean something.
    std::size_t groups() const;
    const std::string& pattern() const { return pattern_; }

private:
    struct Code;
    explicit Regex(std::string pattern, std::unique_ptr<Code> code);
    std::string pattern_;
    std::unique_ptr<Code> code_;
};

}  // namespace weir
