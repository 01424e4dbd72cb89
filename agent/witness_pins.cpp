#include "agent/witness_pins.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <system_error>

namespace sallyport::agent {

namespace json = boost::json;

Result<void> WitnessPins::load() {
    auto done = read();
    if (!done) failure_ = to_text(done.error());
    return done;
}

Result<void> WitnessPins::read() {
    const auto text = read_file(file_);
    if (!text && text.error().code == std::errc::no_such_file_or_directory) return {};
    if (!text) return text.error();
    json::error_code failure;
    const auto value = json::parse(*text, failure);
    const Error malformed{Errc::malformed,
                          file_.string() +
                              " cannot be read: restore it, or delete it to believe "
                              "the hubs' witness keys anew; then start the agent again"};
    if (failure || !value.is_object()) return malformed;
    for (const auto& [hub, key] : value.get_object()) {
        if (!key.is_string()) return malformed;
        keys_.insert_or_assign(std::string(hub), std::string(key.get_string()));
    }
    return {};
}

std::string WitnessPins::find(std::string_view hub) const {
    const auto found = keys_.find(hub);
    return found == keys_.end() ? std::string() : found->second;
}

Result<void> WitnessPins::pin(std::string_view hub, std::string_view key) {
    if (!failure_.empty()) return Error{Errc::conflict, failure_};
    auto keys = keys_;
    keys.insert_or_assign(std::string(hub), std::string(key));
    json::object all;
    for (const auto& [name, pinned] : keys) all[name] = pinned;
    if (auto done = replace_file(file_, json::serialize(all) + "\n", 0600); !done) return done;
    keys_ = std::move(keys);
    return {};
}

}  // namespace sallyport::agent
