// What an identity store writes, as a list: the order is the guarantee, so it is computed apart
// from doing it, and a test can stop after every step.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sallyport::certs {

struct Step {
    enum class Kind { make_folder, write, remove, link } kind;
    std::filesystem::path path;
    Secret content = {};                // write
    mode_t mode = 0;                    // make_folder, write
    std::filesystem::path target = {};  // link: what `path` shall point to
};

/// Does one step; it is durable when this returns. Removing what is not there is no error. A link
/// is swapped by rename, so that there is always the old or the new one.
Result<void> perform(const Step& step);

/// All of them, up to the first that fails.
Result<void> perform(const std::vector<Step>& steps);

struct SlotContent {
    Secret key_pem;
    std::string chain_pem;
    std::string anchors_pem;
    std::string meta_json;
};

/// Empties a slot (meta.json first: without it a slot counts as empty) and fills it (meta.json
/// last).
std::vector<Step> fill_slot(const std::filesystem::path& slot, SlotContent content);

/// Points `active` to a slot and forgets the key of the enrolment that led there.
std::vector<Step> activate_slot(const std::filesystem::path& folder, std::string_view slot,
                                bool forget_pending_key);

/// Empties a slot and forgets the pending key.
std::vector<Step> discard_slot(const std::filesystem::path& folder, std::string_view slot);

inline constexpr const char* key_file = "key.pem";
inline constexpr const char* chain_file = "chain.pem";
inline constexpr const char* anchors_file = "ca.pem";
inline constexpr const char* meta_file = "meta.json";
inline constexpr const char* active_link = "active";
inline constexpr const char* lock_file = "lock";
inline constexpr const char* pending_key_file = "pending.pem";

}  // namespace sallyport::certs
