#include "certs/successor.hpp"

#include "base/bytes.hpp"
#include "certs/signature.hpp"

namespace sallyport::certs {
namespace {

std::string statement(std::string_view hub, const Certificate& present, const Certificate& next) {
    return "sallyport successor v1\n" + std::string(hub) + "\n" + to_hex(present.fingerprint()) +
           "\n" + to_hex(next.fingerprint()) + "\n";
}

}  // namespace

Result<std::string> sign_succession(const Key& next_key, std::string_view hub,
                                    const Certificate& present, const Certificate& next) {
    return sign(next_key, statement(hub, present, next));
}

Result<void> verify_succession(std::string_view signature, std::string_view hub,
                               const Certificate& present, const Certificate& next) {
    return verify(next.public_key(), statement(hub, present, next), signature);
}

}  // namespace sallyport::certs
