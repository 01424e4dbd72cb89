#include "ssh/upload_name.hpp"

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace sallyport::ssh {

std::string make_upload_name() {
    std::random_device dice;
    std::string name(upload_prefix);
    for (int i = 0; i < 4; ++i) {
        const std::uint32_t value = dice();
        const std::array<std::byte, 4> bytes = {
            static_cast<std::byte>(value), static_cast<std::byte>(value >> 8U),
            static_cast<std::byte>(value >> 16U), static_cast<std::byte>(value >> 24U)};
        name += to_hex(bytes);
    }
    return name;
}

}  // namespace sallyport::ssh
