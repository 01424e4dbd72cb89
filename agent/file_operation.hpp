#pragma once

#include "agent/file_path.hpp"
#include "http/message.hpp"
#include "http/refusal.hpp"

#include <optional>
#include <string>
#include <variant>

namespace sallyport::agent {

/// What a request asks of the files of a mapping (docs/SFTP.md).
struct FileOperation {
    enum class Kind { read, list, put, remove, remove_folder, move, make_folder };
    Kind kind = Kind::read;
    bool only_head = false;  // of read and list
    FilePath path;
    FilePath destination{};   // of move
    bool may_replace = true;  // of move and put; else what exists is left as it is (412)
};

/// Pure. The paths have been judged by the rules of the mapping; here they get their meaning.
std::variant<FileOperation, http::Refusal> read_operation(const http::RequestHead& head);

/// The target that the Destination of a MOVE names (RFC 4918 section 10.3): a path, or a URL whose
/// host is this request's.
std::variant<std::string, http::Refusal> read_destination(const http::RequestHead& head);

}  // namespace sallyport::agent
