// What a [[mapping]] of files says otherwise than others; for mappings/config*.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <optional>

namespace sallyport::mappings {

/// Channels of one SSH connection: OpenSSH allows 10 by default (MaxSessions).
inline constexpr std::uint32_t sftp_connections_default = 8;
inline constexpr std::uint32_t sftp_connections_max = 64;

/// Keys that say nothing of files would look as if they did.
void refuse_foreign_to_files(ConfigTable& table);

/// The limits of files, where the mapping does not say its own.
void complete_files(ConfigTable& limits, Mapping& mapping);

/// content and size_max of a rule.
void read_file_rule(ConfigTable& table, Rule& rule);

/// What a rule says must go with what its mapping leads to. `rule` may be empty.
void check_file_rule(ConfigTable& table, const std::optional<Rule>& rule, bool of_files);

/// "10MiB", "512KiB", "2GiB" or bytes, "4096". Nothing for what is none, or is 0.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace sallyport::mappings
