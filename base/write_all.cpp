#include "base/write_all.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <string>
#include <unistd.h>

namespace sallyport {

Result<void> write_all(int fd, std::string_view content, std::string_view name) {
    while (!content.empty()) {
        const auto count = ::write(fd, content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("write " + std::string(name));
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace sallyport
