#include "certs/identity_steps.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <cerrno>
#include <unistd.h>

namespace sallyport::certs {
namespace {

constexpr mode_t slot_mode = 0700;
constexpr mode_t slot_key_mode = 0600;
constexpr mode_t public_mode = 0644;

Result<void> remove_file(const std::filesystem::path& path) {
    if (::unlink(path.c_str()) == 0) return sync_folder(path.parent_path());
    if (errno == ENOENT) return {};
    return os_error("remove " + path.string());
}

Result<void> swap_link(const std::filesystem::path& path, const std::filesystem::path& target) {
    const auto fresh = path.string() + ".new";
    // One may be left from a crash.
    if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return os_error("remove " + fresh);
    if (::symlink(target.c_str(), fresh.c_str()) != 0) return os_error("make the link " + fresh);
    if (::rename(fresh.c_str(), path.c_str()) != 0)
        return os_error("rename " + fresh + " to " + path.string());
    return sync_folder(path.parent_path());
}

}  // namespace

Result<void> perform(const Step& step) {
    switch (step.kind) {
        case Step::Kind::make_folder:
            if (auto made = make_folder(step.path, step.mode); !made) return made;
            return sync_folder(step.path.parent_path());
        case Step::Kind::write:
            return replace_file(step.path, step.content.reveal(), step.mode);
        case Step::Kind::remove:
            return remove_file(step.path);
        case Step::Kind::link:
            return swap_link(step.path, step.target);
    }
    return {};
}

Result<void> perform(const std::vector<Step>& steps) {
    for (const auto& step : steps)
        if (auto done = perform(step); !done) return done;
    return {};
}

std::vector<Step> fill_slot(const std::filesystem::path& slot, SlotContent content) {
    using enum Step::Kind;
    const auto write_file = [&](const char* name, Secret text, mode_t mode) {
        return Step{.kind = write, .path = slot / name, .content = std::move(text), .mode = mode};
    };
    std::vector<Step> steps;
    steps.push_back({.kind = make_folder, .path = slot, .mode = slot_mode});
    steps.push_back({.kind = remove, .path = slot / meta_file});
    steps.push_back(write_file(key_file, std::move(content.key_pem), slot_key_mode));
    steps.push_back(write_file(chain_file, Secret(std::move(content.chain_pem)), public_mode));
    steps.push_back(write_file(anchors_file, Secret(std::move(content.anchors_pem)), public_mode));
    steps.push_back(write_file(meta_file, Secret(std::move(content.meta_json)), public_mode));
    return steps;
}

std::vector<Step> activate_slot(const std::filesystem::path& folder, std::string_view slot,
                                bool forget_pending_key) {
    using enum Step::Kind;
    std::vector<Step> steps;
    steps.push_back({.kind = link, .path = folder / active_link, .target = slot});
    if (forget_pending_key) steps.push_back({.kind = remove, .path = folder / pending_key_file});
    return steps;
}

std::vector<Step> discard_slot(const std::filesystem::path& folder, std::string_view slot) {
    using enum Step::Kind;
    std::vector<Step> steps;
    steps.push_back({.kind = remove, .path = folder / slot / meta_file});
    steps.push_back({.kind = remove, .path = folder / pending_key_file});
    return steps;
}

}  // namespace sallyport::certs
