#include "certs/age_header.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::certs {
namespace {

constexpr std::string_view version_line = "age-encryption.org/v1\n";
constexpr std::string_view any_version = "age-encryption.org/";
constexpr std::string_view stanza_begin = "-> scrypt ";
constexpr std::string_view mac_begin = "---";

Error damaged_header(std::string_view what) {
    return {Errc::malformed, "the head of the encrypted file is damaged: " + std::string(what)};
}

/// As age writes it: without padding.
std::string to_unpadded(BytesView bytes) {
    auto text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    return text;
}

template <std::size_t size>
std::optional<std::array<std::byte, size>> from_unpadded(std::string_view text) {
    std::string padded(text);
    padded.append((4 - text.size() % 4) % 4, '=');
    const auto bytes = from_base64(padded);
    if (!bytes || bytes->size() != size || to_unpadded(*bytes) != text) return std::nullopt;
    std::array<std::byte, size> read{};
    std::ranges::copy(*bytes, read.begin());
    return read;
}

/// Takes a line, without its newline.
std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<std::string_view> take_after(std::string_view line, std::string_view begin) {
    if (!line.starts_with(begin)) return std::nullopt;
    return line.substr(begin.size());
}

}  // namespace

Result<AgeHeader> AgeHeader::parse(std::string_view text) {
    if (text.size() > age_header_bytes_max) return damaged_header("it is too long");
    auto rest = text;
    if (!rest.starts_with(version_line))
        return Error{Errc::unsupported, "this is not a file of the format age v1"};
    rest.remove_prefix(version_line.size());
    const auto arguments = take_line(rest);
    const auto stanza = arguments ? take_after(*arguments, stanza_begin) : std::nullopt;
    if (!stanza)
        return Error{Errc::unsupported, "this file is not encrypted with a passphrase (scrypt)"};
    const auto space = stanza->find(' ');
    if (space == std::string_view::npos) return damaged_header("scrypt has no work factor");
    AgeHeader header;
    const auto salt = from_unpadded<16>(stanza->substr(0, space));
    const auto factor_text = stanza->substr(space + 1);
    const auto factor = parse_decimal(factor_text);
    if (!salt || !factor || factor_text.size() > 2 || factor_text.starts_with('0'))
        return damaged_header("the parameters of scrypt");
    if (*factor > age_work_factor_max)
        return Error{Errc::limit, "the file asks for a work factor of 2^" +
                                      std::string(factor_text) + ", and at most 2^" +
                                      std::to_string(age_work_factor_max) + " is done"};
    const auto body = take_line(rest);
    const auto wrapped = body ? from_unpadded<32>(*body) : std::nullopt;
    if (!wrapped) return damaged_header("the wrapped key");
    const auto last = take_line(rest);
    const auto mac_text = last ? take_after(*last, "--- ") : std::nullopt;
    const auto mac = mac_text ? from_unpadded<32>(*mac_text) : std::nullopt;
    if (!mac) return damaged_header("its MAC, or there is more than one recipient");
    if (!rest.empty()) return damaged_header("something follows it");
    header.salt = *salt;
    header.work_factor = static_cast<unsigned>(*factor);
    header.wrapped_key = *wrapped;
    header.mac = *mac;
    header.covered = to_cover(header.salt, header.work_factor, header.wrapped_key);
    return header;
}

std::string AgeHeader::to_cover(const std::array<std::byte, 16>& salt, unsigned work_factor,
                                const std::array<std::byte, 32>& wrapped_key) {
    std::string text(version_line);
    text.append(stanza_begin).append(to_unpadded(salt)).append(" ");
    text.append(std::to_string(work_factor)).append("\n");
    text.append(to_unpadded(wrapped_key)).append("\n").append(mac_begin);
    return text;
}

std::string AgeHeader::to_text() const { return covered + " " + to_unpadded(mac) + "\n"; }

Result<std::size_t> age_header_size(std::string_view text) {
    const auto begin = text.substr(0, any_version.size());
    if (begin != any_version.substr(0, begin.size()))
        return Error{Errc::malformed, "this is not an encrypted file of the format age v1"};
    const auto mac = text.find("\n---");
    const auto end = mac == std::string_view::npos ? mac : text.find('\n', mac + 1);
    if (end != std::string_view::npos && end < age_header_bytes_max) return end + 1;
    if (text.size() >= age_header_bytes_max) return damaged_header("it is too long");
    return std::size_t{0};
}

}  // namespace sallyport::certs
