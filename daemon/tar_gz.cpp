#include "daemon/tar_gz.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <zlib.h>

namespace sallyport::daemon {
namespace {

constexpr std::size_t block_bytes = 512;

/// A field of a header: a text, or a number in octal digits with a NUL behind.
struct Field {
    std::size_t offset;
    std::size_t bytes;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field user_field{108, 8};
constexpr Field group_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field sum_field{148, 8};
constexpr Field type_field{156, 1};
constexpr Field magic_field{257, 8};

void put(std::string& header, Field field, std::string_view text) {
    text = text.substr(0, field.bytes);
    std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

void put_number(std::string& header, Field field, std::uint64_t value) {
    std::string digits(field.bytes - 1, '0');
    for (auto at = digits.size(); at > 0 && value > 0; value /= 8)
        digits[--at] = static_cast<char>('0' + value % 8);
    put(header, field, digits);
}

}  // namespace

void Tar::add(std::string_view name, std::string_view content) {
    std::string header(block_bytes, '\0');
    put(header, name_field, name.substr(0, name_bytes_max));
    put_number(header, mode_field, 0600);
    put_number(header, user_field, 0);
    put_number(header, group_field, 0);
    put_number(header, size_field, content.size());
    put_number(header, time_field,
               static_cast<std::uint64_t>(std::max<std::int64_t>(
                   0, static_cast<std::int64_t>(time_.time_since_epoch().count()))));
    put(header, type_field, "0");
    put(header, magic_field,
        std::string_view("ustar\0"
                         "00",
                         8));
    put(header, sum_field, "        ");
    std::uint64_t sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put_number(header, {sum_field.offset, sum_field.bytes - 1}, sum);
    header[sum_field.offset + 6] = '\0';
    out_ += header;
    out_ += content;
    out_.append((block_bytes - content.size() % block_bytes) % block_bytes, '\0');
}

std::string Tar::finish() {
    out_.append(2 * block_bytes, '\0');
    return std::move(out_);
}

std::string gzip(std::string_view content) {
    constexpr int gzip_window = 15 + 16;
    constexpr int memory_level = 8;
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return {};
    std::string out(deflateBound(&stream, content.size()) + 64, '\0');
    // zlib does not write to what it reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int done = deflate(&stream, Z_FINISH);
    out.resize(done == Z_STREAM_END ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

}  // namespace sallyport::daemon
