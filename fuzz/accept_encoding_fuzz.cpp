// Accept-Encoding. Oracles: weights are within their bounds; refusing a coding behind everything else refuses it; order and white space say
// nothing; what is chosen is taken by the client and offered; a slow and simple reader agrees.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "filter/accept_encoding.h"
#include "http/octets.h"

using namespace weir;
using http::Coding;

namespace {

constexpr Coding kAll[] = {Coding::identity, Coding::gzip, Coding::br, Coding::zstd};
constexpr Coding kOffered[] = {Coding::zstd, Coding::br, Coding::gzip};

void require(bool holds) {
    if (!holds) std::abort();
}

filter::AcceptedCodings read(std::string_view value) {
    Arena arena;
    http::Fields fields(arena);
    fields.add("Accept-Encoding", value);
    return filter::read_accept_encoding(fields);
}

std::vector<std::string> elements_of(std::string_view value) {
    std::vector<std::string> out;
    for_each_token(value, [&](std::string_view one) { out.emplace_back(one); });
    return out;
}

// A weight in thousandths; -1: none.
int naive_weight(const std::string& element) {
    const auto semicolon = element.find(';');
    if (semicolon == std::string::npos) return 1000;
    const auto text = lower(trim(std::string_view(element).substr(semicolon + 1)));
    for (int weight = 0; weight <= 1000; ++weight)
        for (int digits = 0; digits <= 3; ++digits) {
            std::string number = weight == 1000 ? "1" : "0";
            auto rest = std::to_string(1000 + weight % 1000).substr(1);
            if (rest.substr(static_cast<std::size_t>(digits)).find_first_not_of('0') != std::string::npos) continue;
            rest.resize(static_cast<std::size_t>(digits));
            if (text == "q=" + number + "." + rest || (digits == 0 && text == "q=" + number)) return weight;
        }
    return -1;
}

void check_naively(std::string_view value, const filter::AcceptedCodings& accepted) {
    std::map<std::string, int> said;
    const auto elements = elements_of(value);
    if (elements.size() > filter::AcceptedCodings::kElementsMax) return;
    for (const auto& element : elements) {
        auto name = lower(trim(std::string_view(element).substr(0, element.find(';'))));
        if (name == "x-gzip") name = "gzip";
        const int weight = naive_weight(element);
        if (weight < 0) continue;
        const auto [at, is_new] = said.emplace(name, weight);
        if (!is_new) at->second = std::min(at->second, weight);
    }
    for (const auto coding : kAll) {
        const auto found = said.find(std::string(http::name_of(coding)));
        if (found != said.end()) require(accepted.of(coding) == found->second);
        else if (coding == Coding::gzip && said.contains("*")) require(accepted.of(coding) == said["*"]);
        else if (coding == Coding::identity) require(accepted.takes(coding) == !(said.contains("*") && said["*"] == 0));
        else require(!accepted.takes(coding));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string value;
    for (std::size_t i = 0; i < size; ++i)
        if (http::is_octet(static_cast<char>(data[i]), http::kValueOctet)) value += static_cast<char>(data[i]);
    const auto accepted = read(value);
    for (const auto coding : kAll)
        require(accepted.of(coding) <= 1000 || (coding == Coding::identity && accepted.of(coding) == filter::AcceptedCodings::kNotNamed));
    check_naively(value, accepted);
    const auto chosen = filter::preferred(accepted, kOffered);
    require(chosen == Coding::identity || accepted.takes(chosen));
    require(filter::preferred(accepted, {}) == Coding::identity);
    if (elements_of(value).size() >= filter::AcceptedCodings::kElementsMax) return 0;
    for (const auto coding : kAll) require(!read(value + ", " + std::string(http::name_of(coding)) + ";q=0").takes(coding));
    std::string turned;
    for (const auto& element : elements_of(value)) turned = " " + element + " ," + turned;
    require(read(turned).weights == accepted.weights);
    return 0;
}
