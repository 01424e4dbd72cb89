#include "daemon/admin_config.hpp"

#include "net/endpoint.hpp"

namespace sallyport::daemon {
namespace {

std::filesystem::path optional_file(ConfigTable& table, std::string_view key) {
    if (!table.has(key) || table.text(key).empty()) return {};
    return table.path(key);
}

}  // namespace

AdminConfig read_admin(ConfigTable& table, std::string_view program) {
    AdminConfig admin;
    admin.admin_group = table.text("admin_group", std::string(program) + "-admin");
    admin.view_group = table.text("view_group", std::string(program) + "-view");
    admin.listen = table.text("admin_listen");
    admin.certificate_file = optional_file(table, "admin_certificate_file");
    admin.key_file = table.secret_path("admin_key_file");
    admin.client_ca_file = optional_file(table, "admin_client_ca_file");
    admin.token_file = table.secret_path("admin_token_file");
    if (!admin.admin_group.empty() && admin.admin_group == admin.view_group)
        table.problem("view_group", "must not be the admin_group");
    if (admin.listen.empty()) {
        for (const auto* key : {"admin_certificate_file", "admin_key_file", "admin_client_ca_file",
                                "admin_token_file"})
            if (table.has(key)) table.problem(key, "needs admin_listen");
        return admin;
    }
    const auto address = net::HostPort::parse(admin.listen);
    if (!address || address->host.empty())
        table.problem("admin_listen", "must be host:port, e.g. \"127.0.0.1:8443\"");
    if (admin.certificate_file.empty() || admin.key_file.empty())
        table.problem("admin_listen",
                      "needs admin_certificate_file and admin_key_file: nothing is told over a "
                      "connection whose end nobody can check");
    if (admin.client_ca_file.empty() && admin.token_file.empty())
        table.problem("admin_listen",
                      "needs admin_client_ca_file or admin_token_file: who may look");
    return admin;
}

}  // namespace sallyport::daemon
