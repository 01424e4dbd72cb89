#include "audit/erasure_intent.hpp"

#include "audit/json_values.hpp"
#include "audit/replace.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <unistd.h>

namespace sallyport::audit {
namespace {

namespace json = boost::json;

constexpr std::string_view erasure_extension = ".erasure";
constexpr mode_t erasure_mode = 0600;  // it names somebody

/// A subject and a reason may have any bytes.
std::string hex(std::string_view text) { return to_hex(as_bytes(text)); }

std::string serialize(const ErasureIntent& intent) {
    const auto& order = intent.order;
    return json::serialize(
               json::object{{"subject", hex(order.subject)},
                            {"pattern", order.pattern},
                            {"until", order.until ? to_rfc3339(*order.until) : std::string()},
                            {"reason", hex(order.reason)},
                            {"who", hex(intent.who)},
                            {"salt", intent.salt},
                            {"subject_c", intent.subject_c},
                            {"count", intent.count},
                            {"segments", intent.segments},
                            {"file", intent.file},
                            {"values", intent.values}}) +
           "\n";
}

std::optional<ErasureIntent> parse(std::string_view text) {
    boost::system::error_code failure;
    const auto value = json::parse(text, failure);
    if (failure || !value.is_object()) return std::nullopt;
    JsonValues values(value.get_object());
    ErasureIntent intent{.order = {.subject = values.bytes("subject"),
                                   .pattern = values.flag("pattern"),
                                   .until = values.time("until"),
                                   .reason = values.bytes("reason")},
                         .who = values.bytes("who"),
                         .salt = values.text("salt"),
                         .subject_c = values.text("subject_c"),
                         .count = values.number("count"),
                         .segments = values.number("segments"),
                         .file = values.text("file"),
                         .values = values.number("values")};
    const bool good = values.good() && !intent.order.subject.empty();
    return good ? std::optional(std::move(intent)) : std::nullopt;
}

}  // namespace

ErasureIntentFile::ErasureIntentFile(const std::filesystem::path& folder)
    : path_(folder.string() + std::string(erasure_extension)),
      unfinished_(unfinished_name(path_)) {}

Result<void> ErasureIntentFile::write(const ErasureIntent& intent) const {
    return replace(path_, serialize(intent), erasure_mode);
}

Result<std::optional<ErasureIntent>> ErasureIntentFile::read() const {
    const auto text = read_file(path_);
    if (!text && text.error().code == boost::system::errc::no_such_file_or_directory)
        return std::optional<ErasureIntent>();
    if (!text) return text.error();
    auto intent = parse(*text);
    if (intent) return intent;
    return Error{Errc::malformed, path_.string() +
                                      " does not say which erasure was interrupted: remove it, and "
                                      "repeat the erasure"};
}

Result<void> ErasureIntentFile::remove() const {
    bool removed = false;
    for (const auto& path : {unfinished_, path_}) {
        if (::unlink(path.c_str()) == 0)
            removed = true;
        else if (errno != ENOENT)
            return os_error("remove " + path.string());
    }
    return removed ? sync_folder(path_.parent_path()) : Result<void>();
}

}  // namespace sallyport::audit
