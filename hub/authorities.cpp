#include "hub/authorities.hpp"

#include "base/bytes.hpp"

namespace sallyport::hub {

std::vector<certs::Certificate> Authorities::certificates() const {
    std::vector<certs::Certificate> all{current.certificate()};
    if (next) all.push_back(next->certificate());
    return all;
}

tunnel::Trust Authorities::trust() const {
    tunnel::Trust trust{.authorities = {}, .issuer = key_hash_text(issuing().certificate())};
    for (const auto& certificate : certificates())
        trust.authorities.push_back(key_hash_text(certificate));
    return trust;
}

std::string key_hash_text(const certs::Certificate& authority) {
    return to_hex(authority.public_key_hash());
}

}  // namespace sallyport::hub
