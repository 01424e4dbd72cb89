#include "agent/site_at_start.hpp"

#include "agent/last_good.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "daemon/last_good.hpp"

#include <memory>
#include <system_error>
#include <utility>

namespace sallyport::agent {
namespace {

/// Those files that can be read, the main one first. A file that cannot says nothing.
Result<ConfigDocuments> readable_documents(const std::filesystem::path& file) {
    const auto files = Config::files(file);
    if (!files) return files.error();
    ConfigDocuments documents;
    for (const auto& path : *files) {
        auto text = read_file(path);
        if (text) documents.emplace_back(path.string(), std::move(*text));
        if (!text && path == file) return text.error();
    }
    return documents;
}

Result<SitePtr> last_good_site(const std::filesystem::path& file, const Error& broken) {
    const auto present = readable_documents(file);
    if (!present) return present.error();
    const auto good = daemon::LastGood::in(state_dir_of(present->front().second), file);
    if (!good) return good.error();
    auto config = Config::parse(good->documents);
    if (!config) return config.error();
    auto rest = narrowed(std::move(*config), good->documents, *present);
    for (const auto& closed : rest.closed)  // another configuration than the files were
        rest.config.files_digest =
            to_hex(certs::sha256(as_bytes(rest.config.files_digest + closed)));
    rest.config.digest = rest.config.files_digest;
    const auto overrides = Overrides::load(rest.config.overrides_file());
    if (!overrides) return overrides.error();
    const auto made = Site::make(std::move(rest.config));
    if (!made) return made.error();
    auto site = std::make_shared<Site>(**made);
    site->last_good = daemon::LastGoodUse{
        .why = broken.detail, .saved = good->saved, .closed = std::move(rest.closed)};
    return site->with(*overrides);
}

}  // namespace

Result<SitePtr> site_at_start(const std::filesystem::path& file, OnBroken on_broken) {
    auto site = Site::in_force(file);
    if (site || on_broken == OnBroken::fail) return site;
    auto good = last_good_site(file, site.error());
    if (good) return good;
    return Error{site.error().code, site.error().detail + "\n(" + to_text(good.error()) + ")"};
}

Result<std::filesystem::path> socket_in_force(const std::filesystem::path& file,
                                              const Result<Config>& config) {
    if (config) return config->admin_socket;
    const auto running = site_at_start(file, OnBroken::use_last_good);
    if (!running) return config.error();
    return (*running)->config.admin_socket;
}

}  // namespace sallyport::agent
