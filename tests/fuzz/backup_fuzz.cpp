// What stands in a backup, whoever made it, is read or refused; what is read is written again as it
// was.
#include "backup/reader.hpp"
#include "backup/tar.hpp"
#include "certs/age_header.hpp"
#include "certs/restored.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

void check(bool holds) {
    if (!holds) std::abort();
}

void read_header(std::string_view text) {
    const auto size = certs::age_header_size(text);
    if (!size || *size == 0) return;
    check(*size <= text.size() && *size <= certs::age_header_bytes_max);
    const auto header = certs::AgeHeader::parse(text.substr(0, *size));
    if (!header) return;
    check(header->to_text() == text.substr(0, *size));
    check(header->work_factor <= certs::age_work_factor_max);
}

void read_archive(std::string_view text) {
    backup::ArchiveReader reader([&](std::span<char> out) -> Result<std::size_t> {
        const auto count = std::min(out.size(), text.size());
        std::copy_n(text.begin(), count, out.begin());
        text.remove_prefix(count);
        return count;
    });
    std::array<char, 100> buffer{};
    while (true) {
        const auto entry = reader.next();
        if (!entry || !*entry) return;
        check(backup::is_entry_name((*entry)->name));
        check(backup::write_tar_block(**entry).has_value());
        if (const auto count = reader.read(buffer); !count) return;
    }
}

void read_restored(std::string_view text) {
    const auto restored = certs::Restored::parse(text);
    if (restored) check(restored->to_text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_header(text);
    read_archive(text);
    read_restored(text);
    return 0;
}
