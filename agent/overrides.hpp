#pragma once

#include "base/result.hpp"
#include "mappings/mapping.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// What an administrator said of one mapping at run time; what is not said is as the files say.
struct Override {
    std::optional<bool> enabled{};
    std::optional<bool> maintenance{};
    /// Inside: nothing means that it never expires, whatever the files say.
    std::optional<std::optional<mappings::Moment>> expires{};
    std::string who{};         // "uid:1000"
    mappings::Moment since{};  // of the last change

    bool says_nothing() const { return !enabled && !maintenance && !expires; }
    /// "disabled, maintenance on, expires at ..."; empty if it says nothing.
    std::string text() const;
};

/// All of them, by virtual host with its ports as mappings are called: "erp.virtual:44300". They
/// outlive the process, in a file of the state directory. A value; changes are made on a copy.
class Overrides {
public:
    static constexpr std::size_t overrides_max = 10'000;
    static constexpr std::size_t file_bytes_max = 4 * 1024 * 1024;
    static constexpr std::size_t name_bytes_max = 300;

    /// Of the file's text. Errors: Errc::malformed and Errc::limit: nothing of it counts then.
    static Result<Overrides> parse(std::string_view text);
    /// None if there is no file. Errors: the operating system's, or as parse() with what to do.
    static Result<Overrides> load(const std::filesystem::path& file);
    /// Durable when it returns.
    Result<void> save(const std::filesystem::path& file) const;
    std::string text() const;

    /// Adds what `asked` says of the mapping of that name. One that says nothing any more is gone.
    /// Errors: Errc::limit.
    Result<void> change(const std::string& name, const Override& asked);
    /// False if there was none.
    bool clear(std::string_view name) { return all_.erase(std::string(name)) > 0; }
    void clear() { all_.clear(); }

    const Override* find(std::string_view name) const;
    const std::map<std::string, Override, std::less<>>& all() const { return all_; }
    bool empty() const { return all_.empty(); }

    /// What the mappings of the files become.
    std::vector<mappings::Mapping> applied_to(std::span<const mappings::Mapping> written) const;
    /// What they say, without who and when: the same for the same effect.
    std::string effect() const;

    bool operator==(const Overrides& other) const { return effect() == other.effect(); }

private:
    std::map<std::string, Override, std::less<>> all_;
};

/// Whether one of these mappings is open, or longer open, that was not `before`. Both are the same
/// mappings of the files with overrides applied. Pure.
bool opens_more(std::span<const mappings::Mapping> before,
                std::span<const mappings::Mapping> after);

/// {"virtual": ..., "enabled": ..., "since": ...}, as the daemon tells it.
boost::json::object to_json(const std::string& name, const Override& one);

/// What `POST /v1/mappings/override` asks: {"virtual", "enabled", "maintenance", "expires"}.
struct OverrideRequest {
    std::string name;  // as the caller wrote it
    Override asked{};
    /// Of these the override goes, and what the files say holds: null in the request.
    bool forget_enabled = false;
    bool forget_maintenance = false;
    bool forget_expires = false;

    /// Errors: Errc::malformed, with what to write.
    static Result<OverrideRequest> parse(std::string_view body);
    /// On top of `before`, which may be null.
    Override applied_to(const Override* before) const;
};

}  // namespace sallyport::agent
