#include "mappings/rfc_mapping.hpp"

namespace sallyport::mappings {

namespace {

constexpr unsigned secure_gateway_port_first = 4800;

}  // namespace

Result<rfc::Identity> identity_of(const RfcMapping& mapping, const VirtualHost& virtual_host,
                                  const std::string& internal_host) {
    auto internal = rfc::SystemName::create(internal_host, mapping.instance);
    if (!internal) return internal.error();
    const auto number = rfc::instance_of_gateway_port(virtual_host.port());
    auto exposed = rfc::SystemName::create(std::string(virtual_host.host()),
                                           number.value_or(mapping.instance));
    if (!exposed) return exposed.error();
    return rfc::Identity{
        .internal = std::move(*internal), .exposed = std::move(*exposed), .mode = mapping.identity};
}

std::string system_text(const VirtualHost& virtual_host) {
    const auto number = rfc::instance_of_gateway_port(virtual_host.port());
    if (!number) return virtual_host.text();
    const auto digits = std::to_string(*number);
    const bool secure = virtual_host.port() == secure_gateway_port_first + *number;
    return std::string(virtual_host.host()) + ":sapgw" + (digits.size() == 1 ? "0" : "") + digits +
           (secure ? "s" : "");
}

std::string rule_text(const RfcMapping& mapping, std::size_t index) {
    const auto& rule = mapping.policy.rules.at(index);
    return std::to_string(index + 1) + ":" + rule.function +
           (rule.match == rfc::Match::prefix ? "*" : "");
}

}  // namespace sallyport::mappings
