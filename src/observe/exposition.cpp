#include "observe/exposition.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/escape.h"

namespace weir::observe {
namespace {

// One label value that is no UTF-8 would make Prometheus refuse the whole answer.
void append_label_value(std::string_view value, std::string& out) {
    const bool is_utf8 = is_valid_utf8(value);
    for (const char octet : value) {
        if (octet == '\\' || octet == '"') (out += '\\') += octet;
        else if (octet == '\n') out += "\\n";
        else out += is_utf8 || static_cast<unsigned char>(octet) < 0x80 ? octet : '?';
    }
}

void append_help(std::string_view help, std::string& out) {
    for (const char octet : help) {
        if (octet == '\\') out += "\\\\";
        else if (octet == '\n') out += "\\n";
        else out += octet;
    }
}

template <class Number>
void append_number(Number value, std::string& out) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
}

std::string_view name_of(Exposition::Type type) {
    switch (type) {
        case Exposition::Type::counter: return "counter";
        case Exposition::Type::gauge: return "gauge";
        case Exposition::Type::histogram: return "histogram";
    }
    return "untyped";
}

}  // namespace

void Exposition::family(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    ((text_ += "# HELP ") += name) += ' ';
    append_help(help, text_);
    (((text_ += "\n# TYPE ") += name) += ' ') += name_of(type);
    text_ += '\n';
}

void Exposition::start_line(std::string_view suffix, Labels labels, std::string_view bound) {
    (text_ += name_) += suffix;
    char opening = '{';
    const auto put_label = [&](std::string_view name, std::string_view value) {
        ((text_ += std::exchange(opening, ',')) += name) += "=\"";
        append_label_value(value, text_);
        text_ += '"';
    };
    for (const auto& label : labels) put_label(label.name, label.value);
    if (!bound.empty()) put_label("le", bound);
    text_ += opening == ',' ? "} " : " ";
}

void Exposition::sample(Labels labels, std::uint64_t value) {
    start_line("", labels);
    append_number(value, text_);
    text_ += '\n';
}

void Exposition::sample(Labels labels, std::int64_t value) {
    start_line("", labels);
    append_number(value, text_);
    text_ += '\n';
}

void Exposition::sample(Labels labels, double value) {
    start_line("", labels);
    if (std::isfinite(value)) append_number(value, text_);
    else text_ += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    text_ += '\n';
}

void Exposition::histogram(Labels labels, const HistogramTotal& total) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= kBucketBounds; ++i) {
        below += total.buckets[i];
        start_line("_bucket", labels, i < kBucketBounds ? kBucketNames[i] : "+Inf");
        append_number(below, text_);
        text_ += '\n';
    }
    start_line("_sum", labels);
    append_number(static_cast<double>(total.nanoseconds) / 1e9, text_);
    text_ += '\n';
    start_line("_count", labels);
    append_number(below, text_);
    text_ += '\n';
}

}  // namespace weir::observe
