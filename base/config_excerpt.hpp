#pragma once

#include "base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace sallyport {

/// Whether the value of a key may be shown to strangers: "hub.url", "mapping.rule.path"; tables of
/// a list have no number.
using MayShow = std::function<bool(std::string_view key)>;

/// A TOML document again, with nothing but values that may be shown: an allow-list, so a key that
/// nobody thought of stays out. Comments are gone, and in texts whatever stands before the "@" of a
/// URL and behind its "?". The first line says how many values were left out.
/// Errors: Errc::malformed, without a word of the text.
Result<std::string> config_excerpt(std::string_view text, const MayShow& may_show);

/// In each URL of `text` what stands before its "@", and behind its "?" or "#", is "***".
std::string without_url_secrets(std::string_view text);

}  // namespace sallyport
