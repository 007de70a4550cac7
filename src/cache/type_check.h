// Does an answer's Content-Type agree with the extension of its path? Against web cache deception: '/account/x.css' that the application
// answers with the account's page, to somebody who was made to ask for it, where rules store what looks like a static file. Pure functions.
#pragma once

#include <string_view>

namespace weir::cache {

// The extension of a target's path, as the path of a route is read: percent-decoded, without what follows a ';'. As it is written; empty:
// none. `decoded`: the target.
std::string_view extension_of(std::string_view decoded);

// True for extensions that nobody knows, and for application/octet-stream under any: browsers run nothing of it, and show it to nobody.
bool type_agrees(std::string_view extension, std::string_view content_type);

}  // namespace weir::cache
