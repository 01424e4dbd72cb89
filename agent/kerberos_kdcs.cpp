// Where the KDCs of a realm are, as far as krb5.conf says.
#include "agent/kerberos.hpp"

#include <array>
#include <krb5/krb5.h>
#include <memory>
#include <profile.h>

namespace sallyport::agent {

std::vector<std::string> configured_kdcs(const std::string& realm) {
    krb5_context made = nullptr;
    if (krb5_init_context(&made) != 0) return {};
    const std::unique_ptr<_krb5_context, void (*)(krb5_context)> context(made, krb5_free_context);
    profile_t opened = nullptr;
    if (krb5_get_profile(context.get(), &opened) != 0) return {};
    const std::unique_ptr<_profile_t, void (*)(profile_t)> profile(opened, profile_release);
    const std::array<const char*, 4> names{"realms", realm.c_str(), "kdc", nullptr};
    char** values = nullptr;
    if (profile_get_values(profile.get(), names.data(), &values) != 0) return {};
    std::vector<std::string> kdcs;
    for (char** value = values; *value != nullptr; ++value) kdcs.emplace_back(*value);
    profile_free_list(values);
    return kdcs;
}

}  // namespace sallyport::agent
