// client - - [time] "GET /path?query HTTP/1.1" 200 1234 "referer" "user agent"
#include "base/escape.h"
#include "http/fields.h"
#include "http/message.h"
#include "observe/line_writer.h"
#include "observe/log_format.h"
#include "observe/masked_url.h"

namespace weir::observe {
namespace {

using http::FieldId;

constexpr std::size_t kFixedOctets = net::kIpTextMax + LogClock::kCombinedOctets + 2 * kNumberOctetsMax + 64 + 4 * kEscapeSlack;

// A field that did not come is "-", as everywhere in this format.
char* put_field(char* out, const http::Field* field) { return field == nullptr ? put(out, "-") : write_quoted_text(field->value, out); }

char* put_request_line(char* out, const http::Request* request) {
    // A request that could not be understood has no words of its own.
    if (request == nullptr || request->method_name.empty()) return put(out, "-");
    const auto known = http::name_of(request->method);
    *(out = known.empty() ? write_quoted_text(request->method_name, out) : put(out, known)) = ' ';
    *(out = write_masked_url(request->target, out + 1, write_quoted_text)) = ' ';
    return put(out + 1, http::name_of(request->version));
}

char* put_status(char* out, std::uint16_t status) { return put_three_digits(out, status > 999 ? 999 : status); }

}  // namespace

std::size_t combined_octets_max(const http::Facts& facts) {
    std::size_t octets = 0;
    if (const auto* request = facts.request; request != nullptr) {
        octets = request->method_name.size() + request->target.size();
        octets += request->fields.value(FieldId::referer).size() + request->fields.value(FieldId::user_agent).size();
    }
    return octets * kQuotedGrowthMax + kFixedOctets;
}

char* write_combined(const http::Facts& facts, LogClock& clock, char* out) {
    const auto* request = facts.request;
    out += facts.client.write(out);
    out = put(clock.put_combined(put(out, " - - ["), facts.started), "] \"");
    out = put(put_request_line(out, request), "\" ");
    *(out = put_status(out, facts.status)) = ' ';
    out = put(put_number(out + 1, facts.reply_body_octets), " \"");
    const auto* referer = request == nullptr ? nullptr : request->fields.find(FieldId::referer);
    out = referer == nullptr ? put(out, "-") : write_masked_url(referer->value, out, write_quoted_text);
    out = put(put_field(put(out, "\" \""), request == nullptr ? nullptr : request->fields.find(FieldId::user_agent)), "\"\n");
    return out;
}

}  // namespace weir::observe
