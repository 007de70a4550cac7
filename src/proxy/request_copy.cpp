#include "proxy/request_copy.h"

namespace weir::proxy {

void copy_fields(const http::Fields& from, http::Fields& to) {
    auto& arena = to.arena();
    for (const auto& field : from) {
        auto copy = field;
        copy.name = field.id == http::FieldId::other ? arena.copy(field.name) : http::name_of(field.id);
        copy.value = arena.copy(field.value);
        copy.is_line = false;
        to.add(copy);
    }
}

}  // namespace weir::proxy
