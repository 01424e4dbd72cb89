#include "agent/backup_note.hpp"

#include "certs/strict_json.hpp"
#include "daemon/admin_server.hpp"

#include <boost/json/serialize.hpp>

namespace sallyport::agent {

std::string describe_backup(std::string_view sha256, std::uint64_t records) {
    return "SHA-256 " + std::string(sha256) + ", with " + std::to_string(records) +
           " records of the audit log";
}

http::SimpleResponse note_backup(std::string_view body) {
    const auto said = certs::parse_strict_object(body);
    const auto* file = said ? said->if_contains("file") : nullptr;
    const auto* sha256 = said ? said->if_contains("sha256") : nullptr;
    const auto* records = said ? said->if_contains("records") : nullptr;
    if (file == nullptr || !file->is_string() || sha256 == nullptr || !sha256->is_string() ||
        records == nullptr || !records->is_int64() || records->get_int64() < 0)
        return daemon::admin_error(422, "invalid", "file, sha256 and records are needed");
    const auto count = static_cast<std::uint64_t>(records->get_int64());
    http::SimpleResponse response;
    response.body = boost::json::serialize(boost::json::object{
        {"done", true},
        {"changed", boost::json::object{{"object", file->get_string()},
                                        {"after", describe_backup(sha256->get_string(), count)}}}});
    return response;
}

}  // namespace sallyport::agent
