#include "net/tls_fault.hpp"

#include <string>

namespace sallyport::net {
namespace {

struct TlsCategory final : boost::system::error_category {
    const char* name() const noexcept override { return "tls"; }
    std::string message(int code) const override {
        switch (static_cast<TlsFault>(code)) {
            case TlsFault::revoked:
                return "revoked certificate";
            case TlsFault::revocation_unknown:
                return "revocation unknown";
            case TlsFault::pin:
                return "other key than pinned";
        }
        return "unknown";
    }
};

}  // namespace

const boost::system::error_category& tls_category() {
    static const TlsCategory category;
    return category;
}

}  // namespace sallyport::net
