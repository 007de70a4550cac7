#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kJitStackMin = 32 * 1024;
constexpr std::size_t kJitStackMax = 256 * 1024;
constexpr std::uint32_t kHeapKibMax = 256;  // of the interpreter, which runs only where the system allows no JIT

// What a thread needs to match: made at its first match, gone with the thread.
struct MatchMemory {
    MatchMemory()
        : captures(pcre2_match_data_create(Regex::kCapturesMax, nullptr)),
          limits(pcre2_match_context_create(nullptr)),
          stack(pcre2_jit_stack_create(kJitStackMin, kJitStackMax, nullptr)) {
        pcre2_set_match_limit(limits, Regex::kMatchStepsMax);
        pcre2_set_heap_limit(limits, kHeapKibMax);
        if (stack != nullptr) pcre2_jit_stack_assign(limits, nullptr, stack);
    }
    MatchMemory(const MatchMemory&) = delete;
    MatchMemory& operator=(const MatchMemory&) = delete;
    ~MatchMemory() {
        pcre2_match_data_free(captures);
        pcre2_match_context_free(limits);
        if (stack != nullptr) pcre2_jit_stack_free(stack);
    }

    pcre2_match_data* captures;
    pcre2_match_context* limits;
    pcre2_jit_stack* stack;
};

MatchMemory& match_memory() {
    thread_local MatchMemory memory;
    return memory;
}

// PCRE2_DOLLAR_ENDONLY: '$' must not accept a line feed before the end, a classic way around a filter.
constexpr std::uint32_t kOptions = PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;

std::string message_of(int code) {
    PCRE2_UCHAR buffer[256];
    const auto octets = pcre2_get_error_message(code, buffer, sizeof buffer);
    return octets < 0 ? "invalid pattern" : std::string(reinterpret_cast<const char*>(buffer), static_cast<std::size_t>(octets));
}

}  // namespace

struct Regex::Code {
    explicit Code(pcre2_code* c) : compiled(c) {}
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    ~Code() { pcre2_code_free(compiled); }

    pcre2_code* compiled;
    std::uint32_t groups = 0;
};

Regex::Regex(std::string pattern, std::unique_ptr<Code> code) : pattern_(std::move(pattern)), code_(std::move(code)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

std::expected<Regex, Regex::Fault> Regex::compile(std::string_view pattern, bool ignores_case) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    const auto options = kOptions | (ignores_case ? PCRE2_CASELESS : 0U);
    auto* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &offset, nullptr);
    if (compiled == nullptr) return std::unexpected(Fault{.offset = std::min(offset, pattern.size()), .message = message_of(error)});
    auto code = std::make_unique<Code>(compiled);
    // Where the system forbids writable code (a hardened kernel) the interpreter serves, more slowly.
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
    pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &code->groups);
    return Regex(std::string(pattern), std::move(code));
}

bool Regex::matches(std::string_view subject) const { return match(subject, {}) != 0; }

std::size_t Regex::groups() const { return code_->groups; }

std::size_t Regex::match(std::string_view subject, std::span<std::string_view> captures) const {
    auto& memory = match_memory();
    const char* text = subject.data() == nullptr ? "" : subject.data();
    const auto found =
        pcre2_match(code_->compiled, reinterpret_cast<PCRE2_SPTR>(text), subject.size(), 0, 0, memory.captures, memory.limits);
    if (found < 0) return 0;                                                         // no match, or a limit was met
    const auto count = found == 0 ? kCapturesMax : static_cast<std::size_t>(found);  // 0: more groups than there is room for
    const auto* ends = pcre2_get_ovector_pointer(memory.captures);
    for (std::size_t i = 0; i < captures.size(); ++i) {
        // \K in a lookahead can put the start behind the end: such a capture is empty.
        const bool is_set = i < count && ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1];
        captures[i] = is_set ? std::string_view(text + ends[2 * i], ends[2 * i + 1] - ends[2 * i]) : std::string_view{};
    }
    return count;
}

}  // namespace weir
