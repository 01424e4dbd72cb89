#include "audit/verify_trust.hpp"

#include <algorithm>

namespace sallyport::audit {

KeyTrust::KeyTrust(const LogKeys& keys, const VerifyOptions& options)
    : keys_(keys),
      given_(options.keys),
      newest_(keys.known().size()),
      introduced_(keys.known().size()) {}

bool KeyTrust::is_given(std::size_t i) const {
    return std::ranges::find(given_, keys_.known()[i].key) != given_.end();
}

void KeyTrust::signed_by(const std::vector<std::size_t>& signers,
                         const tlog::Checkpoint& checkpoint) {
    for (std::size_t i = 1; i < introduced_.size(); ++i)
        if (std::ranges::count(signers, i) + std::ranges::count(signers, i - 1) == 2 &&
            checkpoint.names_successor(keys_.known()[i].key.to_text()))
            introduced_[i] = true;
}

void KeyTrust::good(const std::vector<std::size_t>& signers, std::uint64_t size,
                    const tlog::Hash& root) {
    for (const auto signer : signers) newest_[signer] = {size, root, true};
}

/// For who knows only the key before it.
std::string KeyTrust::change_to(std::size_t i) const {
    const auto& known = keys_.known();
    const auto since = std::to_string(known[i].since);
    return "from the checkpoint of " + since + " records on another key signs, " +
           known[i].key.to_text() + ", which the key before it, " + known[i - 1].key.to_text() +
           ", vouched for: that checkpoint names it, and both signed it";
}

KeyTrust::Findings KeyTrust::conclude(Sequence first, std::optional<Sequence> until) const {
    const auto& known = keys_.known();
    Findings found;
    bool trusted = false;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const bool began_before = i > 0 && known[i].since < first;
        const bool in_range = !until || known[i].since <= *until;
        if (i > 0 && !introduced_[i] && !began_before && in_range)
            found.problems.push_back({.file = "vkeys",
                                      .text = "the key before did not sign when " +
                                              known[i].key.to_text() + " came into use",
                                      .verdict = verdict::key});
        if (trusted && introduced_[i] && !given_.empty() && !is_given(i))
            found.notes.push_back(change_to(i));
        trusted = is_given(i) || (trusted && introduced_[i]) ||
                  (given_.empty() && (i == 0 || introduced_[i] || began_before));
        if (!trusted || !newest_[i].any || newest_[i].size < found.size) continue;
        found.size = newest_[i].size;
        found.root = newest_[i].root;
        found.known = !given_.empty();
    }
    if (!given_.empty() && !found.known)
        found.problems.push_back({.file = "--vkey",
                                  .text = "no key that was given vouches for a checkpoint of this "
                                          "log, " +
                                          keys_.origin(),
                                  .verdict = verdict::key});
    return found;
}

}  // namespace sallyport::audit
