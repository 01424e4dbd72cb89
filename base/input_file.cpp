#include "base/input_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {
namespace {

struct InputFile {
    FileDescriptor file;
    struct stat facts;
};

std::string_view kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a named pipe";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return S_ISSOCK(mode) ? "a socket" : "something else";
}

/// Facts are those of the open file: nobody can put another one in its place meanwhile.
Result<InputFile> open_input(const std::filesystem::path& path) {
    InputFile input{
        FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), {}};
    if (!input.file) return os_error("open " + path.string());
    if (::fstat(input.file.get(), &input.facts) != 0) return os_error("look at " + path.string());
    if (S_ISREG(input.facts.st_mode)) return input;
    return Error{Errc::malformed, path.string() + " is " +
                                      std::string(kind_of(input.facts.st_mode)) +
                                      ", not a file: put a file there"};
}

Error too_large(const std::filesystem::path& path, std::size_t bytes_max) {
    return {Errc::limit, path.string() + " has more than " + std::to_string(bytes_max) + " bytes"};
}

Result<std::string> read_all(const InputFile& input, const std::filesystem::path& path,
                             std::size_t bytes_max) {
    if (static_cast<std::uintmax_t>(input.facts.st_size) > bytes_max)
        return too_large(path, bytes_max);
    // Read in one piece: a buffer that grew would leave copies of a secret behind.
    std::string content(static_cast<std::size_t>(input.facts.st_size) + 1, '\0');
    std::size_t size = 0;
    while (true) {
        const auto count = ::read(input.file.get(), content.data() + size, content.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + path.string());
        size += static_cast<std::size_t>(count);
        if (size > bytes_max) return too_large(path, bytes_max);
        if (count == 0) break;
        if (size == content.size()) content.resize(size * 2);  // it grows while it is read
    }
    content.resize(size);
    return content;
}

}  // namespace

Result<std::string> read_input_file(const std::filesystem::path& path, std::size_t bytes_max) {
    const auto input = open_input(path);
    if (!input) return input.error();
    return read_all(*input, path, bytes_max);
}

Result<std::string> read_config_file(const std::filesystem::path& path, std::size_t bytes_max) {
    const auto input = open_input(path);
    if (!input) return input.error();
    if ((input->facts.st_mode & S_IWOTH) != 0)
        return Error{Errc::denied, path.string() +
                                       " may be changed by everybody on this machine, and with it "
                                       "what is exposed: chmod o-w " +
                                       path.string()};
    return read_all(*input, path, bytes_max);
}

Result<Secret> read_own_secret(const std::filesystem::path& path, std::size_t bytes_max) {
    const auto input = open_input(path);
    if (!input) return input.error();
    if ((input->facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return Error{Errc::denied,
                     path.string() +
                         " holds a secret, and others than its owner may use it: chmod "
                         "go= " +
                         path.string()};
    auto content = read_all(*input, path, bytes_max);
    if (!content) return content.error();
    return Secret(std::move(*content));
}

}  // namespace sallyport
