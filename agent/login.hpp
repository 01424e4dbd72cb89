#pragma once

#include "base/secret.hpp"
#include "certs/key_file.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::agent {

/// As whom a back end is used: what a connection shows, and what the agent adds to each request on
/// it. The object is the identity: connections are shared only between exchanges that come with the
/// same one, and a connection keeps it alive. No login (null): nobody, nothing is shown or added.
struct Login {
    struct Field {
        std::string name;  // lower case; the client's own fields of this name are removed
        Secret value;
    };

    std::optional<certs::KeyAndChain> certificate;  // shown in TLS
    std::vector<Field> fields;
    bool drops_authorization = false;  // the client's own (kerberos, technical)
};

using LoginPtr = std::shared_ptr<const Login>;

}  // namespace sallyport::agent
