// Judge: says of what a client got whether it may be so, whatever version of HTTP it came by.
#pragma once

#include <string>

#include "sim/client.h"

namespace weir::sim {

class Judge {
public:
    // `is_calm`: nothing may go wrong but by script.
    Judge(bool is_calm, Verdicts& verdicts) : is_calm_(is_calm), verdicts_(verdicts) {}

    // A final answer. True: it was whole, the connection is still of use.
    bool answer(const Script& script, const Message& message);
    // It ended early, and looked so. False.
    bool broken(const Script& script, const std::string& how);
    void fault(const Script& script, const std::string& what);

private:
    bool may_go_wrong(const Script& script) const;

    bool is_calm_;
    Verdicts& verdicts_;
};

}  // namespace weir::sim
