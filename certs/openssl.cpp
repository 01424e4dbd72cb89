#include "certs/openssl.hpp"

#include <openssl/err.h>

#include <climits>

namespace sallyport::certs {

Error openssl_error(std::string what, Errc code) {
    const char* separator = ": ";
    for (auto reason = ERR_get_error(); reason != 0; reason = ERR_get_error()) {
        char text[256];
        ERR_error_string_n(reason, text, sizeof text);
        what.append(separator).append(text);
        separator = ", ";
    }
    return {code, std::move(what)};
}

BioPtr memory_bio(std::string_view text) {
    if (text.size() > INT_MAX) return nullptr;
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string_view written_to(BIO* bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

}  // namespace sallyport::certs
