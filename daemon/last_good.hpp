// The last good configuration of a program: kept while it runs, used at its next start if the files
// are broken then. What of it may be used is the program's to say.
#pragma once

#include "base/result.hpp"
#include "mappings/moment.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::audit {
class Log;
}

namespace sallyport::daemon {

/// Names and texts of files; the first is the main one.
using ConfigTexts = std::vector<std::pair<std::string, std::string>>;

/// Its name in the state folder.
inline constexpr std::string_view last_good_name = "last_good_configuration.json";

/// The last configuration that a program could start or reload with, as texts: none of the files
/// that it names is in it. Kept in the state folder, readable for the program alone.
struct LastGood {
    static constexpr std::size_t last_good_bytes_max = 24 * 1024 * 1024;

    mappings::Moment saved{};  // when it was last taken for good
    ConfigTexts documents{};

    /// Errors: the operating system's; Errc::malformed for what nobody can have written.
    static Result<LastGood> load(const std::filesystem::path& file);
    /// The one in this state folder, if it is of `config`. Errors: as load(); Errc::not_found,
    /// Errc::conflict with why it is of no use.
    static Result<LastGood> in(const std::filesystem::path& state_folder,
                               const std::filesystem::path& config);
    static Result<LastGood> parse(std::string_view text);
    /// Durable when it returns. Errors: the operating system's, Errc::limit.
    Result<void> save(const std::filesystem::path& file) const;
    std::string text() const;
};

/// Keeps it while the program runs. A configuration that cannot be kept is told in the log.
class LastGoodKeeper {
public:
    /// After a start or reload with the files on disk. Writes where something has changed.
    void keep(const std::filesystem::path& file, const std::string& digest,
              const ConfigTexts& documents);

private:
    std::string kept_digest_{};
};

/// That the configuration on disk was broken at start, so that the last good one is in force.
struct LastGoodUse {
    std::string why;                    // what is broken
    mappings::Moment saved{};           // when the one in force was last known to be good
    std::vector<std::string> closed{};  // what of it is not in force, since the disk says less
};

/// As `status` tells it: {"why", "saved", "closed"}.
boost::json::object to_json(const LastGoodUse& use);
/// As warnings, the first of which says that it is so. `what_is_closed` begins each other one.
std::vector<std::string> warnings_of(const LastGoodUse& use, std::string_view what_is_closed);
/// Loudly: whoever starts the program looks at the journal, whoever audits it at the records
/// (`config.last_good`). `program` is what mends it: "sallyport-hub".
void tell_last_good(const LastGoodUse& use, audit::Log& log, const std::filesystem::path& config,
                    std::string_view program);

/// What the first line `key = "..."` of a text says, which may be broken.
std::optional<std::string> first_value(std::string_view text, std::string_view key);

}  // namespace sallyport::daemon
