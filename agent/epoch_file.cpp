#include "agent/epoch_file.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

bool is_no_room(const Error& error) {
    return error.code == boost::system::errc::no_space_on_device || error.code.value() == EDQUOT;
}

/// On a full disk a new file cannot be made, but the bytes of one that is there can be changed: the
/// counter lies in one block. Its length may grow by a digit, never shrink, so that whatever a
/// crash leaves is the old number or the new one.
Result<void> overwrite(const std::filesystem::path& path, std::string_view content) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + path.string());
    const auto count = ::pwrite(file.get(), content.data(), content.size(), 0);
    if (count < 0) return os_error("write " + path.string());
    if (static_cast<std::size_t>(count) != content.size())
        return Error{Errc::failed, "only a part of " + path.string() + " could be written"};
    if (::fsync(file.get()) != 0) return os_error("fsync " + path.string());
    return {};
}

Result<void> store(const std::filesystem::path& file, const std::string& content) {
    auto replaced = replace_file(file, content, 0600);
    if (replaced || !is_no_room(replaced.error())) return replaced;
    return overwrite(file, content) ? Result<void>() : replaced;
}

}  // namespace

Result<std::uint64_t> next_epoch(const std::filesystem::path& file) {
    std::uint64_t epoch = 0;
    if (auto text = read_file(file, 64)) {
        while (text->ends_with('\n')) text->pop_back();
        const auto number = parse_decimal(*text);
        if (!number)
            return Error{Errc::malformed,
                         file.string() +
                             " does not hold the start counter of this agent; restore it "
                             "from a backup, or enroll the agent anew"};
        epoch = *number;
    } else if (text.error().code != boost::system::errc::no_such_file_or_directory) {
        return text.error();
    }
    ++epoch;
    // Without it this process would look like the one before, or like a copy of it.
    if (auto written = store(file, std::to_string(epoch) + "\n"); !written)
        return Error{written.error().code,
                     written.error().detail +
                         ": the agent cannot count this start, and without that hubs could not "
                         "tell it from a copy; make room or give the rights, then start it again"};
    return epoch;
}

}  // namespace sallyport::agent
