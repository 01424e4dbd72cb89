#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "hub/store.hpp"

#include <boost/json/value.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sallyport::hub {

/// What the commands need from hub.toml.
struct HubFacts {
    std::string name;
    std::string url;  // https://host[:port], for join tokens
    std::filesystem::path state_folder;
};

/// What `sallyport-hub COMMAND` runs with, and its outcome.
struct CommandContext {
    std::function<Result<HubFacts>()> facts;  // asked once a command runs, not for --help
    std::ostream& out;
    std::ostream& err;
    std::function<certs::Time()> now = [] { return std::chrono::system_clock::now(); };
    bool json = false;  // --json: one value on `out`, and errors as {"error": ...} on `err`
    int exit_code = 0;  // 0 done, 1 failed, 2 called the wrong way

    TimePoint time() const { return std::chrono::floor<std::chrono::seconds>(now()); }
};

/// What a command tells: the same facts for programs and for people.
struct CommandOutput {
    boost::json::value json;
    std::string text;
    std::string note = {};  // what people should know besides; not among what `text` gives a pipe
    int exit_code = 0;      // where the facts were told
};

/// Runs a command's body when CLI11 has parsed the line: prints what it returns and sets the exit
/// code. Adds --json. `context` outlives `command`.
void on_run(CLI::App& command, CommandContext& context,
            std::function<Result<CommandOutput>()> body);

/// Rows under a heading, columns as wide as their widest cell.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// The names of tenants by their ids.
std::map<std::string, std::string> tenant_names(const StoreContent& content);

/// The id of the tenant of that name; `name` itself if there is none, or no database here.
std::string tenant_id_of(const CommandContext& context, const std::string& name);

/// "90s", "15m", "1h", "7d". Errors: Errc::malformed.
Result<std::chrono::seconds> parse_duration(std::string_view text);
/// RFC 3339 in UTC, e.g. "2027-01-15T08:00:00Z".
std::string to_text(TimePoint time);

/// The store of the hub that the configuration names.
Result<Store> open_store(const CommandContext& context);

}  // namespace sallyport::hub
