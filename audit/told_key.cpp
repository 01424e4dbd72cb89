#include "audit/told_key.hpp"

#include <algorithm>

namespace sallyport::audit {

ToldKey::ToldKey(const LogKeys& keys, const VerifyOptions& options) {
    if (!options.told || options.told->origin != keys.origin()) return;
    told_ = options.told->vkey;
    const auto& known = keys.known();
    for (std::size_t i = 0; i < known.size(); ++i)
        if (known[i].key.to_text() == told_) listed_ = i;
}

void ToldKey::good(const std::vector<std::size_t>& signers) {
    if (listed_ && std::ranges::find(signers, *listed_) != signers.end()) vouches_ = true;
}

std::optional<Problem> ToldKey::conclude(bool broken) const {
    if (told_.empty() || vouches_ || (listed_ && broken)) return std::nullopt;
    return Problem{.file = "vkeys",
                   .text = "the key that signed the log that was put aside here is " + told_ +
                           ", as the one that followed it says; it vouches for nothing here: "
                           "somebody put another log in its place",
                   .verdict = verdict::key};
}

}  // namespace sallyport::audit
