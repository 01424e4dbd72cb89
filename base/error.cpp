#include "base/error.hpp"

#include <cerrno>

namespace sallyport {
namespace {

struct Category final : boost::system::error_category {
    const char* name() const noexcept override { return "sallyport"; }
    std::string message(int e) const override {
        switch (static_cast<Errc>(e)) {
            case Errc::malformed:
                return "malformed";
            case Errc::denied:
                return "denied";
            case Errc::unauthorized:
                return "not authorised";
            case Errc::not_found:
                return "not found";
            case Errc::conflict:
                return "conflict";
            case Errc::limit:
                return "limit exceeded";
            case Errc::unsupported:
                return "not supported";
            case Errc::not_begun:
                return "not begun";
            case Errc::unavailable:
                return "unavailable";
            case Errc::timed_out:
                return "timed out";
            case Errc::closed:
                return "closed by the peer";
            case Errc::cut:
                return "cut off";
            case Errc::aborted:
                return "aborted";
            case Errc::untrusted:
                return "not trusted";
            case Errc::protocol:
                return "protocol error";
            case Errc::failed:
                return "failed";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& category() {
    static const Category instance;
    return instance;
}

Error os_error(std::string detail) {
    return {{errno, boost::system::system_category()}, std::move(detail)};
}

std::string to_text(const Error& error) {
    if (error.detail.empty()) return error.code.message();
    return error.detail + " (" + error.code.message() + ")";
}

}  // namespace sallyport
