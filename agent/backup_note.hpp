// A backup is made by a command; the running agent puts it on record.
#pragma once

#include "http/simple_service.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::agent {

inline constexpr std::string_view backup_created_target = "/v1/backup-created";

/// What the command says: {"file": ..., "sha256": ..., "records": ...}.
http::SimpleResponse note_backup(std::string_view body);

/// In words, for the record.
std::string describe_backup(std::string_view sha256, std::uint64_t records);

}  // namespace sallyport::agent
