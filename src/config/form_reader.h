// Reads the words of a directive along one form.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/form.h"
#include "config/literal.h"
#include "config/tree.h"

namespace weir::config {

// A word and its role: the placeholder's name ("TIME"), or "" for a keyword; that of an option with the option's keyword.
struct Argument {
    std::string_view role;
    std::string_view option;
    std::uint32_t word = 0;  // index into Node::args
};

// Why a form does not fit, and how far it did.
struct Misfit {
    std::size_t at = 0;                          // index of the word; the number of words when one is missing
    std::optional<Slip> slip;                    // of a value; otherwise a keyword, a missing or a needless word
    std::vector<std::string_view> expected;      // keywords, and placeholders where a word is missing, that could have stood there
    std::vector<std::string_view> options = {};  // behind a list of values: the options that could follow
};

class FormReader {
public:
    FormReader(const Form& form, const std::vector<Word>& words, std::vector<Argument>& out) : form_(form), words_(words), out_(out) {}

    // Fills `out`; what does not fit, if anything.
    std::optional<Misfit> read();

private:
    bool is_at_option() const { return form_.option(words_[at_].text) != nullptr; }
    std::size_t required_after(std::size_t slot) const;
    std::size_t words_before_options() const;
    std::optional<Misfit> read_slot(std::size_t index);
    std::optional<Misfit> read_option();
    std::optional<Misfit> take(const Slot& slot, std::string_view option);

    const Form& form_;
    const std::vector<Word>& words_;
    std::vector<Argument>& out_;
    std::size_t at_ = 0;
};

}  // namespace weir::config
