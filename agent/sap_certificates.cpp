#include "agent/sap_certificates.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace sallyport::agent::sap {
namespace {

using daemon::sap::Certificate;

std::string_view type_of(std::string_view kind) {
    if (kind == "system") return Certificate::system;
    return kind == "admin" ? Certificate::ui : Certificate::authority;
}

}  // namespace

std::vector<Certificate> certificates_of(std::span<const Account> accounts,
                                         const boost::json::object& listed) {
    std::vector<Certificate> all;
    for (const auto& each : listed.at("certificates").as_array()) {
        const auto& told = each.as_object();
        const auto text = [&](const char* key) { return std::string(told.at(key).as_string()); };
        const Moment ends{std::chrono::seconds(told.at("not_after").to_number<std::int64_t>())};
        const auto kind = text("kind");
        if (kind == "tunnel")
            for (const auto& account : accounts) all.push_back({.ends = ends, .account = account});
        else
            all.push_back({.ends = ends,
                           .type = type_of(kind),
                           .subject = text("subject"),
                           .issuer = text("issuer"),
                           .serial = text("serial")});
    }
    return all;
}

}  // namespace sallyport::agent::sap
