#include "backup/passphrase.hpp"

#include "base/error.hpp"
#include "base/secret_file.hpp"

namespace sallyport::backup {

Result<Secret> read_passphrase(const std::filesystem::path& file) {
    const auto text = read_secret_file(file, passphrase_bytes_max);
    if (!text) return text.error();
    auto line = text->reveal();
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    Secret passphrase{std::string(line)};
    constexpr std::string_view not_in_a_line("\0\n\r", 3);
    if (passphrase.reveal().find_first_of(not_in_a_line) != std::string_view::npos)
        return Error{Errc::malformed, file.string() + " must hold the passphrase, one line"};
    if (passphrase.reveal().size() < passphrase_bytes_min)
        return Error{Errc::malformed,
                     file.string() + " holds less than " + std::to_string(passphrase_bytes_min) +
                         " characters, which can be guessed; make one with: openssl rand -base64 "
                         "24"};
    return passphrase;
}

}  // namespace sallyport::backup
