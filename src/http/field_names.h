// FieldNames: names of fields that somebody looks for in every message, as the operator says them. Whether a message may have any of them
// costs two bit tests. Immutable once the configuration is read.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "http/fields.h"

namespace weir::http {

class FieldNames {
public:
    FieldNames() = default;
    FieldNames(std::initializer_list<const char*> names) {
        for (const auto* name : names) add(name);
    }
    void add(std::string name) {
        ids_.add(id_of(name));
        names_.push_back(std::move(name));
    }
    // False: it has none of them. True: look.
    bool may_be_in(const Fields& fields) const { return fields.has_any(ids_); }
    auto begin() const { return names_.begin(); }
    auto end() const { return names_.end(); }

private:
    std::vector<std::string> names_;
    FieldSet ids_;
};

}  // namespace weir::http
