#pragma once

#include <string>

namespace sallyport::hub {

/// Who changes the store.
struct Actor {
    std::string who;             // "uid:1000"
    std::string account;         // the name of that user
    std::string sudo_account{};  // who became root, as sudo says

    /// Whoever runs this process. Blocks: it asks the system's user database.
    static Actor of_process();
};

}  // namespace sallyport::hub
