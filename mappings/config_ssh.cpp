#include "mappings/config_ssh.hpp"

namespace sallyport::mappings {

std::optional<JumpHost> read_via(ConfigTable& table) {
    const auto url = table.text("via");
    if (url.empty()) return std::nullopt;
    if (url.starts_with("saprouter://")) {
        table.problem("via", "with saprouter:// is not supported yet in this version");
        return std::nullopt;
    }
    auto jump = parse_jump_host(url);
    if (jump) return std::move(*jump);
    table.problem("via", jump.error().detail);
    return std::nullopt;
}

}  // namespace sallyport::mappings
