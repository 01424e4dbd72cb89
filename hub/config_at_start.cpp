#include "hub/config_at_start.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "hub/last_good.hpp"

#include <utility>

namespace sallyport::hub {
namespace {

Result<StartConfig> last_good_config(const std::filesystem::path& file, const Error& broken) {
    const auto present = read_file(file);
    if (!present) return present.error();
    auto good = daemon::LastGood::in(state_folder_of(*present), file);
    if (!good) return good.error();
    const auto& text = good->documents.front().second;
    auto config = Config::parse(text, file.string());
    if (!config) return config.error();
    auto rest = narrowed(std::move(*config), text, *present);
    if (!rest) return rest.error();
    auto& digest = rest->config.digest;
    for (const auto& closed : rest->closed)  // another configuration than the file was
        digest = to_hex(certs::sha256(as_bytes(digest + closed)));
    return StartConfig{
        std::move(rest->config),
        daemon::LastGoodUse{.why = broken.detail, .saved = good->saved, .closed = rest->closed}};
}

}  // namespace

Result<StartConfig> config_at_start(const std::filesystem::path& file, OnBroken on_broken) {
    auto config = Config::load(file);
    if (config) return StartConfig{std::move(*config), std::nullopt};
    if (on_broken == OnBroken::fail) return config.error();
    auto good = last_good_config(file, config.error());
    if (good) return good;
    const auto& broken = config.error();
    return Error{broken.code, broken.detail + "\n(" + to_text(good.error()) + ")"};
}

}  // namespace sallyport::hub
