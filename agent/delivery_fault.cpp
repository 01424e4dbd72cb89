#include "agent/delivery_fault.hpp"

#include "agent/refusals.hpp"

namespace sallyport::agent {
namespace {

class DeliveryCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "delivery"; }
    std::string message(int fault) const override {
        switch (static_cast<DeliveryFault>(fault)) {
            case DeliveryFault::nobody:
                return "on behalf of nobody";
            case DeliveryFault::no_name:
                return "the user has no name here";
            case DeliveryFault::own:
                break;
        }
        return "the agent cannot show anybody";
    }
};

/// No name can be made of the user's claims that the back end would know.
http::Refusal without_name(const std::string& virtual_host) {
    http::Refusal refusal{};
    refusal.status = 403;
    refusal.code = "principal_no_subject";
    refusal.proxy_status_error = "http_request_denied";
    refusal.message = "The user of this request has no name that the system behind " +
                      virtual_host +
                      " would know. The agent's administrator finds the reason in its log.";
    return refusal;
}

http::Refusal unable(const std::string& virtual_host) {
    http::Refusal refusal{};
    refusal.status = 500;
    refusal.code = "principal_unavailable";
    refusal.proxy_status_error = "proxy_internal_error";
    refusal.message = "The agent lacks what it needs to show the system behind " + virtual_host +
                      " who asks. Its administrator finds the reason in the agent's log.";
    return refusal;
}

}  // namespace

const boost::system::error_category& delivery_category() {
    static const DeliveryCategory instance;
    return instance;
}

std::optional<DeliveryFault> delivery_fault(const Error& error) {
    if (error.code.category() != delivery_category()) return std::nullopt;
    return static_cast<DeliveryFault>(error.code.value());
}

http::Refusal refusal_of(DeliveryFault fault, std::string_view virtual_host) {
    switch (fault) {
        case DeliveryFault::nobody:
            return principal_required();
        case DeliveryFault::no_name:
            return without_name(std::string(virtual_host));
        case DeliveryFault::own:
            break;
    }
    return unable(std::string(virtual_host));
}

}  // namespace sallyport::agent
