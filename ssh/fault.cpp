#include "ssh/fault.hpp"

#include <string>

namespace sallyport::ssh {
namespace {

struct FaultCategory final : boost::system::error_category {
    const char* name() const noexcept override { return "ssh"; }
    std::string message(int code) const override {
        switch (static_cast<Fault>(code)) {
            case Fault::unreachable:
                return "SSH server unreachable";
            case Fault::host_key_unknown:
                return "unknown host key";
            case Fault::host_key_changed:
                return "changed host key";
            case Fault::login:
                return "login refused";
            case Fault::forbidden:
                return "forbidden by the SSH server";
            case Fault::target_unreachable:
                return "not reachable from the SSH server";
        }
        return "unknown";
    }
};

}  // namespace

const boost::system::error_category& fault_category() {
    static const FaultCategory category;
    return category;
}

}  // namespace sallyport::ssh
