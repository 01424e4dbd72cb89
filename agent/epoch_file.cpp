#include "agent/epoch_file.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace sallyport::agent {

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
    if (auto written = replace_file(file, std::to_string(epoch) + "\n", 0600); !written)
        return written.error();
    return epoch;
}

}  // namespace sallyport::agent
