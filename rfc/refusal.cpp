#include "rfc/refusal.hpp"

namespace sallyport::rfc {

std::string_view to_text(Refusal refusal) {
    switch (refusal) {
        case Refusal::none:
            return "none";
        case Refusal::function_denied:
            return "function_denied";
        case Refusal::tunnel_denied:
            return "tunnel_denied";
        case Refusal::client_denied:
            return "client_denied";
        case Refusal::user_blocked:
            return "user_blocked";
        case Refusal::rule_expired:
            return "rule_expired";
        case Refusal::host_denied:
            return "host_denied";
        case Refusal::ambiguous:
            return "ambiguous";
        case Refusal::not_canonical:
            return "not_canonical";
        case Refusal::unparsable:
            return "unparsable";
        case Refusal::too_large:
            return "too_large";
        case Refusal::unknown_item:
            return "unknown_item";
        case Refusal::state:
            return "state";
        case Refusal::setup:
            return "setup";
        case Refusal::version:
            return "version";
        case Refusal::unknown_function:
            return "unknown_function";
        case Refusal::snc:
            return "snc";
        case Refusal::callback:
            return "callback";
        case Refusal::back_end:
            return "back_end";
    }
    return "unknown";
}

}  // namespace sallyport::rfc
