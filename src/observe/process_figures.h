// What the kernel knows of this process, under the names that all Prometheus clients use. Reads /proc; what can't be read is left out.
#pragma once

namespace weir::observe {

class Exposition;

void expose_process(Exposition& out);

}  // namespace weir::observe
