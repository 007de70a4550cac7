// Exposition: figures as Prometheus reads them (text exposition format 0.0.4). Families come one after the other; all samples of a
// family stand together, after its HELP and TYPE.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "observe/histogram.h"

namespace weir::observe {

class Exposition {
public:
    static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

    enum class Type : std::uint8_t { counter, gauge, histogram };
    struct Label {
        std::string_view name, value;
    };
    using Labels = std::initializer_list<Label>;

    // Begins a family. Names of counters end in _total, units are seconds and bytes.
    void family(std::string_view name, Type type, std::string_view help);
    void sample(Labels labels, std::uint64_t value);
    void sample(Labels labels, std::int64_t value);
    void sample(Labels labels, double value);
    void histogram(Labels labels, const HistogramTotal& total);

    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

private:
    void start_line(std::string_view suffix, Labels labels, std::string_view bound = {});

    std::string text_;
    std::string name_;
};

}  // namespace weir::observe
